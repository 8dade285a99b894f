import ConnectorLogCore
import Foundation
import Testing

@testable import connectorlog

@Suite struct UploadJournalTests {
    private let directory: TemporaryDirectory
    private let time = Timestamp(microseconds: 1_700_000_000_000_000)

    init() throws { directory = try TemporaryDirectory() }

    private func journal(scope: String = "a", format: UploadFormat = UploadFormat()) throws -> UploadJournal {
        try UploadJournal(directory: directory.path, scope: scope, source: "b", format: format)
    }

    private func file() throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            .filter { !$0.hasSuffix(".lock") }
        #expect(names.count == 1)
        return directory.path + "/" + (try #require(names.first))
    }

    private func key(_ number: Int) -> String { "cli-" + String(repeating: "0", count: 58) + String(100_000 + number) }

    @Test func remembersWhatWasNoted() throws {
        do {
            let journal = try journal()
            journal.noteCuts([20, 10])
            for number in 0..<4 { #expect(journal.noteTry(key(number), at: time)) }
            #expect(!journal.noteTry(key(0), at: time))
            journal.withdrawTry(key(1))
            journal.noteAnswered(key(2), UploadJournal.Answer(accepted: 5, rejected: [.init(line: 6, code: "A_B")]))
            journal.noteAnswered(key(3), UploadJournal.Answer(accepted: 1, rejected: [.init(line: 1, code: "a \n:b")]))
        }
        let later = Timestamp(microseconds: time.microseconds + UploadJournal.recognition * 1_000_000)
        let journal = try journal()
        #expect(journal.cuts == [10, 20])
        #expect(journal.knowledge(of: key(0), at: time) == .sendable)
        #expect(journal.knowledge(of: key(0), at: later) == .unanswered(since: 1_700_000_000))
        #expect(journal.knowledge(of: key(1), at: later) == .sendable)
        #expect(
            journal.knowledge(of: key(2), at: later)
                == .answered(UploadJournal.Answer(accepted: 5, rejected: [.init(line: 6, code: "A_B")])))
        #expect(
            journal.knowledge(of: key(3), at: later)
                == .answered(UploadJournal.Answer(accepted: 1, rejected: [.init(line: 1, code: "ab")])))
        #expect(try self.journal(scope: "c").cuts == [])
    }

    @Test func isItsOwnersAlone() throws {
        try journal().noteCuts([1])
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
            #expect(try directory.mode(of: name) == 0o600)
        }
    }

    @Test func isHeldByOneAtATime() throws {
        let first = try journal()
        let failure = try #require(throws: CommandFailure.self) { try journal() }
        #expect(failure.status == .temporaryFailure)
        #expect(first.noteTry(key(0), at: time))
        let before = try inode()
        first.forgetBatches()
        #expect(try inode() != before)
        #expect(throws: CommandFailure.self) { try journal() }
        withExtendedLifetime(first) {}
    }

    @Test func isOfOneFormatWithItsDefaults() throws {
        let formats = [
            UploadFormat(), UploadFormat(kind: .har),
            UploadFormat(kind: .har, defaults: [.init(name: "connector", value: "a")]),
            UploadFormat(defaults: [.init(name: "team_id", value: "2")]),
        ]
        let journals = try formats.map { try journal(format: $0) }
        for (number, journal) in journals.enumerated() { journal.noteCuts([UInt64(number)]) }
        #expect(journals.map(\.cuts) == [[0], [1], [2], [3]])
    }

    @Test func ofPlainLinesLiesWhereItLayBeforeOthersWereTaken() throws {
        try journal().noteCuts([1])
        // SHA-256 of "a b", the scope and the source.
        #expect(try file().hasSuffix("/c8687a08aa5d6ed2044328fa6a697ab8e96dc34291e8c2034ae8c38e6fcc6d65"))
    }

    @Test func dropsALineThatWasNotWrittenWhole() throws {
        try journal().noteCuts([10, 20])
        let path = try file()
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try (text + "cut 3").write(toFile: path, atomically: false, encoding: .utf8)
        try journal().noteCuts([30])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "cut 10\ncut 20\ncut 30\n")
        #expect(try journal().cuts == [10, 20, 30])
    }

    private func inode() throws -> UInt64? {
        try FileManager.default.attributesOfItem(atPath: try file())[.systemFileNumber] as? UInt64
    }

    private func size() throws -> Int { try Data(contentsOf: URL(filePath: try file())).count }

    @Test func staysBoundedWhenAServerIsAwayForLong() throws {
        do {
            let journal = try journal()
            journal.noteCuts([7])
            while try size() <= UploadJournal.looseBytes {
                for _ in 0..<100 {
                    #expect(journal.noteTry(key(0), at: time))
                    journal.withdrawTry(key(0))
                }
            }
        }
        #expect(try journal().cuts == [7])
        #expect(try size() < 100)
    }

    @Test func forgetsWhatIsInTheSourceNoMoreOnceItIsLarge() throws {
        for generation in 0..<3 {
            let journal = try journal()
            journal.noteCuts([UInt64(1000 - generation)])
            for number in 0..<2000 {
                let key = key(10_000 * generation + number)
                #expect(journal.knowledge(of: key, at: time) == .sendable)
                #expect(journal.noteTry(key, at: time))
                journal.noteAnswered(key, UploadJournal.Answer(accepted: 1))
            }
            journal.finish(end: UInt64(1000 - generation))
        }
        let journal = try journal()
        #expect(journal.cuts == [998])
        #expect(try size() < 250_000)
        #expect(journal.knowledge(of: key(1), at: time) == .sendable)
        #expect(journal.knowledge(of: key(20_001), at: time) == .answered(UploadJournal.Answer(accepted: 1)))
    }

    @Test func sendsAllAgainButCutsAsBefore() throws {
        do {
            let journal = try journal()
            journal.noteCuts([7])
            #expect(journal.noteTry(key(0), at: time))
            journal.noteAnswered(key(0), UploadJournal.Answer(accepted: 1))
            journal.forgetBatches()
            #expect(journal.noteTry(key(1), at: time))
        }
        #expect(try String(contentsOfFile: try file(), encoding: .utf8) == "cut 7\ntry \(key(1)) 1700000000\n")
    }
}
