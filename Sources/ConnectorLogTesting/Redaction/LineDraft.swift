/// A line of the flat form in the making: clean all over, until something is planted in it.
struct LineDraft: Sendable {
    struct DraftBody: Sendable {
        /// The value of `..._body`.
        var content: TrafficJSON
        var isBase64 = false
        /// The size before it was cut.
        var truncatedFrom: Int?
    }

    var connector: String?
    /// Members without a place of their own below.
    var members: [TrafficJSON.Member] = []
    var userInfo: String?
    var path: String
    var query: [String]
    var fragment: String?
    var requestHeaders: [TrafficJSON.Member]
    var responseHeaders: [TrafficJSON.Member]
    var requestBody: DraftBody?
    var responseBody: DraftBody?
    var attributes: [TrafficJSON.Member] = []
    private let kind: PlantedPlace.Line
    var isEntry: Bool { kind == .entry }
    private let host: String

    init(_ kind: PlantedPlace.Line, connector: String?, _ random: inout SeededRandom) {
        self.kind = kind
        self.connector = kind == .state ? nil : connector
        host = random.pick(["api.example.com", "eu1.crm.example.net", "10.1.2.3:8443", "graph.example.org"])
        path = random.pick(["/v3/objects/contacts", "/admin/orders.json", "/rest/api/2/search", "/odata/Invoices"])
        query = ["limit=100", "updated_since=2025-06-01T00%3A00%3A00Z"]
        requestHeaders = [TrafficJSON.Member("Accept", "application/json")]
        responseHeaders = [
            TrafficJSON.Member("Content-Type", "application/json; charset=utf-8"),
            TrafficJSON.Member("X-Request-Id", .text(random.uuid())),
        ]
        switch kind {
        case .entry:
            members = [
                .init("event", "data.load"), .init("method", .text(random.pick(["GET", "POST", "PUT"]))),
                .init("status", .literal(random.pick(["200", "201", "404", "500"]))),
                .init("duration_ms", .literal(String(random.number(in: 3...9000)))),
                .init("request_id", .text(random.uuid())), .init("flow_id", .text(random.uuid())),
                .init("flow_name", "Nightly import"), .init("flow_version", "12"),
                .init("state_id", .text(random.uuid())), .init("trace_id", .text("4" + random.hex(31))),
                .init("span_id", .text("4" + random.hex(15))),
            ]
            attributes = [.init("region", "eu-central-1"), .init("attempt", 2)]
        case .fault:
            members = [
                .init("name", "Bad Gateway"), .init("kind", "service"), .init("status_code", 502),
                .init("message", "the service answered with an error"), .init("flow_id", .text(random.uuid())),
                .init("state_id", .text(random.uuid())), .init("invoke_type", "FORWARD"), .init("action", "save"),
            ]
        case .state:
            members = [
                .init("state_id", .text(random.uuid())), .init("flow_id", .text(random.uuid())),
                .init("flow_name", "Onboarding"), .init("status", "in_progress"), .init("current_step", "Review"),
                .init("user", "ada@example.com"),
            ]
        }
    }

    /// Gives a member a value, in the place of the one it has.
    mutating func set(_ name: String, _ value: TrafficJSON) {
        if let index = members.firstIndex(where: { $0.escapedName == name }) {
            members[index].value = value
        } else {
            members.append(.init(name, value))
        }
    }

    /// Takes the free one of the two bodies.
    mutating func fill(_ body: DraftBody, coding: String? = nil, type: String? = nil, _ random: inout SeededRandom) {
        let isRequest = responseBody != nil || requestBody == nil && random.chance(50)
        var headers: [TrafficJSON.Member] = []
        if let coding { headers.append(.init("Content-Encoding", .text(coding))) }
        if let type {
            responseHeaders.removeAll { !isRequest && $0.escapedName == "Content-Type" }
            headers.append(.init("Content-Type", .text(type)))
        }
        if isRequest {
            requestBody = body
            requestHeaders += headers
        } else {
            responseBody = body
            responseHeaders += headers
        }
    }

    func json() -> String {
        var all: [TrafficJSON.Member] = []
        switch kind {
        case .entry: break
        case .fault: all.append(.init("type", "fault"))
        case .state: all.append(.init("type", "state"))
        }
        if let connector { all.append(.init("connector_identifier", .text(connector))) }
        all += members
        if kind != .state {
            if kind == .entry || !members.contains(where: { $0.escapedName == "uri" }) {
                all.append(.init("uri", .text(uri)))
            }
            if kind == .entry { all.append(.init("request_headers", .object(requestHeaders))) }
            all.append(.init("response_headers", .object(responseHeaders)))
        }
        if let requestBody { all += Self.members(of: requestBody, "request_body") }
        if let responseBody { all += Self.members(of: responseBody, "response_body") }
        if !attributes.isEmpty { all.append(.init("attributes", .object(attributes))) }
        return TrafficJSON.object(all).written()
    }

    var uri: String {
        "https://" + (userInfo.map { $0 + "@" } ?? "") + host + path + "?" + query.joined(separator: "&")
            + (fragment.map { "#" + $0 } ?? "")
    }

    private static func members(of body: DraftBody, _ name: String) -> [TrafficJSON.Member] {
        var members = [TrafficJSON.Member(name, body.content)]
        if body.isBase64 { members.append(.init(name + "_encoding", "base64")) }
        if let size = body.truncatedFrom {
            members.append(.init(name + "_size", .literal(String(size))))
            members.append(.init(name + "_truncated", true))
        }
        return members
    }
}
