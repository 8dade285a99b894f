import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import Synchronization
import Testing

@testable import ConnectorLogBlockStore

/// Bits of a store's file are turned, one at a time. `CONNECTORLOG_FLIPS` says how many, 1,000 unless set.
@Suite struct QuarantineTests {
    private static let flips = ProcessInfo.processInfo.environment["CONNECTORLOG_FLIPS"].flatMap(Int.init) ?? 1000
    private static let workers = 4

    private struct Flip: Sendable {
        var offset: Int
        var bit: UInt8

        func applied(to file: [UInt8]) -> [UInt8] {
            var file = file
            file[offset] ^= 1 << bit
            return file
        }
    }

    private func flips(at offsets: [Int], seed: UInt64) -> [Flip] {
        var random = SeededRandom(seed: seed)
        return (0..<Self.flips).map { _ in
            Flip(
                offset: offsets[Int.random(in: 0..<offsets.count, using: &random)],
                bit: UInt8.random(in: 0..<8, using: &random))
        }
    }

    /// Each flip's outcome, some at a time.
    private func outcomes(
        of flips: [Flip], on store: DamagedStore,
        _ body: @escaping @Sendable (Flip, DamagedStore.Outcome, _ directory: String) async throws -> Void
    ) async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<Self.workers {
                let directory = temporary.directory + "/\(worker)"
                let mine = stride(from: worker, to: flips.count, by: Self.workers).map { flips[$0] }
                group.addTask {
                    for flip in mine {
                        try await body(
                            flip, try await store.outcome(of: flip.applied(to: store.file), in: directory), directory)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func theStoreItselfIsServedWhole() async throws {
        let store = try await DamagedStore.make()
        #expect(store.entries.count == 30)
        #expect(Set(store.entries.values.map(\.block)).count == 5)
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let outcome = try await store.outcome(of: store.file, in: temporary.directory)
        #expect(outcome.isAllRight && outcome.errors.isEmpty && outcome.namedBlocks.isEmpty)
    }

    @Test func aTurnedBitOfABlockHidesThatBlockAloneAndNamesIt() async throws {
        let store = try await DamagedStore.make()
        #expect(store.partOffsets.count > 4000)
        try await outcomes(of: flips(at: store.partOffsets, seed: 11), on: store) { flip, outcome, _ in
            #expect(outcome.refusal == nil, "\(flip)")
            #expect(outcome.wrong == [], "\(flip)")
            #expect(outcome.errors.allSatisfy { $0.code == .damaged }, "\(flip)")
            // A filter's damage costs time alone, but is told all the same.
            #expect(outcome.namedBlocks.count == 1, "\(flip)")
            // What a query asks after the damage was found is told as damage, and passes for nothing else.
            let hidden = Set(outcome.missing.compactMap { store.entries[$0]?.block })
            #expect(hidden.isSubset(of: outcome.namedBlocks), "\(flip)")
        }
    }

    /// Beside blocks there are pages of indexes, of the catalog, of the schema, and free ones.
    @Test func aTurnedBitAnywhereCrashesNothingAndShowsNothingWrong() async throws {
        let store = try await DamagedStore.make()
        let silent = Mutex<[Flip]>([])
        let told = Atomic<Int>(0)
        try await outcomes(of: flips(at: Array(store.file.indices), seed: 12), on: store) { flip, outcome, _ in
            #expect(outcome.wrong == [], "\(flip)")
            if outcome.refusal != nil || !outcome.namedBlocks.isEmpty || !outcome.errors.isEmpty {
                told.add(1, ordering: .relaxed)
            }
            if let refusal = outcome.refusal {
                #expect(refusal.code == .damaged, "\(flip) \(refusal)")
            } else if !outcome.isAllRight, outcome.errors.isEmpty, outcome.namedBlocks.isEmpty {
                silent.withLock { $0.append(flip) }
            }
        }
        #expect(silent.withLock { $0 }.isEmpty)
        // Most of a small file is free pages; what is not makes itself known.
        #expect(told.load(ordering: .relaxed) > Self.flips / 50)
    }
}
