#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Time and chance, which tests replace.
struct Surroundings: Sendable {
    /// The wall clock.
    var now: @Sendable () -> Date
    /// Time that only goes on, since any instant.
    var uptime: @Sendable () -> Duration
    /// Throws when the task is cancelled.
    var sleep: @Sendable (Duration) async throws -> Void
    /// 0 up to 1, 1 excluded.
    var random: @Sendable () -> Double
    /// An id that nobody else makes, of ASCII.
    var newID: @Sendable () -> String

    static var system: Surroundings {
        let clock = ContinuousClock()
        let start = clock.now
        return Surroundings(
            now: { Date() }, uptime: { start.duration(to: clock.now) }, sleep: { try await clock.sleep(for: $0) },
            random: { Double.random(in: 0..<1) }, newID: { UUID().uuidString })
    }
}
