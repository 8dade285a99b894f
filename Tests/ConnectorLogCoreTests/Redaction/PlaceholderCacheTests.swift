import Testing

@testable import ConnectorLogCore

/// What came lately has the placeholder that it would have without a cache, also when slots are used again and again.
@Suite
struct PlaceholderCacheTests {
    private let teams = [1, 2].map { Placeholders(key: Array(0..<32), team: $0) }

    @Test func answersAsTheKeyDoes() {
        let cache = PlaceholderCache()
        // More values than slots, twice.
        for number in (0..<20_000).map({ $0 % 10_000 }) {
            let placeholders = teams[number % 2]
            Array("value-\(number)".utf8).withUnsafeBytes {
                #expect(cache.placeholder(for: $0, of: placeholders) == placeholders.placeholder(for: $0))
            }
        }
    }

    @Test func tellsTeamsApart() {
        let cache = PlaceholderCache()
        Array("one value".utf8).withUnsafeBytes { value in
            let of = teams.map { cache.placeholder(for: value, of: $0) }
            #expect(of == teams.map { $0.placeholder(for: value) })
            #expect(of[0] != of[1])
        }
    }
}
