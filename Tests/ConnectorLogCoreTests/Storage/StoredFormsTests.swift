import ConnectorLogCore
import ConnectorLogTesting
import Testing

/// Small encodings that are part of the stored format: pinned, and read back whatever the bytes are.
@Suite
struct StoredFormsTests {
    // MARK: - Varint

    @Test(
        arguments: [
            (0, [0]), (1, [1]), (127, [127]), (128, [0x80, 1]), (300, [0xAC, 2]), (16_384, [0x80, 0x80, 1]),
            (UInt64.max, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]),
        ] as [(UInt64, [UInt8])])
    func varintIsLEB128(value: UInt64, expected: [UInt8]) {
        var bytes: [UInt8] = []
        Varint.append(value, to: &bytes)
        #expect(bytes == expected)
        var scratch = ByteScratch()
        Varint.append(value, to: &scratch)
        #expect(Array(scratch.bytes) == expected)
        var rest = bytes[...]
        #expect(Varint.take(from: &rest) == value)
        #expect(rest.isEmpty)
    }

    @Test(
        arguments: [
            [], [0x80], [0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
        ] as [[UInt8]])
    func varintRefusesCutAndOverlongBytes(_ bytes: [UInt8]) {
        var rest = bytes[...]
        #expect(Varint.take(from: &rest) == nil)
    }

    // MARK: - HeaderList

    @Test func headerListIsLengthsAndTexts() {
        let bytes: [UInt8] = [1, 65, 2, 98, 99, 1, 65, 0]
        #expect(
            HeaderList.decode(bytes[...]) == [HeaderField(name: "A", value: "bc"), HeaderField(name: "A", value: "")])
        #expect(HeaderList.decode([]) == [])
    }

    @Test func headerListReadsBackWhatWasWritten() {
        var generator = SeededRandom(seed: 6)
        for round in 0..<40 {
            let longest = round == 0 ? 9000 : 200
            let fields = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
                HeaderField(
                    name: String(repeating: "n", count: Int.random(in: 0...200, using: &generator)),
                    value: String(repeating: "ü", count: Int.random(in: 0...longest, using: &generator)))
            }
            var bytes: [UInt8] = []
            for field in fields {
                for text in [field.name, field.value] {
                    Array(text.utf8).withUnsafeBytes { HeaderList.append($0, to: &bytes) }
                }
            }
            #expect(HeaderList.decode(bytes[...]) == fields)
            if !bytes.isEmpty { #expect(HeaderList.decode(bytes.dropLast()) != fields) }
        }
    }

    @Test(
        arguments: [[1], [1, 65], [1, 65, 5, 66], [0x80], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 1]]
            as [[UInt8]])
    func headerListRefusesCutBytes(_ bytes: [UInt8]) {
        #expect(HeaderList.decode(bytes[...]) == nil)
    }

    // MARK: - Receipt

    @Test func receiptIsRulePathAndCount() {
        let bytes: [UInt8] = [3, 3] + Array("a.b".utf8) + [0x80, 1]
        #expect(Receipt.decode(bytes[...]) == [Redaction(rule: .jsonKey, field: "a.b", count: 128)])
        #expect(Receipt.decode([]) == [])
    }

    @Test func rulesKeepTheirNumbers() {
        #expect(RedactionRule.allCases.map(\.rawValue) == Array(1...21))
        #expect(
            RedactionRule.allCases.map(\.name) == [
                "header", "parameter", "json_key", "bearer", "basic", "user_info", "known_secret", "web_token",
                "private_key", "vendor_token", "payment_card", "email", "phone_number", "iban", "pattern", "json_path",
                "body_not_kept", "unsafe_body", "decompressed", "second_look", "xml_element",
            ])
    }

    @Test(arguments: [[1], [1, 5, 65], [1, 1, 65], [1, 0x80]] as [[UInt8]])
    func receiptRefusesCutBytes(_ bytes: [UInt8]) {
        #expect(Receipt.decode(bytes[...]) == nil)
    }

    // MARK: - Others

    @Test(
        arguments: [
            ("", 0x34d2fe82daccaea6), ("a", 0xab2094d799cc5803), ("12345678", 0x6341d3e05e19d10c),
            ("request-id", 0xf0c5dace25d4bda6),
        ] as [(String, UInt64)])
    func columnHashIsPinned(text: String, expected: UInt64) {
        #expect(ColumnHash.hash(Array(text.utf8)) == expected)
    }

    @Test func columnHashOfAnotherSeedIsAnother() {
        #expect(ColumnHash.hash(Array("a".utf8), seed: 1) != ColumnHash.hash(Array("a".utf8)))
    }

    @Test(
        arguments: [
            (0, false, false, 0), (1, false, true, 5), (7, true, false, 30), (1 << 53, true, true, 1 << 55 | 3),
        ] as [(Int, Bool, Bool, Int64)])
    func bodyAttributesArePacked(size: Int, isBinary: Bool, isTruncated: Bool, packed: Int64) {
        let attributes = BodyAttributes(originalSize: size, isBinary: isBinary, isTruncated: isTruncated)
        #expect(attributes.packed == packed)
        #expect(BodyAttributes(packed: packed) == attributes)
    }
}

@Suite
struct ByteScratchTests {
    @Test func keepsWhatWasAppendedWhileItGrows() {
        var scratch = ByteScratch()
        var expected: [UInt8] = []
        for i in 0..<4000 {
            scratch.append(UInt8(truncatingIfNeeded: i))
            expected.append(UInt8(truncatingIfNeeded: i))
            if i % 1000 == 0 {
                let copy = expected
                copy.withUnsafeBytes { scratch.append($0) }
                expected += copy
            }
        }
        #expect(Array(scratch.bytes) == expected)
        scratch.removeAll(keepingFirst: 3)
        #expect(Array(scratch.bytes) == [0, 0, 1])
        scratch.insert(2, at: 1)
        #expect(scratch.count == 5)
        #expect(scratch[0] == 0 && scratch[3] == 0 && scratch[4] == 1)
        scratch.removeAll(keepingCapacity: 10)
        #expect(scratch.capacity == 0 && scratch.bytes.isEmpty)
    }
}
