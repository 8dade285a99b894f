import ConnectorLogTesting
import Testing

@testable import ConnectorLogCore

@Suite
struct SecretTriggerTests {
    private static func isTrigger(_ text: [UInt8], _ at: Int) -> Bool {
        guard at + 1 < text.count else { return false }
        switch text[at] {
        case UInt8(ascii: ":"), UInt8(ascii: "="): return true
        case UInt8(ascii: "b"), UInt8(ascii: "B"): return "aeAE".utf8.contains(text[at + 1])
        default: return false
        }
    }

    @Test func findsTheNextTriggerInTextsOfEveryLength() {
        let bytes = Array("xyz:=abBAeE\u{1A}\u{1D}é;<>".utf8)
        for var round in FuzzRounds("triggers", count: 3000) {
            let dense = round.random.chance(30)
            let text = (0..<Int.random(in: 0...70, using: &round.random)).map { _ in
                dense || round.random.chance(5) ? round.random.pick(bytes) : UInt8(ascii: "x")
            }
            let start = Int.random(in: 0...text.count, using: &round.random)
            let expected = (start..<text.count).first { Self.isTrigger(text, $0) } ?? text.count
            // Memory of just this size, so that a sanitizer sees what is read beyond it.
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
            defer { memory.deallocate() }
            memory.copyBytes(from: text)
            #expect(SecretScan.nextTrigger(in: UnsafeRawBufferPointer(memory), from: start) == expected)
        }
    }
}
