import ConnectorLogCore

/// Turns entries of HTTP Archives (HAR 1.2, section "entries") into log entries.
///
/// Only an entry without a request or a URL is refused: what else is missing, null or of another type than it should be
/// says nothing. What programs write differs (`docs/ingest.md` has the table), and members that begin with an underscore
/// are their own; those of our own archives (`_connectorLog`) carry what the format has no place for.
struct HARDecoder: ~Copyable {
    typealias Text = EntryDraft.Text

    enum Member: String, MemberName {
        case startedDateTime, time, request, response, timings, serverIPAddress, comment, _error, _connectorLog
    }

    enum RequestMember: String, MemberName {
        case method, url, httpVersion, headers, cookies, postData, bodySize
    }

    enum ResponseMember: String, MemberName { case status, headers, cookies, content, _error }

    private enum Timing: String, MemberName {
        case blocked, dns, connect, send, wait, receive
        // `ssl` is in `connect` already.
    }

    static let memberReader = NamedMemberReader<Member>()
    static let requestReader = NamedMemberReader<RequestMember>()
    static let responseReader = NamedMemberReader<ResponseMember>()
    private static let timingReader = NamedMemberReader<Timing>()

    private var team: CallersTeam
    let defaults: RecordDefaults
    /// The default of `startedDateTime`, and what times ahead are measured from.
    var arrival = Timestamp.epoch
    var entry = EntryAssembler()
    /// The entry's own text.
    var text = Text(start: nil, count: 0)

    init(caller: IngestCaller, defaults: RecordDefaults) {
        team = CallersTeam(caller)
        self.defaults = defaults
    }

    /// Bytes held beside the batch.
    var byteCount: Int { entry.byteCount }

    mutating func decode(_ element: Text, into builder: inout RedactingBatchBuilder) throws(LineError) {
        text = element
        entry.begin()
        let members = try Self.members(of: element)
        entry.draft.teamID = try team.id()
        let own = try readOwn(members[._connectorLog])
        try readTime(members)
        if own == nil { try readDuration(members) }
        try readRequest(members[.request], isOwn: own != nil)
        try readResponse(members[.response], isOwn: own != nil)
        if own == nil { readRest(members) }
        entry.setConnector(own?.connector, defaults, host: nil, uri: requestURL, format: "har")
        if let own { finish(own) }
        entry.apply(defaults)
        entry.end(memory: element)
        builder.append(entry.draft)
    }

    /// The URL as it was given, also where it is too long to be kept.
    var requestURL: Text?

    private static func members(of element: Text) throws(LineError) -> NamedMembers<Member> {
        try JSONText.validateUTF8(element)
        var contents = try JSONContents(objectIn: element)
        let members = try memberReader.read(&contents, in: element) { _, _ in }
        try contents.end()
        return members
    }

    // MARK: - Times

    private mutating func readTime(_ members: NamedMembers<Member>) throws(LineError) {
        guard let given = entry.meaning(members[.startedDateTime], in: text), !given.isEmpty else {
            entry.draft.logTime = arrival.microseconds
            return
        }
        guard let time = Timestamp(rfc3339: given, missingOffset: .utc) else {
            entry.leaveOut("log_time")
            entry.draft.logTime = arrival.microseconds
            return
        }
        try entry.setTime(time, arrival: arrival)
    }

    private mutating func readDuration(_ members: NamedMembers<Member>) throws(LineError) {
        if let time = microseconds(members[.time]), time >= 0 { return entry.setDuration(time) }
        let timings = try Self.timingReader.read(members[.timings], in: text)
        var sum: Int64?
        for part in Timing.allCases {
            // -1 is what does not apply.
            guard let time = microseconds(timings[part]), time >= 0 else { continue }
            let (total, isTooMuch) = (sum ?? 0).addingReportingOverflow(time)
            sum = isTooMuch ? .max : total
        }
        if let sum { entry.setDuration(sum) }
    }

    /// Of a number of milliseconds.
    func microseconds(_ slice: JSONSlice?) -> Int64? {
        guard let slice, slice.kind == .number else { return nil }
        return try? JSONNumber(slice.bytes(in: text)).rounded(places: 3)
    }

    func wholeNumber(_ slice: JSONSlice?) -> Int64? {
        guard let slice, slice.kind == .number else { return nil }
        return try? JSONNumber(slice.bytes(in: text)).rounded(places: 0)
    }

    // MARK: - The rest

    private mutating func readRest(_ members: NamedMembers<Member>) {
        if let address = entry.meaning(members[.serverIPAddress], in: text), !address.isEmpty {
            entry.addAttribute("server_ip_address", .text(address))
        }
        if let comment = entry.meaning(members[.comment], in: text), !comment.isEmpty {
            entry.addAttribute("comment", .text(comment))
        }
        setError(members[._error])
        entry.setIDsFromRequestHeaders()
    }

    /// `net::ERR_CONNECTION_REFUSED` is a name; a sentence is a message.
    mutating func setError(_ slice: JSONSlice?) {
        guard entry.draft.errorName == nil, entry.draft.errorMessage == nil,
            let error = entry.meaning(slice, in: text), !error.isEmpty
        else { return }
        if error.count <= Limits.name, !error.contains(UInt8(ascii: " ")) {
            entry.draft.errorName = error
        } else {
            entry.draft.errorMessage = entry.text(error, "error_message", limit: Limits.message)
        }
    }
}
