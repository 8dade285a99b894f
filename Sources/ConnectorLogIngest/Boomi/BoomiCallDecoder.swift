import ConnectorLogCore

/// Turns an event of a service invoker into the part of a call that it tells. What maps to what is a table in
/// `docs/ingest.md`.
struct BoomiCallDecoder: ~Copyable {
    typealias Text = EntryDraft.Text

    var assembler = EntryAssembler()
    private let names: PendingNames
    private let team: Int64
    private let arrival: Timestamp

    init(names: PendingNames, team: Int64, arrival: Timestamp) {
        (self.names, self.team, self.arrival) = (names, team, arrival)
    }

    var byteCount: Int { assembler.byteCount }

    /// What an event is whose type does not say it: its data does, or nothing.
    mutating func kind(of event: BoomiObject) -> PendingPart.Kind? {
        assembler.begin()
        guard let data = event.object("data", &assembler.arena) else { return nil }
        if data.value("problem", "error") != nil { return .failure }
        if data.value("statuscode", "status", "response") != nil { return .response }
        return data.value("method", "httpmethod", "request") != nil ? .request : nil
    }

    /// Fills the assembler's draft, and says which part of which call it is.
    ///
    /// - Parameter text: the event as it came.
    mutating func decode(
        _ event: BoomiObject, _ text: Text, as kind: PendingPart.Kind
    ) throws(LineError) -> PendingPart.Key {
        assembler.begin()
        guard let request = event.identifier("request") else {
            throw LineError(.missingField, field: "request", "an id of at most \(Limits.identifier) characters")
        }
        let connector = try connector(of: event)
        assembler.draft.teamID = team
        assembler.draft.connector = connector
        assembler.draft.requestID = assembler.arena.copy(request)
        try assembler.setTime(event.time("occurredat") ?? arrival, arrival: arrival)
        assembler.draft.uri = assembler.text(
            uri(of: event).map { assembler.arena.copy($0) }, "uri", limit: Limits.uri)
        assembler.draft.event = assembler.text(copy(event, "endpoint"), "event", limit: Limits.event)
        assembler.draft.flowID = assembler.identifier(copy(event, "flow"), "flow_id")
        assembler.draft.flowVersion = assembler.identifier(copy(event, "flowversion"), "flow_version")
        assembler.draft.stateID = assembler.identifier(copy(event, "state"), "state_id")
        if let milliseconds = event.whole("duration") {
            let (microseconds, isTooLarge) = milliseconds.multipliedReportingOverflow(by: 1000)
            assembler.setDuration(isTooLarge ? -1 : microseconds)
        }
        if let tenant = copy(event, "tenant") { assembler.addAttribute("boomi.tenant", .text(tenant)) }
        if let user = copy(event, "user") { assembler.addAttribute("boomi.user", .text(user)) }
        let data = event.object("data", &assembler.arena)
        switch kind {
        case .request: fillRequest(data)
        case .response: fillResponse(data)
        case .failure: fillFailure(data)
        }
        noteSize(event.whole("size"), kind)
        assembler.end()
        // What has no id of its own is told again when it comes again to the byte.
        let event = event.identifier("id").map { Array($0.utf8) } ?? Array(text)
        let call = Array(request.utf8)
        return PendingPart.Key(
            teamID: team, call: names.name(.call, team, Array(connector), call),
            event: names.name(.event, team, [kind.rawValue], call, event), kind: kind)
    }

    private mutating func copy(_ object: BoomiObject, _ name: String) -> Text? {
        object.text(name).map { assembler.arena.copy($0) }
    }

    /// `service`, the id or the name of a service element; else the host of `serviceUri`. Both parts of a call have them, so
    /// that both are redacted as the same connector's.
    private mutating func connector(of event: BoomiObject) throws(LineError) -> Text {
        let service = event.object("service", &assembler.arena)
        let candidates = [
            event.text("service"), service?.text("developername"), service?.text("name"), service?.text("id"),
            event.text("serviceuri").flatMap(Self.host), event.text("uri").flatMap(Self.host),
        ]
        for candidate in candidates {
            if let candidate, let name = assembler.connector(from: assembler.arena.copy(candidate)) { return name }
        }
        throw LineError(.missingField, field: "service", "neither this nor serviceUri names a connector")
    }

    private static func host(of uri: String) -> String? {
        guard let start = uri.firstRange(of: "://")?.upperBound else { return nil }
        let authority = uri[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return String(authority.split(separator: "@").last ?? "")
    }

    /// What was called: the service's address with the endpoint behind it.
    private func uri(of event: BoomiObject) -> String? {
        guard let service = event.text("serviceuri") else { return event.text("uri") }
        guard let endpoint = event.text("endpoint") else { return service }
        if endpoint.contains("://") { return endpoint }
        let base = service.hasSuffix("/") ? String(service.dropLast()) : service
        return base + (endpoint.hasPrefix("/") ? "" : "/") + endpoint
    }

    // MARK: - What is in `data`, which no document describes

    private mutating func fillRequest(_ data: BoomiObject?) {
        guard let data else { return }
        let inner = data.object("request", &assembler.arena)
        for object in [inner, data].compactMap(\.self) {
            if assembler.draft.method == nil {
                assembler.draft.method = assembler.method(copy(object, "method") ?? copy(object, "httpmethod"))
            }
            if assembler.draft.requestHeaders.isEmpty {
                addHeaders(object.value("requestheaders", "headers"), of: object, to: .request)
            }
            if assembler.draft.requestBody == nil {
                assembler.draft.requestBody = body(object.value("requestbody", "content", "body"), of: object, .request)
            }
        }
    }

    private mutating func fillResponse(_ data: BoomiObject?) {
        if let data {
            let inner = data.object("response", &assembler.arena)
            for object in [inner, data].compactMap(\.self) { fillAnswer(object) }
        }
        // It came, whatever its status was.
        if assembler.draft.status == 0 { assembler.draft.outcome = .ok }
    }

    private mutating func fillAnswer(_ object: BoomiObject) {
        if assembler.draft.status == 0, let status = object.whole("statuscode") ?? object.whole("status") {
            assembler.setStatus(status)
        }
        if assembler.draft.responseHeaders.isEmpty {
            addHeaders(object.value("responseheaders", "headers"), of: object, to: .response)
        }
        if assembler.draft.responseBody == nil {
            assembler.draft.responseBody = body(object.value("responsebody", "content", "body"), of: object, .response)
        }
    }

    /// A problem as root faults have it, or an answer with a message.
    private mutating func fillFailure(_ data: BoomiObject?) {
        assembler.draft.outcome = .failed
        var fault = RootFault(id: EntryID(high: 0, low: 0), teamID: team, occurredAt: arrival, name: "")
        if let data {
            let problem = data.value("problem", "error").flatMap { data.members.content($0) }
            if let problem { FaultProblem.fill(&fault, from: String(decoding: problem, as: UTF8.self)) }
            if fault.message == nil {
                fault.message = data.text("message").flatMap { $0.unicodeScalars.count <= Limits.message ? $0 : nil }
            }
        }
        let isLeftOut = !BoomiPasswords.remove(from: &fault, &assembler.arena)
        if isLeftOut { assembler.leaveOut("response_body") }
        if let status = fault.statusCode { assembler.setStatus(Int64(status)) }
        for header in fault.responseHeaders {
            assembler.addHeader(assembler.arena.copy(header.name), assembler.arena.copy(header.value), to: .response)
        }
        if let bytes = fault.responseBody?.bytes, !isLeftOut {
            assembler.draft.responseBody = EntryDraft.Body(bytes: bytes.withUnsafeBytes { assembler.arena.copy($0) })
        }
        if let data { fillAnswer(data) }
        assembler.draft.errorName = assembler.arena.copy(fault.kind ?? "failure")
        assembler.draft.errorMessage = fault.message.map { assembler.arena.copy($0) }
        if assembler.draft.uri == nil { assembler.draft.uri = fault.uri.map { assembler.arena.copy($0) } }
        if let type = fault.invokeType {
            assembler.addAttribute("boomi.invoke_type", .text(assembler.arena.copy(type)))
        }
        if let action = fault.action { assembler.addAttribute("boomi.action", .text(assembler.arena.copy(action))) }
    }

    /// `{name: value}`, `{name: [value]}`, or a list of `{name, value}` (or `key`).
    private mutating func addHeaders(_ value: JSONSlice?, of object: BoomiObject, to side: EntryAssembler.Side) {
        guard let value else { return }
        var headers: [(name: String, value: String)] = []
        let members = object.members
        func add(_ name: String, _ value: JSONSlice) {
            if let text = members.content(value), value.kind != .object, value.kind != .array {
                headers.append((name, String(decoding: text, as: UTF8.self)))
            }
        }
        members.object(value)?.forEach { name, value in
            if value.kind == .array {
                members.elements(of: value) { add(name, $0) }
            } else {
                add(name, value)
            }
        }
        members.elements(of: value) { element in
            guard let pair = members.object(element).map(BoomiObject.init) else { return }
            if let name = pair.text("name") ?? pair.text("key"), let value = pair.value("value") { add(name, value) }
        }
        for header in headers {
            assembler.addHeader(assembler.arena.copy(header.name), assembler.arena.copy(header.value), to: side)
        }
    }

    /// A text, or the JSON of any other value.
    private mutating func body(
        _ value: JSONSlice?, of object: BoomiObject, _ side: EntryAssembler.Side
    ) -> EntryDraft.Body? {
        guard let bytes = value.flatMap(object.members.content) else { return nil }
        return body(bytes.withUnsafeBytes { assembler.arena.copy($0) }, side)
    }

    private mutating func body(_ text: Text, _ side: EntryAssembler.Side) -> EntryDraft.Body? {
        guard let text = BoomiPasswords.removed(from: text, &assembler.arena) else {
            assembler.leaveOut(side == .request ? "request_body" : "response_body")
            return nil
        }
        return EntryDraft.Body(bytes: text)
    }

    /// A body of which only the size is known is one that was cut to nothing.
    private mutating func noteSize(_ size: Int64?, _ kind: PendingPart.Kind) {
        guard let size, size > 0, size <= 1 << 53 else { return }
        var body = EntryDraft.Body(bytes: Text(start: nil, count: 0))
        (body.originalSize, body.isTruncated) = (Int(size), true)
        switch kind {
        case .request: assembler.draft.requestBody = assembler.draft.requestBody ?? body
        case .response: assembler.draft.responseBody = assembler.draft.responseBody ?? body
        case .failure: break
        }
    }
}
