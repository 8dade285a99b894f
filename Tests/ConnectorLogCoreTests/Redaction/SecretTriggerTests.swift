import ConnectorLogTesting
import Testing

@testable import ConnectorLogCore

@Suite
struct SecretTriggerTests {
    /// The pairs of bytes that have to be found; others may be.
    private static func isTrigger(_ text: [UInt8], _ at: Int) -> Bool {
        guard at + 1 < text.count else { return false }
        let pairs = [
            "--", "k-", "p-", "AK", "AS", "AI", "a2", "SG", "SK", "sk", "xo", "ey", "gh", "gl", "np", "hp", "b_", "c_",
            "k_",
        ]
        switch text[at] {
        case UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "<"): return true
        case UInt8(ascii: "b"), UInt8(ascii: "B"): if "aeAE".utf8.contains(text[at + 1]) { return true }
        default: break
        }
        return pairs.contains { Array($0.utf8) == Array(text[at...at + 1]) }
    }

    @Test func findsTheNextTriggerInTextsOfEveryLength() {
        let bytes = Array("xyz:=abBAeE\u{1A}\u{1D}é;<>-_ksKSIGpghlnoc2".utf8)
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
            var found = SecretScan.nextTrigger(in: UnsafeRawBufferPointer(memory), from: start)
            while found < expected {
                found = SecretScan.nextTrigger(in: UnsafeRawBufferPointer(memory), from: found + 1)
            }
            #expect(found == expected)
        }
    }
}
