import ConnectorLogCore

/// What one pass over a line finds: for each field of the flat form the place of its value, the places of all header
/// names and values, and the members that the flat form does not have. Filled anew for each line, without allocation.
struct LineFields: ~Copyable {
    struct Member {
        /// Nil when no kind of line has a field of this name.
        var field: FlatField?
        var name: JSONSlice
        var value: JSONSlice
    }

    struct Header {
        var name: JSONSlice
        var value: JSONSlice
    }

    /// Members without a field are remembered up to here; a line with more has too many attributes anyway.
    static let memberLimit = 4 * Limits.attributeMembers

    private(set) var text = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var members: [Member] = []
    private(set) var hasTooManyMembers = false
    private var requestHeaderBuffer = FixedBuffer<Header>(capacity: Limits.headerFields)
    private var responseHeaderBuffer = FixedBuffer<Header>(capacity: Limits.headerFields)
    /// The first fault in the meaning, not the form, of the line.
    private(set) var problem: LineError?

    private let index = FlatFieldIndex.shared
    private var names = LearnedNames()
    /// One a field; only those whose bit of `present` is set mean something.
    private let slices = UnsafeMutablePointer<JSONSlice>.allocate(capacity: FlatField.allCases.count)
    private var present: UInt64 = 0

    init() {}

    deinit { slices.deallocate() }

    var requestHeaders: UnsafeBufferPointer<Header> { requestHeaderBuffer.elements }
    var responseHeaders: UnsafeBufferPointer<Header> { responseHeaderBuffer.elements }

    /// The value of a field; nil when it is absent or null.
    @inline(__always)
    subscript(field: FlatField) -> JSONSlice? {
        guard present >> UInt64(field.rawValue) & 1 == 1 else { return nil }
        let slice = slices[Int(field.rawValue)]
        return slice.kind == .null ? nil : slice
    }

    /// Reads a line, whose bytes must stay where they are while the slices are in use.
    mutating func scan(_ line: UnsafeRawBufferPointer) throws(LineError) {
        text = line
        present = 0
        problem = nil
        hasTooManyMembers = false
        members.removeAll(keepingCapacity: true)
        requestHeaderBuffer.removeAll()
        responseHeaderBuffer.removeAll()
        try JSONText.validateUTF8(line)
        do throws(JSONScanError) {
            var scanner = JSONScanner(line)
            if try scanner.peek() == UInt8(ascii: "{") {
                try scanObject(&scanner)
            } else {
                _ = try scanner.value(depth: 0)
                problem = LineError(.notAnObject, "the line is no JSON object")
            }
            try scanner.end()
        } catch {
            throw LineError(error)
        }
        if let problem { throw problem }
    }

    private mutating func scanObject(_ scanner: inout JSONScanner) throws(JSONScanError) {
        scanner.advance()
        if try scanner.peek() == UInt8(ascii: "}") {
            scanner.advance()
            return
        }
        var previous = LearnedNames.startOfLine
        repeat {
            let (name, field) = try memberName(&scanner, after: &previous)
            if let field, field == .requestHeaders || field == .responseHeaders,
                try scanner.peek() == UInt8(ascii: "{")
            {
                let start = scanner.position
                note(field, name)
                try scanHeaders(&scanner, of: field)
                slices[Int(field.rawValue)] = JSONSlice(.object, start, scanner.position)
            } else {
                let value = try scanner.value(depth: 1)
                if let field {
                    note(field, name)
                    slices[Int(field.rawValue)] = value
                }
                if field?.isOfEntry != true { keep(Member(field: field, name: name, value: value)) }
            }
        } while try scanner.continues(before: UInt8(ascii: "}"))
    }

    /// A member's name and its field; the scanner stands behind the colon then.
    @inline(__always)
    private mutating func memberName(
        _ scanner: inout JSONScanner, after previous: inout LearnedNames.Index
    ) throws(JSONScanError) -> (JSONSlice, FlatField?) {
        if let (name, index) = guessName(&scanner, after: previous) {
            previous = index
            return (name, names.field(of: index))
        }
        let name = try newName(&scanner, after: &previous)
        return (name, field(name))
    }

    @inline(__always)
    private mutating func headerName(
        _ scanner: inout JSONScanner, after previous: inout LearnedNames.Index
    ) throws(JSONScanError) -> JSONSlice {
        if let (name, index) = guessName(&scanner, after: previous) {
            previous = index
            return name
        }
        return try newName(&scanner, after: &previous)
    }

    @inline(never)
    private mutating func newName(
        _ scanner: inout JSONScanner, after previous: inout LearnedNames.Index
    ) throws(JSONScanError) -> JSONSlice {
        let name = try scanner.name()
        previous = names.learn(name, upTo: scanner.position, field: field(name), after: previous, in: text)
        return name
    }

    @inline(__always)
    private mutating func guessName(
        _ scanner: inout JSONScanner, after previous: LearnedNames.Index
    ) -> (JSONSlice, LearnedNames.Index)? {
        scanner.skipBlank()
        guard let index = names.guess(after: previous, at: scanner.position, in: text) else { return nil }
        let start = scanner.position + 1
        scanner.advance(by: names.length(of: index))
        return (JSONSlice(.string, start, scanner.position - 2), index)
    }

    @inline(__always)
    private func field(_ name: JSONSlice) -> FlatField? {
        if name.kind == .string { return index.field(named: name.bytes(in: text)) }
        return escapedField(name)
    }

    private func escapedField(_ name: JSONSlice) -> FlatField? {
        // No field's name has more than 32 characters, each at most six bytes as an escape.
        let bytes = name.bytes(in: text)
        guard bytes.count <= 192 else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: bytes.count, alignment: 1) { room in
            guard let start = room.baseAddress else { return nil }
            let count = JSONText.unescape(bytes, to: start)
            return index.field(named: UnsafeRawBufferPointer(rebasing: room[..<count]))
        }
    }

    @inline(__always)
    private mutating func note(_ field: FlatField, _ name: JSONSlice) {
        let bit: UInt64 = 1 << UInt64(field.rawValue)
        if present & bit != 0 {
            report(LineError(.duplicateMember, field: "\(field.name)", "given twice, again at byte \(name.offset)"))
        }
        present |= bit
    }

    private mutating func keep(_ member: Member) {
        guard members.count < Self.memberLimit else {
            hasTooManyMembers = true
            return
        }
        members.append(member)
    }

    private mutating func report(_ error: LineError) {
        if problem == nil { problem = error }
    }

    // MARK: - Headers

    private mutating func scanHeaders(_ scanner: inout JSONScanner, of field: FlatField) throws(JSONScanError) {
        scanner.advance()
        if try scanner.peek() == UInt8(ascii: "}") {
            scanner.advance()
            return
        }
        var previous =
            field == .requestHeaders ? LearnedNames.startOfRequestHeaders : LearnedNames.startOfResponseHeaders
        repeat {
            let name = try headerName(&scanner, after: &previous)
            let byte = try scanner.peek()
            if byte == UInt8(ascii: "\"") {
                append(Header(name: name, value: try scanner.string()), to: field)
            } else if byte == UInt8(ascii: "[") {
                try scanHeaderList(&scanner, name: name, of: field)
            } else {
                checkAbsent(try scanner.value(depth: 2), field)
            }
        } while try scanner.continues(before: UInt8(ascii: "}"))
    }

    private mutating func scanHeaderList(
        _ scanner: inout JSONScanner, name: JSONSlice, of field: FlatField
    ) throws(JSONScanError) {
        scanner.advance()
        if try scanner.peek() == UInt8(ascii: "]") {
            scanner.advance()
            return
        }
        repeat {
            let value = try scanner.value(depth: 3)
            if value.kind.isString {
                append(Header(name: name, value: value), to: field)
            } else {
                checkAbsent(value, field)
            }
        } while try scanner.continues(before: UInt8(ascii: "]"))
    }

    @inline(__always)
    private mutating func append(_ header: Header, to field: FlatField) {
        let isKept =
            field == .requestHeaders ? requestHeaderBuffer.append(header) : responseHeaderBuffer.append(header)
        if !isKept { reportTooManyHeaders(header, field) }
    }

    private mutating func reportTooManyHeaders(_ header: Header, _ field: FlatField) {
        report(
            LineError(
                .tooLong, field: "\(field.name)",
                "more than \(Limits.headerFields) fields, at byte \(header.name.offset)"))
    }

    private mutating func checkAbsent(_ value: JSONSlice, _ field: FlatField) {
        guard value.kind != .null else { return }
        report(
            LineError(
                .wrongType, field: "\(field.name)",
                "a header is text or a list of texts, at byte \(value.offset)"))
    }
}
