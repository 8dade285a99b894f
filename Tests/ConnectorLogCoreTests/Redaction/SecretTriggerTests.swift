import CByteSearch
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
            let text = Self.text(of: bytes, &round.random)
            let start = Int.random(in: 0...text.count, using: &round.random)
            let expected = (start..<text.count).first { Self.isTrigger(text, $0) } ?? text.count
            Self.withMarks(of: text) { marked in
                var found = marked.nextTrigger(from: start)
                while found < expected { found = marked.nextTrigger(from: found + 1) }
                #expect(found == expected)
            }
        }
    }

    @Test func findsEveryEscapeAndNothingElse() {
        for var round in FuzzRounds("escapes", count: 2000) {
            let text = Self.text(of: Array("xyz%\\&$".utf8), &round.random)
            Self.withMarks(of: text) { marked in
                var found: [Int] = []
                var at = marked.nextEscape(from: 0)
                while at < text.count {
                    found.append(at)
                    at = marked.nextEscape(from: at + 1)
                }
                #expect(found == text.indices.filter { [0x25, 0x5C, 0x26].contains(text[$0]) })
            }
        }
    }

    /// Wherever the number stands, also across the 64 bytes that are looked at together.
    @Test(arguments: ["41111111111111", "4111-1111", "4111 1111 1111"])
    func findsTheDigitsOfCards(number: String) {
        for before in 0...140 {
            for filler in ["x", "-", "1x"] {
                let text = Array((String(repeating: filler, count: before) + number).utf8)
                Self.withMarks(of: text) { #expect($0.hasNumbers, "\(before) times \(filler)") }
            }
        }
        for other in ["4111111111111", "411-1111", "4111x", ""] {
            Self.withMarks(of: Array(other.utf8)) { #expect(!$0.hasNumbers, "\(other)") }
        }
    }

    /// What a text's neighbours in memory have is not the text's.
    @Test func tellsTextsOfOneMemoryApart() {
        let memory = Array("a:b plain =c".utf8)
        memory.withUnsafeBytes { memory in
            var marks = TextMarks()
            marks.read(memory, known: [])
            let plain = marks.marked(UnsafeRawBufferPointer(rebasing: memory[4..<9]), from: 4, of: memory.count)
            #expect(plain.isPlain)
            #expect(plain.nextTrigger(from: 0) == 5)
            let first = marks.marked(UnsafeRawBufferPointer(rebasing: memory[0..<3]), from: 0, of: memory.count)
            #expect(!first.isPlain)
            #expect(first.nextTrigger(from: 0) == 1)
        }
    }

    #if arch(x86_64)
        /// Processors have different instructions, and what is marked is the same.
        @Test func marksTheSameWithAllInstructions() {
            let bytes = Array("xyz:=abBAeE\u{1A}é;<>-_ksKSIGpghlnoc2%&\\0123456789".utf8)
            for var round in FuzzRounds("instructions", count: 1000) {
                let text = Self.text(of: bytes, &round.random)
                let bytewise = Self.marks(of: text, mark_text_bytewise)
                #expect(Self.marks(of: text, mark_text_ssse3) == bytewise)
                if cpu_has_avx2() { #expect(Self.marks(of: text, mark_text_avx2) == bytewise) }
            }
        }

        private static func marks(
            of text: [UInt8], _ read: (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<text_marks>?) -> Void
        ) -> [[UInt64]] {
            var marks = [text_marks](repeating: text_marks(), count: (text.count + 63) / 64)
            text.withUnsafeBufferPointer { text in
                marks.withUnsafeMutableBufferPointer { read(text.baseAddress, text.count, $0.baseAddress) }
            }
            return marks.map { [$0.triggers, $0.escapes, $0.numbers, $0.samples] }
        }
    #endif

    private static func text(of bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        let dense = random.chance(30)
        return (0..<Int.random(in: 0...170, using: &random)).map { _ in
            dense || random.chance(5) ? random.pick(bytes) : UInt8(ascii: "x")
        }
    }

    private static func withMarks(of text: [UInt8], _ body: (MarkedText) -> Void) {
        // Memory of just this size, so that a sanitizer sees what is read beyond it.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: text)
        var marks = TextMarks()
        marks.read(UnsafeRawBufferPointer(memory), known: [])
        body(marks.marked(UnsafeRawBufferPointer(memory), from: 0, of: text.count))
    }
}
