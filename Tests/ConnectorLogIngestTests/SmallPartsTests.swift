import ConnectorLogTesting
import Testing

@testable import ConnectorLogIngest

@Suite
struct FlatFieldTests {
    @Test func findsEveryField() {
        for field in FlatField.allCases {
            #expect(found("\(field.name)") == field)
        }
    }

    @Test func findsNothingElse() {
        for field in FlatField.allCases {
            let name = "\(field.name)"
            for other in [name + "x", String(name.dropLast()), name.uppercased(), "x" + name.dropFirst(), name + "\0"]
            where !FlatField.allCases.contains(where: { "\($0.name)" == other }) {
                #expect(found(other) == nil, "\(other)")
            }
        }
        #expect(found("") == nil)
    }

    private func found(_ name: String) -> FlatField? {
        Array(name.utf8).withUnsafeBytes { FlatFieldIndex.shared.field(named: $0) }
    }
}

@Suite
struct JSONNumberTests {
    private func number(_ text: String) -> JSONNumber {
        Array(text.utf8).withUnsafeBytes { JSONNumber($0) }
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("9223372036854775807", Int64.max),
        ("-9223372036854775807", -Int64.max), ("1e18", 1_000_000_000_000_000_000),
        ("12.0", 12), ("120e-1", 12), ("0.0000012e7", 12), ("0e999999999999", 0), ("0.000e-99999999999999999999", 0),
        ("1000000000000000000000000e-24", 1),
    ])
    func readsWholeNumbers(text: String, expected: Int64) throws {
        #expect(try number(text).whole() == expected)
    }

    @Test(arguments: [
        ("0.5", JSONNumber.Problem.notWhole), ("1e-1", .notWhole), ("1e-999999999999999999999", .notWhole),
        ("12345678901234567890.5", .outOfRange), ("1.00000000000000000000000001", .notWhole),
        ("9223372036854775808", .outOfRange), ("1e19", .outOfRange), ("1e999999999999999999999", .outOfRange),
        ("-1e400", .outOfRange), ("99999999999999999999999999", .outOfRange),
    ])
    func saysWhyNot(text: String, problem: JSONNumber.Problem) {
        #expect(throws: problem) { try number(text).whole() }
    }

    @Test func roundsAsDecimalsDo() throws {
        var generator = SeededRandom(seed: 14)
        for _ in 0..<2000 {
            let (whole, fraction) = (
                Int64.random(in: 0...86_400_000, using: &generator), Int64.random(in: 0..<100_000, using: &generator)
            )
            let digits = String(repeating: "0", count: 5 - "\(fraction)".count) + "\(fraction)"
            let expected = whole * 1000 + (fraction + 50) / 100
            #expect(try number("\(whole).\(digits)").rounded(places: 3) == expected)
            #expect(try number("\(whole)\(digits)e-5").rounded(places: 3) == expected)
        }
    }
}

@Suite
struct Base64Tests {
    @Test func readsBackWhatFoundationWouldWrite() {
        var generator = SeededRandom(seed: 15)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            var text: [UInt8] = []
            for start in stride(from: 0, to: count, by: 3) {
                let group = bytes[start..<min(start + 3, count)]
                let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
                for i in 0..<4 {
                    text.append(i <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * i) & 63)] : UInt8(ascii: "="))
                }
            }
            let decoded = text.withUnsafeMutableBytes { Base64.decode(inPlace: $0) }
            #expect(decoded == count)
            #expect(Array(text.prefix(count)) == bytes)
        }
    }
}
