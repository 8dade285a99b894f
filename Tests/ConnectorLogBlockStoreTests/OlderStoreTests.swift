import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import Testing

@testable import ConnectorLogBlockStore

/// Stores that older versions wrote, kept in `Tests/Stores` as they were: each opens, and everything in it is read back.
///
/// `VERSION.sqlite.zst` is the database, checkpointed; `VERSION.txt.zst` is what was in it, line by line. Before
/// a format changes, the present version writes its own (`make store-fixture NAME=VERSION`), and that one is never
/// changed again.
@Suite struct OlderStoreTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Stores")

    static let versions: [String] = {
        let files = try? FileManager.default.contentsOfDirectory(atPath: directory.path(percentEncoded: false))
        return (files ?? []).filter { $0.hasSuffix(".txt.zst") }.map { String($0.dropLast(8)) }.sorted()
    }()

    @Test func thereAreSuchStores() {
        #expect(Self.versions.contains("1-blocks-migration-3"))
    }

    @Test(arguments: versions)
    func opensAndGivesBackAllThatWasStored(_ version: String) async throws {
        let expected = String(decoding: try Self.read(version + ".txt.zst"), as: UTF8.self)
        let file = try Self.read(version + ".sqlite.zst")
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        try FileManager.default.createDirectory(atPath: temporary.directory, withIntermediateDirectories: true)
        try Data(file).write(to: URL(filePath: temporary.directory + "/" + StoreDatabase.fileName))

        // Even before it is brought up to date.
        let report = try StoreCheck.run(temporary.directory)
        #expect(report.faults == [])
        #expect(report.entries > 100)
        for round in 0..<3 {
            let store = try await temporary.open()
            #expect(store.directory.quarantined == [])
            // As it was written, after a restart, and after all of it has been merged.
            #expect(try await StoreContents.text(of: store) == expected, "round \(round)")
            if round == 1 {
                while try await store.maintenance.compactor.step(isQuiet: true) {}
                #expect(try await StoreContents.text(of: store) == expected)
            }
            if round == 2 {
                let entry = Fixtures.entries(1, from: temporary.clock.now.advanced(bySeconds: 86_400), teams: 1)
                _ = try await store.append(Fixtures.batch(entry), idempotency: nil)
            }
            try await store.close()
        }
        #expect(try StoreCheck.run(temporary.directory).isSound)
    }

    /// Not a test of anything: how the files are made.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["CONNECTORLOG_STORE_FIXTURE"] != nil))
    func writesTheStoreOfThisVersion() async throws {
        let name = try #require(ProcessInfo.processInfo.environment["CONNECTORLOG_STORE_FIXTURE"])
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        try await StoreContents.fill(store, clock: temporary.clock)
        let text = try await StoreContents.text(of: store)
        try await store.close()
        let file = [UInt8](try Data(contentsOf: URL(filePath: temporary.directory + "/" + StoreDatabase.fileName)))
        try FileManager.default.createDirectory(at: Self.directory, withIntermediateDirectories: true)
        for (suffix, bytes) in [(".sqlite.zst", file), (".txt.zst", Array(text.utf8))] {
            let packed = try #require(Zstandard().compress(bytes, level: 19))
            try Data(packed).write(to: Self.directory.appending(path: name + suffix), options: .withoutOverwriting)
        }
    }

    private static func read(_ name: String) throws -> [UInt8] {
        let packed = [UInt8](try Data(contentsOf: directory.appending(path: name)))
        let size = try #require(StoreContents.size(ofFrame: packed))
        return try #require(Zstandard().decompress(packed[...], size: size))
    }
}
