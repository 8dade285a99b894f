import ConnectorLogAPI

/// A JSON document (RFC 8259, strict) whose values know where in the bytes they stand, so that a part can be kept as it
/// was sent.
struct JSONBody: Sendable {
    indirect enum Value: Sendable {
        case null
        case bool(Bool)
        /// As it was written.
        case number(String)
        case text(String)
        case array([Value])
        case object([String: Value], place: Range<Int>)
    }

    let bytes: [UInt8]
    let root: Value

    /// Throws 400, with the offset of what is wrong.
    init(_ bytes: [UInt8]) throws(APIError) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw APIError(.badRequest, "the body is not UTF-8")
        }
        var parser = JSONParser(bytes: bytes)
        do {
            root = try parser.document()
        } catch {
            throw APIError(.badRequest, "the body is no JSON: \(error.reason) at byte \(error.offset)")
        }
        self.bytes = bytes
    }

    /// The members of the document; throws 422 unless it is an object.
    func members() throws(APIError) -> JSONMembers {
        guard case .object(let members, _) = root else {
            throw APIError(.unprocessableEntity, "the body is no JSON object")
        }
        return JSONMembers(values: members, path: "")
    }
}

/// The members of an object, taken out with the type that they have to have. Errors are 422 and name the member, never its
/// value.
struct JSONMembers {
    let values: [String: JSONBody.Value]
    let path: String

    func has(_ name: String) -> Bool { values[name] != nil }

    /// Throws when a member has none of these names.
    func allowOnly(_ names: Set<String>) throws(APIError) {
        guard values.keys.allSatisfy(names.contains) else {
            throw APIError(
                .unprocessableEntity, "the members are \(names.sorted().joined(separator: ", ")), and no others")
        }
    }

    /// Nil when it is left out or null.
    func optionalText(_ name: String, _ range: ClosedRange<Int>) throws(APIError) -> String? {
        switch values[name] {
        case nil, .null?: return nil
        // U+0000 would end a text in a row of a database.
        case .text(let text)? where range.contains(text.unicodeScalars.count) && !text.utf8.contains(0): return text
        default:
            throw APIError(
                .unprocessableEntity,
                "\(path)\(name) is a text of \(range.lowerBound) to \(range.upperBound) characters, without U+0000")
        }
    }

    func text(_ name: String, _ range: ClosedRange<Int>) throws(APIError) -> String {
        guard let text = try optionalText(name, range) else { throw missing(name) }
        return text
    }

    /// Nil when it is left out.
    func optionalPositiveInteger(_ name: String) throws(APIError) -> Int64? {
        switch values[name] {
        case nil: return nil
        case .number(let text)?:
            // 7.0 and 7e0 are the integer 7 as well (JSON Schema core, section 4.2.3).
            if let number = Int64(text) ?? Double(text).flatMap({ Int64(exactly: $0) }), number >= 1 { return number }
        default: break
        }
        throw APIError(.unprocessableEntity, "\(path)\(name) is an integer of 1 or more")
    }

    /// Nil when it is null; it has to be there.
    func nullableInteger(_ name: String, _ range: ClosedRange<Int>) throws(APIError) -> Int? {
        switch values[name] {
        case nil: throw missing(name)
        case .null?: return nil
        case .number(let text)?:
            if let number = Int(text) ?? Double(text).flatMap({ Int(exactly: $0) }), range.contains(number) {
                return number
            }
        default: break
        }
        throw APIError(
            .unprocessableEntity, "\(path)\(name) is an integer of \(range.lowerBound) to \(range.upperBound), or null")
    }

    /// Nil when it is left out.
    func optionalObject(_ name: String) throws(APIError) -> (members: JSONMembers, place: Range<Int>)? {
        switch values[name] {
        case nil: return nil
        case .object(let members, let place)?: return (JSONMembers(values: members, path: "\(path)\(name)."), place)
        default: throw APIError(.unprocessableEntity, "\(path)\(name) is an object")
        }
    }

    /// Nil when it is left out.
    func optionalFlag(_ name: String) throws(APIError) -> Bool? {
        switch values[name] {
        case nil: return nil
        case .bool(let flag)?: return flag
        default: throw APIError(.unprocessableEntity, "\(path)\(name) is true or false")
        }
    }

    /// Texts without U+0000, however long; nil when it is left out.
    func optionalTexts(_ name: String) throws(APIError) -> [String]? {
        guard let elements = try optionalArray(name) else { return nil }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .text(let text) = element, !text.utf8.contains(0) else {
                throw APIError(.unprocessableEntity, "\(path)\(name)[\(index)] is a text without U+0000")
            }
            texts.append(text)
        }
        return texts
    }

    /// Nil when it is left out.
    func optionalObjects(_ name: String) throws(APIError) -> [JSONMembers]? {
        guard let elements = try optionalArray(name) else { return nil }
        var objects: [JSONMembers] = []
        for (index, element) in elements.enumerated() {
            guard case .object(let members, _) = element else {
                throw APIError(.unprocessableEntity, "\(path)\(name)[\(index)] is an object")
            }
            objects.append(JSONMembers(values: members, path: "\(path)\(name)[\(index)]."))
        }
        return objects
    }

    private func optionalArray(_ name: String) throws(APIError) -> [JSONBody.Value]? {
        switch values[name] {
        case nil: return nil
        case .array(let elements)?: return elements
        default: throw APIError(.unprocessableEntity, "\(path)\(name) is an array")
        }
    }

    func missing(_ name: String) -> APIError {
        APIError(.unprocessableEntity, "\(path)\(name) is missing")
    }
}
