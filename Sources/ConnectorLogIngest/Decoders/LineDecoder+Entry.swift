import ConnectorLogCore

extension LineDecoder {
    /// Fills `draft` with the line's entry.
    mutating func decodeEntry() throws(LineError) {
        draft.teamID = try team()
        guard let connector = try connector() else { throw missing(.connectorIdentifier) }
        draft.connector = connector
        draft.logTime = (try time(.logTime) ?? arrival).microseconds
        draft.event = try text(.event, limit: Limits.event)
        draft.method = try method()
        draft.uri = try text(.uri, limit: Limits.uri)
        draft.status = Int(try whole(.status, in: 100...599) ?? 0)
        draft.outcome = try outcome()
        draft.duration = try duration() ?? -1
        draft.requestID = try identifier(.requestID)
        draft.flowID = try identifier(.flowID)
        draft.flowName = try textWithoutNull(.flowName, limit: Limits.name)
        draft.flowVersion = try flowVersion()
        draft.stateID = try identifier(.stateID)
        draft.traceID = try hexadecimal(.traceID, digits: 32)
        draft.spanID = try hexadecimal(.spanID, digits: 16)
        draft.errorName = try text(.errorName, limit: Limits.name)
        draft.errorMessage = try text(.errorMessage, limit: Limits.message)
        draft.requestHeaders = try headers(
            fields.requestHeaders, .requestHeaders, reusing: exchange(&draft.requestHeaders, with: []))
        draft.responseHeaders = try headers(
            fields.responseHeaders, .responseHeaders, reusing: exchange(&draft.responseHeaders, with: []))
        draft.requestBody = try body(.request)
        draft.responseBody = try body(.response)
        draft.attributes = try entryAttributes()
    }

    /// A token (RFC 9110, sections 5.6.2 and 9.1), in the sender's letters: methods are case-sensitive.
    private mutating func method() throws(LineError) -> Text? {
        guard let text = try text(.method, limit: Limits.method) else { return nil }
        guard !text.isEmpty, text.allSatisfy(\.isTokenByte) else {
            throw failure(.invalidValue, .method, "a token by RFC 9110 is expected")
        }
        return text
    }

    private mutating func outcome() throws(LineError) -> Outcome? {
        guard let text = try text(.outcome, limit: Limits.identifier) else { return nil }
        if text.isEqual("ok") { return .ok }
        if text.isEqual("failed") { return .failed }
        throw failure(.invalidValue, .outcome, "ok or failed is expected")
    }

    // MARK: - Attributes

    /// What the sender gave in `attributes`, then the members that no entry has, in their order.
    private mutating func entryAttributes() throws(LineError) -> Text? {
        let given = fields[.attributes]
        if given == nil, fields.members.isEmpty { return nil }
        attributes.begin()
        if let given { try appendAttributes(of: given) }
        guard !fields.hasTooManyMembers else { throw tooManyAttributes }
        for member in fields.members where member.value.kind != .null {
            switch member.value.kind {
            case .object, .array:
                try append(member.name, .text(member.value.bytes(in: fields.text)))
            default:
                try appendScalar(member.name, member.value)
            }
        }
        return attributes.isEmpty ? nil : attributes.finish()
    }

    private mutating func appendAttributes(of object: JSONSlice) throws(LineError) {
        guard object.kind == .object else { throw failure(.wrongType, .attributes, "an object is expected") }
        // The object was read before, so nothing is thrown for its form; the scanner starts at its bracket.
        var scanner = JSONScanner(fields.text, from: Int(object.start))
        do throws(JSONScanError) {
            scanner.advance()
            if try scanner.peek() == UInt8(ascii: "}") { return }
        } catch {
            throw LineError(.invalidJSON, "\(error.problem.rawValue), at byte \(error.offset)")
        }
        while let (name, value) = try nextMember(&scanner) {
            switch value.kind {
            case .null: break
            case .object, .array:
                throw failure(.wrongType, .attributes, "text, numbers, true and false are expected")
            default: try appendScalar(name, value)
            }
            if scanner.position >= Int(object.end) { return }
        }
    }

    /// The next member, and the comma or the closing bracket behind it.
    private func nextMember(
        _ scanner: inout JSONScanner
    ) throws(LineError) -> (name: JSONSlice, value: JSONSlice)? {
        do throws(JSONScanError) {
            let name = try scanner.name()
            let value = try scanner.value(depth: 2)
            _ = try scanner.continues(before: UInt8(ascii: "}"))
            return (name, value)
        } catch {
            throw LineError(.invalidJSON, "\(error.problem.rawValue), at byte \(error.offset)")
        }
    }

    private mutating func appendScalar(_ name: JSONSlice, _ value: JSONSlice) throws(LineError) {
        if value.kind.isString {
            try append(name, .text(meaning(value)))
        } else {
            try append(name, .literal(value.bytes(in: fields.text)))
        }
    }

    private mutating func append(_ name: JSONSlice, _ value: AttributesWriter.Value) throws(LineError) {
        guard attributes.members < Limits.attributeMembers else { throw tooManyAttributes }
        guard attributes.append(meaning(name), value) else {
            throw LineError(
                .duplicateMember, field: "attributes", "a name is given twice, again at byte \(name.offset)")
        }
        guard !attributes.isTooLong else {
            throw LineError(.tooLong, field: "attributes", "longer than \(Limits.attributeBytes) bytes")
        }
    }

    private var tooManyAttributes: LineError {
        LineError(.tooLong, field: "attributes", "more than \(Limits.attributeMembers) members")
    }
}

extension UInt8 {
    /// `tchar` of RFC 9110, section 5.6.2.
    var isTokenByte: Bool {
        switch self {
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: isIdentifierByte
        }
    }
}
