import ConnectorLogCore

/// Takes the values of passwords out of Boomi's JSON: objects whose `contentType` is `ContentPassword` or
/// `ContentEncrypted` keep their names, but not their `contentValue` and `objectData`. Redaction could not know them by any
/// name or shape.
enum BoomiPasswords {
    typealias Text = UnsafeRawBufferPointer

    /// The text without them; nil when it may have some, but is no JSON, so that they cannot be found.
    static func removed(from text: Text, _ arena: inout TextArena) -> Text? {
        guard mayHold(text) else { return text }
        guard let (members, value) = JSONMembers.value(text) else { return holdsMark(text) ? nil : text }
        var search = Search(text: text, members: members)
        search.visit(value)
        guard !search.found.isEmpty else { return text }
        // The longest thing that takes the place of another is shorter than what it stands for or four bytes long.
        let room = arena.take(text.count + 4 * search.found.count)
        var (count, copied) = (0, 0)
        func append(_ bytes: some Collection<UInt8>) {
            for byte in bytes {
                room[count] = byte
                count += 1
            }
        }
        for slice in search.found.sorted(by: { $0.start < $1.start }) {
            append(text[copied..<Int(slice.start)])
            // Of a text, what is within the quotes goes.
            if !slice.kind.isString { append("null".utf8) }
            copied = Int(slice.end)
        }
        append(text[copied...])
        return Text(rebasing: room[..<count])
    }

    /// The same of what a fault says. False when its body may have had some that cannot be found: it is empty then, and
    /// says that it was cut.
    static func remove(from fault: inout RootFault, _ arena: inout TextArena) -> Bool {
        if var message = fault.message {
            fault.message = message.withUTF8 {
                removed(from: Text($0), &arena).map { String(decoding: $0, as: UTF8.self) }
            }
        }
        guard let bytes = fault.responseBody?.bytes else { return true }
        let kept = bytes.withUnsafeBytes { removed(from: $0, &arena).map { Array($0) } }
        fault.responseBody?.bytes = kept ?? []
        if kept == nil { fault.responseBody?.isTruncated = true }
        return kept != nil
    }

    private struct Search {
        let text: Text
        let members: JSONMembers
        var found: [JSONSlice] = []

        /// As deep as the scanner lets nesting be.
        mutating func visit(_ value: JSONSlice) {
            switch value.kind {
            case .object: visitObject(value)
            case .array:
                var elements: [JSONSlice] = []
                members.elements(of: value) { elements.append($0) }
                for element in elements { visit(element) }
            case .string, .escapedString:
                // JSON within a text: it cannot be put back, so that all of it goes.
                if BoomiPasswords.holdsMark(value.bytes(in: text)) { found.append(value) }
            default: break
            }
        }

        private mutating func visitObject(_ value: JSONSlice) {
            guard let object = members.object(value) else { return }
            var isPassword = false
            var values: [(isSecret: Bool, value: JSONSlice)] = []
            object.forEach { name, value in
                switch name.lowercased() {
                case "contenttype":
                    let type = object.text(value)?.lowercased() ?? ""
                    isPassword = isPassword || type.hasSuffix("password") || type.hasSuffix("encrypted")
                case "contentvalue", "objectdata": values.append((true, value))
                default: values.append((false, value))
                }
            }
            for (isSecret, value) in values {
                if isSecret, isPassword {
                    found.append(value)
                } else {
                    visit(value)
                }
            }
        }
    }

    /// Whether it is worth a closer look: names may be written with escapes.
    private static func mayHold(_ text: Text) -> Bool {
        contains(text, "password") || contains(text, "encrypted") || contains(text, "\\u")
    }

    private static func holdsMark(_ text: Text) -> Bool {
        contains(text, "contentpassword") || contains(text, "contentencrypted")
    }

    /// In either case; `word` in lower case.
    private static func contains(_ text: Text, _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard text.count >= count else { return false }
        let (first, second) = (word.utf8Start[0], word.utf8Start[1])
        for at in 0...text.count - count
        where text[at].asciiLowercased == first && text[at + 1].asciiLowercased == second {
            if (2..<count).allSatisfy({ text[at + $0].asciiLowercased == word.utf8Start[$0] }) { return true }
        }
        return false
    }
}
