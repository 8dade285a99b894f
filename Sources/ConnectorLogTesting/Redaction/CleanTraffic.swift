/// Lines of the flat form as some forty vendors' APIs give rise to: without any secret, full of what looks like one.
///
/// Left out is what the rules take by its name or form on purpose, secret or not:
/// - members named `token`, `secret`, `sid` (Twilio's ids), `pass` (numbers of passed tests), `pin` (places on maps),
///   `sig`, `cookies` (how many), `credentials`, `connectionString` and the like, unless true, false or null;
/// - the headers Cookie, Set-Cookie and WWW-Authenticate, and signatures of webhooks;
/// - users in URLs, though without a password: `ssh://git@github.com/`;
/// - texts in which a name that says credential stands before a colon; some are `ambiguousTexts`.
package struct CleanTraffic: Sendable {
    package struct Line: Sendable {
        package var json: String
        package var vendor: String
        /// How many there are: headers, parameters of queries and forms, scalars of JSON, other texts and bodies.
        package var fields: Int
    }

    /// Harmless, but no rule that goes by names can tell.
    package static let ambiguousTexts = [
        "Unexpected token: < at position 0", "Wrong password: 3 attempts left", "Invalid access token: expired",
        "Missing secret: none is configured", "syntax error, unexpected end of file, expecting token: ')'",
    ]

    /// What a call is made of, before it is a line.
    struct Call {
        enum Content {
            case json(TrafficJSON)
            case form([(String, String)])
            case parts([(String, String)])
            case text(String, type: String)
            case bytes([UInt8], type: String)
        }

        var method = "GET"
        var url: String
        var query: [(String, String)] = []
        var status = 200
        var request: Content?
        var response: Content?
        var requestHeaders: [(String, String)] = []
        var responseHeaders: [(String, String)] = []
        var error: (name: String, message: String)?

        init(_ url: String) { self.url = url }
    }

    struct Vendor: Sendable {
        var name: String
        var call: @Sendable (inout CleanTraffic) -> Call
    }

    static let vendors = commerce + marketing + business + developers + documents

    package static var vendorNames: [String] { vendors.map(\.name) }

    var random: SeededRandom
    private var number = 0

    package init(seed: UInt64) { random = SeededRandom(seed: seed) }

    package mutating func next() -> Line {
        let vendor = Self.vendors[number % Self.vendors.count]
        number += 1
        var call = vendor.call(&self)
        if random.chance(12) { fail(&call) }
        return line(of: call, vendor.name)
    }

    private mutating func fail(_ call: inout Call) {
        let text = random.pick(Self.sentences)
        call.status = random.pick([400, 401, 404, 409, 422, 429, 500])
        call.error = (random.pick(["BadRequest", "TokenExpiredError", "RateLimited", "SecretaryNotFound"]), text)
        if random.chance(50) {
            call.response = .json([
                "error": ["type": "invalid_request_error", "message": .text(text), "code": .literal(random.digits(4))],
                "request_id": .text("req_" + random.text(14)),
            ])
        }
    }

    // MARK: - The line

    private mutating func line(of call: Call, _ vendor: String) -> Line {
        var fields = 0
        var members: [TrafficJSON.Member] = []
        func add(_ name: String, _ value: TrafficJSON) {
            members.append(.init(name, value))
            fields += 1
        }
        add("connector_identifier", .text(vendor))
        add("event", .text(random.pick(["data.load", "webhook.receive", "auth.keypair.list", "tokens.count", "sync"])))
        add("method", .text(call.method))
        add("uri", .text(uri(of: call)))
        fields += call.query.count
        add("status", .literal(String(call.status)))
        add("duration_ms", .literal("\(random.number(in: 2...4000)).\(random.number(in: 0...999))"))
        add("request_id", .text(random.pick([random.uuid(), ulid(), random.hex(24)])))
        if random.chance(50) {
            add("flow_id", .text(random.uuid()))
            add("flow_name", .text(random.pick(["Nightly import", "Secretary tasks", "Basic sync", "Keyword report"])))
            add("flow_version", .literal(random.digits(2)))
            add("state_id", .text(random.uuid()))
        }
        if random.chance(50) {
            add("trace_id", .text("4" + random.hex(31)))
            add("span_id", .text("4" + random.hex(15)))
        }
        if let error = call.error {
            add("error_name", .text(error.name))
            add("error_message", .text(error.message))
        }
        if random.chance(20) {
            var (name, value) = attribute()
            // Attributes of an entry are texts, numbers and truth values.
            while value.isComposite { (name, value) = attribute() }
            members.append(.init("attributes", .object([.init("attempt", 1), .init(name, value)])))
            fields += 2
        }
        var headers = standardRequestHeaders() + call.requestHeaders
        append(call.request, "request", &headers, &members, &fields)
        headers = standardResponseHeaders() + call.responseHeaders
        append(call.response, "response", &headers, &members, &fields)
        return Line(json: TrafficJSON.object(members).written(), vendor: vendor, fields: fields)
    }

    private func uri(of call: Call) -> String {
        guard !call.query.isEmpty else { return call.url }
        return call.url + "?" + call.query.map { $0.0 + "=" + $0.1 }.joined(separator: "&")
    }

    private mutating func append(
        _ content: Call.Content?, _ side: String, _ headers: inout [(String, String)],
        _ members: inout [TrafficJSON.Member], _ fields: inout Int
    ) {
        var body: [TrafficJSON.Member] = []
        func add(_ value: TrafficJSON, count: Int, type: String) {
            body.append(.init(side + "_body", value))
            fields += count
            headers.append(("Content-Type", type))
        }
        switch content {
        case nil: break
        case .json(let json):
            let isValue = random.chance(30)
            add(
                isValue ? json : .text(json.written(random.pick(TrafficJSON.Style.allCases))), count: json.scalarCount,
                type: "application/json; charset=utf-8")
        case .form(let fields):
            add(
                .text(fields.map { $0.0 + "=" + SecretEncoding.form.encode($0.1) }.joined(separator: "&")),
                count: fields.count, type: "application/x-www-form-urlencoded")
        case .parts(let parts):
            let boundary = "----WebKitFormBoundary" + random.text(16)
            let text =
                parts.map { name, value in
                    "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
                }.joined() + "--\(boundary)--\r\n"
            add(.text(text), count: parts.count, type: "multipart/form-data; boundary=" + boundary)
        case .text(let text, let type): add(.text(text), count: 1, type: type)
        case .bytes(let bytes, let type):
            add(.text(Base64Text.encode(bytes)), count: 1, type: type)
            body.append(.init(side + "_body_encoding", "base64"))
        }
        fields += headers.count
        members.append(
            .init(side + "_headers", .object(headers.map { .init($0.0, .text($0.1)) })))
        members += body
    }
}
