import ConnectorLogTesting
import Testing

@testable import ConnectorLogIngest

/// Strings of every length and density of escapes, as blocks of sixteen bytes meet them.
@Suite
struct JSONTextTests {
    private static let escapes = [
        ("\\\"", "\""), ("\\\\", "\\"), ("\\/", "/"), ("\\b", "\u{8}"), ("\\f", "\u{C}"), ("\\n", "\n"), ("\\r", "\r"),
        ("\\t", "\t"), ("\\u00e9", "é"), ("\\ud83d\\ude42", "\u{1F642}"), ("\\u0041", "A"), ("\\u0000", "\0"),
    ]

    /// Memory of just the text's size, so that a sanitizer sees what is read beyond it.
    private func withExactMemory<Result>(_ text: [UInt8], _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: text)
        return body(UnsafeRawBufferPointer(memory))
    }

    @Test func readsStringsOfEveryMake() {
        for var round in FuzzRounds("strings", count: 3000) {
            var (written, meant) = ("", "")
            let often = round.random.pick([3, 30, 80])
            for _ in 0..<Int.random(in: 0...60, using: &round.random) {
                let piece = round.random.chance(often) ? round.random.pick(Self.escapes) : ("x", "x")
                written += piece.0
                meant += piece.1
            }
            let tail = round.random.pick(["", " ", ",\"more\":\"values behind it\"}"])
            withExactMemory(Array("\"\(written)\"\(tail)".utf8)) { text in
                var scanner = JSONScanner(text)
                let slice = try? scanner.value(depth: 0)
                #expect(slice.map { Int($0.end) } == 1 + written.utf8.count, "round \(round.number)")
                #expect(scanner.position == 2 + written.utf8.count, "round \(round.number)")
            }
            let output = withExactMemory(Array(written.utf8)) { text in
                [UInt8](unsafeUninitializedCapacity: text.count) { room, count in
                    guard let start = room.baseAddress else { return }
                    count = JSONText.unescape(text, to: start)
                }
            }
            #expect(output == Array(meant.utf8), "round \(round.number)")
        }
    }

    @Test func findsTheFirstSpecialByte() {
        let bytes: [UInt8] = [0x22, 0x5C, 0x00, 0x1F, 0x20, 0x7F, 0x80, 0xFF, 0xA2, 0xDC, 0x9F]
        for var round in FuzzRounds("specials", count: 3000) {
            let text = (0..<Int.random(in: 0...70, using: &round.random)).map { _ in
                round.random.chance(8) ? round.random.pick(bytes) : UInt8(ascii: "x")
            }
            let start = Int.random(in: 0...text.count, using: &round.random)
            let expected = (start..<text.count).first { text[$0] == 0x22 || text[$0] == 0x5C || text[$0] < 0x20 }
            let found = withExactMemory(text) { JSONText.firstSpecial(in: $0, from: start) }
            #expect(found == expected ?? text.count, "round \(round.number)")
        }
    }
}
