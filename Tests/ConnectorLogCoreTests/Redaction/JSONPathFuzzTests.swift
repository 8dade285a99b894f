import ConnectorLogCore
import ConnectorLogTesting
import Testing

/// Random paths in random documents select what a walk over the document's tree finds; damaged documents do no harm.
@Suite
struct JSONPathFuzzTests {
    @Test func selectsAsAWalkOverTheTreeDoes() throws {
        var found = 0
        for var round in FuzzRounds("json-path", count: 1_500) {
            let document = Document(&round.random)
            let paths = (0..<Int.random(in: 1...3, using: &round.random)).map { _ in RandomPath(&round.random) }
            let expected = document.values(selectedBy: paths)
            found += expected.count
            #expect(
                try SelectedValue.all(paths.map(\.text), document.bytes) == expected,
                "round \(round.number): \(paths.map(\.text)) in \(String(decoding: document.bytes, as: UTF8.self))")
        }
        #expect(found > 500)
    }

    @Test func damagedDocumentsDoNoHarm() throws {
        for var round in FuzzRounds("json-path-damage", count: 1_500) {
            let paths = [RandomPath(&round.random), RandomPath(&round.random)]
            var bytes = Document(&round.random).bytes
            for _ in 0..<Int.random(in: 1...4, using: &round.random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &round.random)
                switch Int.random(in: 0..<4, using: &round.random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &round.random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(round.random.pick(Array("\"\\{}[],:u".utf8)), at: place)
                default: bytes.removeSubrange(place...)
                }
            }
            var end = 0
            for value in try SelectedValue.all(paths.map(\.text), bytes) {
                #expect(value.range.lowerBound >= end && !value.range.isEmpty && value.range.upperBound <= bytes.count)
                end = value.range.upperBound
            }
        }
    }

    /// What is selected before the cut stays, and of the value that is cut the rest goes.
    @Test func cutDocumentsSelectUpToTheCut() throws {
        for var round in FuzzRounds("json-path-cut", count: 1_000) {
            let document = Document(&round.random)
            let paths = [RandomPath(&round.random)]
            let cut = Int.random(in: 0...document.bytes.count, using: &round.random)
            let whole = document.values(selectedBy: paths)
            let values = try SelectedValue.all(paths.map(\.text), Array(document.bytes.prefix(cut)))
            let before = whole.filter { $0.range.upperBound <= cut }
            #expect(values.prefix(before.count) == before[...], "round \(round.number)")
            for value in values.dropFirst(before.count) {
                #expect(
                    value.range.upperBound == cut && whole.contains { $0.range.lowerBound == value.range.lowerBound })
            }
        }
    }
}

private let names = ["a", "a", "b", "b", "é", "a b", "\"\\", "😀"]

private struct RandomPath {
    enum Selector: Hashable {
        case name(String), index(Int), all
    }

    var segments: [(selector: Selector, isDescendant: Bool)] = []
    var text = "$"

    init(_ random: inout SeededRandom) {
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let isDescendant = random.chance(30)
            text += isDescendant ? ".." : ""
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                segments.append((.all, isDescendant))
                text += random.chance(50) ? "[*]" : isDescendant ? "*" : ".*"
            case 1:
                let index = Int.random(in: 0...2, using: &random)
                segments.append((.index(index), isDescendant))
                text += "[\(index)]"
            case 2, 3:
                let name = random.pick(["a", "a", "b", "é"])
                segments.append((.name(name), isDescendant))
                text += isDescendant ? name : "." + name
            default:
                let name = random.pick(names)
                segments.append((.name(name), isDescendant))
                let escaped = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                text += "[\"\(escaped)\"]"
            }
        }
    }
}

/// A JSON text, with its tree.
private struct Document {
    enum Content {
        case string, number, word
        case object([(name: String, value: Value)])
        case array([Value])
    }

    struct Value {
        var content: Content
        /// Of a string what is between its quotes.
        var range: Range<Int>
    }

    private(set) var bytes: [UInt8] = []
    private var root = Value(content: .word, range: 0..<0)

    init(_ random: inout SeededRandom) {
        root = write(depth: 4, &random)
        blank(&random)
    }

    private mutating func blank(_ random: inout SeededRandom) {
        if random.chance(20) { bytes += random.pick([" ", "\n\t", "\r\n"]).utf8 }
    }

    private mutating func write(depth: Int, _ random: inout SeededRandom) -> Value {
        blank(&random)
        let start = bytes.count
        // The outermost is an object or an array, the innermost is neither.
        switch Int.random(in: (depth == 0 ? 5 : 0)..<(depth == 4 ? 5 : 10), using: &random) {
        case 0..<3:
            var members: [(String, Value)] = []
            bytes.append(UInt8(ascii: "{"))
            for index in 0..<Int.random(in: 0...4, using: &random) {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                blank(&random)
                let name = random.pick(names)
                write(name, &random)
                blank(&random)
                bytes.append(UInt8(ascii: ":"))
                members.append((name, write(depth: depth - 1, &random)))
                blank(&random)
            }
            if members.isEmpty { blank(&random) }
            bytes.append(UInt8(ascii: "}"))
            return Value(content: .object(members), range: start..<bytes.count)
        case 3, 4:
            var elements: [Value] = []
            bytes.append(UInt8(ascii: "["))
            for index in 0..<Int.random(in: 0...4, using: &random) {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                elements.append(write(depth: depth - 1, &random))
                blank(&random)
            }
            if elements.isEmpty { blank(&random) }
            bytes.append(UInt8(ascii: "]"))
            return Value(content: .array(elements), range: start..<bytes.count)
        case 5, 6:
            write(random.pick(names + ["", "}", "]", ",", "x\":1"]), &random)
            return Value(content: .string, range: start + 1..<bytes.count - 1)
        case 7:
            bytes += random.pick(["null", "true", "false"]).utf8
            return Value(content: .word, range: start..<bytes.count)
        default:
            bytes += random.pick(["0", "-1", "12.5", "1e9", "-2.5E-3"]).utf8
            return Value(content: .number, range: start..<bytes.count)
        }
    }

    /// A string, some of its characters as escapes.
    private mutating func write(_ string: String, _ random: inout SeededRandom) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in string.unicodeScalars {
            if random.chance(20) {
                for unit in Character(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: random.chance(50))
                    bytes += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
                }
            } else {
                if scalar == "\"" || scalar == "\\" { bytes.append(UInt8(ascii: "\\")) }
                bytes += Array(String(scalar).utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    // MARK: - RFC 9535, section 2.1.2: what one segment selects is where the next one starts

    func values(selectedBy paths: [RandomPath]) -> [SelectedValue] {
        let selected = paths.map { path in
            path.segments.reduce([root]) { values, segment in
                values.flatMap { value in
                    (segment.isDescendant ? Self.descendants(value) : [value]).flatMap {
                        Self.children($0, segment.selector)
                    }
                }
            }
        }
        var result: [SelectedValue] = []
        for (number, values) in selected.enumerated() {
            for value in values where Self.isReported(value) {
                // A string's range is told from that of an element around it by where it starts.
                guard !result.contains(where: { $0.range == value.range }) else { continue }
                result.append(SelectedValue(number, value.range, isString: Self.isString(value)))
            }
        }
        let outermost = result.filter { one in
            !result.contains {
                $0.range != one.range && $0.range.contains(one.range.lowerBound)
                    && $0.range.upperBound >= one.range.upperBound
            }
        }
        return outermost.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    private static func isReported(_ value: Value) -> Bool {
        switch value.content {
        case .string: !value.range.isEmpty
        case .number: true
        case .word: false
        case .object(let members): !members.isEmpty
        case .array(let elements): !elements.isEmpty
        }
    }

    private static func isString(_ value: Value) -> Bool {
        if case .string = value.content { true } else { false }
    }

    private static func descendants(_ value: Value) -> [Value] {
        [value] + children(value, .all).flatMap(descendants)
    }

    private static func children(_ value: Value, _ selector: RandomPath.Selector) -> [Value] {
        switch (value.content, selector) {
        case (.object(let members), .all): members.map(\.value)
        case (.object(let members), .name(let name)): members.filter { $0.name == name }.map(\.value)
        case (.array(let elements), .all): elements
        case (.array(let elements), .index(let index)): index < elements.count ? [elements[index]] : []
        default: []
        }
    }
}
