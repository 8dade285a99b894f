import ConnectorLogAPI

/// A JSON object as its text, of which one member can be set while every other keeps its bytes and its place: numbers of any
/// precision and names that nobody here knows come through.
struct JSONObjectText {
    private struct Member {
        var name: String
        /// As they were written, without white space around them.
        var nameText: ArraySlice<UInt8>
        var value: ArraySlice<UInt8>
    }

    private var members: [Member] = []

    init() {}

    /// Nil unless the text is an object, as `JSONBody` takes it.
    init?(_ text: some Collection<UInt8>) {
        let bytes = Array(text)
        guard let body = try? JSONBody(bytes), case .object(_, let place) = body.root else { return nil }
        var (depth, isInText, start) = (0, false, place.lowerBound + 1)
        var name: ArraySlice<UInt8>?
        var position = place.lowerBound
        while position < place.upperBound {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\\") where isInText: position += 1
            case UInt8(ascii: "\""): isInText.toggle()
            case _ where isInText: break
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ":") where depth == 1:
                name = Self.trimmed(bytes[start..<position])
                start = position + 1
            case UInt8(ascii: ",") where depth == 1, UInt8(ascii: "}") where depth == 1:
                if let name, let text = Self.text(name) {
                    members.append(Member(name: text, nameText: name, value: Self.trimmed(bytes[start..<position])))
                }
                (name, start) = (nil, position + 1)
                if byte == UInt8(ascii: "}") { depth -= 1 }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            position += 1
        }
    }

    var isEmpty: Bool { members.isEmpty }

    /// A member's value as it is written. Setting nil takes the member away; a new one comes last.
    subscript(name: String) -> ArraySlice<UInt8>? {
        get { members.first { $0.name == name }?.value }
        set {
            guard let newValue else { return members.removeAll { $0.name == name } }
            if let index = members.firstIndex(where: { $0.name == name }) {
                members[index].value = newValue
            } else {
                members.append(Member(name: name, nameText: Self.quoted(name), value: newValue))
            }
        }
    }

    var bytes: [UInt8] {
        var bytes = [UInt8(ascii: "{")]
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += member.nameText
            bytes.append(UInt8(ascii: ":"))
            bytes += member.value
        }
        return bytes + [UInt8(ascii: "}")]
    }

    static func quoted(_ text: String) -> ArraySlice<UInt8> {
        var json = JSONWriter(capacity: text.utf8.count + 2)
        json.write(text)
        return json.bytes[...]
    }

    private static func text(_ name: ArraySlice<UInt8>) -> String? {
        guard let body = try? JSONBody(Array(name)), case .text(let text) = body.root else { return nil }
        return text
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop { $0 <= 0x20 }
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        return bytes
    }
}
