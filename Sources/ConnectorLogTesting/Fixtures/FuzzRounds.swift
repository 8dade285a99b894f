import Foundation

/// The rounds of a property test: a few by default, many in `make fuzz`. Each round has a seed of its own, so that one that
/// fails is repeated alone.
///
/// - `CONNECTORLOG_FUZZ_ROUNDS`: how many.
/// - `CONNECTORLOG_FUZZ_FIRST`: the number of the first, 0 unless set. `make fuzz` begins where nobody has been.
/// - `CONNECTORLOG_FUZZ_TRACE`: a directory; each test writes the number of the round under way to a file in it, which is
///   all that is left of a crash.
package struct FuzzRounds: Sequence, Sendable {
    package struct Round: Sendable {
        package var number: UInt64
        package var random: SeededRandom
    }

    private let first: UInt64
    private let count: UInt64
    private let trace: String?

    /// - Parameters:
    ///   - name: of the test's file in the directory of the trace.
    ///   - count: unless the environment says another.
    package init(_ name: String, count: UInt64) {
        let environment = ProcessInfo.processInfo.environment
        func number(_ variable: String) -> UInt64? { environment["CONNECTORLOG_FUZZ_" + variable].flatMap(UInt64.init) }
        first = number("FIRST") ?? 0
        self.count = number("ROUNDS") ?? count
        trace = environment["CONNECTORLOG_FUZZ_TRACE"].map { $0 + "/" + name }
    }

    package func makeIterator() -> AnyIterator<Round> {
        var next = first
        let end = first + count
        return AnyIterator {
            guard next < end else { return nil }
            defer { next += 1 }
            if let trace { try? "\(next)\n".write(toFile: trace, atomically: false, encoding: .utf8) }
            return Round(number: next, random: SeededRandom(seed: next &* 0xD6E8_FEB8_6659_FD93 &+ 1))
        }
    }
}
