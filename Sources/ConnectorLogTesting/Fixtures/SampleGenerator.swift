package import ConnectorLogCore

/// Believable entries, faults and state changes from few values each, so that filters, ties and states meet often.
/// Nothing in them looks like a secret.
package struct SampleGenerator: Sendable {
    package static let connectors = ["hubspot", "stripe", "shopify", "Stripe", "jira-cloud"]
    package static let events = ["data.load", "data.save", "auth.refresh", "DATA.load"]
    package static let methods = ["GET", "POST", "PATCH", "get"]
    package static let flows = ["flow-orders", "flow-contacts", "flow-caf\u{E9}", "flow-cafe\u{301}"]
    package static let states = (1...12).map { "state-\($0)" }
    package static let statuses: [Int?] = [200, 200, 200, 201, 204, 302, 400, 404, 429, 500, 503, nil]
    private static let words = [
        "orders", "Contacts", "invoice", "Zürich", "timeout", "rate limit", "100%", "under_score", "ÄRGER",
    ]

    package var random: SeededRandom
    private let start: Timestamp
    private let seconds: Int64
    private var number = 0

    /// Times lie in the `seconds` behind `start`.
    package init(seed: UInt64, start: Timestamp, seconds: Int64 = 7200) {
        (random, self.start, self.seconds) = (SeededRandom(seed: seed), start, seconds)
    }

    /// Half of them whole seconds, so that ties are common.
    package mutating func time() -> Timestamp {
        let second = start.advanced(bySeconds: Int64.random(in: 0..<seconds, using: &random))
        return random.chance(50)
            ? second : second.advanced(byMicroseconds: Int64.random(in: 0..<1_000_000, using: &random))
    }

    package mutating func entry(team: Int64) -> SampleEntry {
        number += 1
        var entry = SampleEntry(
            team: team, at: time(), connector: random.pick(Self.connectors), status: random.pick(Self.statuses))
        let word = random.pick(Self.words)
        entry.event = maybe(80) { $0.random.pick(Self.events) }
        entry.method = maybe(95) { $0.random.pick(Self.methods) }
        entry.uri = maybe(95) { "https://api.example.com/v\($0.number % 3)/\(word)?page=\($0.number)" }
        entry.outcome = maybe(10) { $0.random.pick(Outcome.allCases) }
        entry.durationMicroseconds = maybe(90) { Int64.random(in: 0..<5_000_000, using: &$0.random) }
        entry.requestID = maybe(70) { $0.random.chance(20) ? "request-shared" : $0.random.uuid() }
        if random.chance(70) {
            entry.flowID = random.pick(Self.flows)
            entry.flowName = maybe(60) { "Flow of \($0.random.pick(Self.words))" }
            entry.flowVersion = maybe(50) { String(Int.random(in: 1...9, using: &$0.random)) }
            entry.stateID = maybe(90) { $0.random.pick(Self.states) }
        }
        entry.traceID = maybe(40) { $0.random.hex(32) }
        entry.spanID = maybe(40) { $0.random.hex(16) }
        if entry.status.map({ $0 >= 400 }) ?? true {
            entry.errorName = maybe(60) { $0.random.pick(["Timeout", "BadRequest", "RateLimited"]) }
            entry.errorMessage = maybe(60) { "failed: \($0.random.pick(Self.words)) #\($0.number)" }
        }
        entry.requestHeaders = [
            HeaderField(name: "Accept", value: "application/json"),
            HeaderField(name: "User-Agent", value: "connector/\(number % 4)"),
        ]
        entry.responseHeaders = responseHeaders()
        entry.requestBody = maybe(40) { $0.body() }
        entry.responseBody = maybe(70) { $0.body() }
        entry.attributesJSON = maybe(20) { #"{"attempt":\#($0.number % 5)}"# }
        return entry
    }

    private mutating func responseHeaders() -> [HeaderField] {
        var headers = [HeaderField(name: "Content-Type", value: "application/json")]
        if random.chance(50) {
            let name = random.pick(["X-Request-Id", "x-amzn-RequestId", "CF-Ray", "X-Correlation-ID"])
            headers.append(
                HeaderField(name: name, value: random.chance(20) ? "request-shared" : "vendor-\(number % 50)"))
        }
        return headers
    }

    private mutating func body() -> SampleEntry.SampleBody {
        if random.chance(15) { return .binary(Array("\(random.pick(Self.words)) \u{0}".utf8) + [0xFF]) }
        return .text(#"{"id":\#(number),"note":"\#(random.pick(Self.words))"}"#)
    }

    package mutating func fault(team: Int64) -> RootFault {
        number += 1
        var fault = Fixtures.fault(
            team: team, at: time(), name: random.pick(["Bad Gateway", "Data Save Fault", "Timeout"]))
        fault.stateID = maybe(80) { $0.random.pick(Self.states) }
        fault.flowID = maybe(70) { $0.random.pick(Self.flows) }
        fault.flowName = maybe(30) { "Flow of \($0.random.pick(Self.words))" }
        fault.flowVersion = maybe(30) { String(Int.random(in: 1...9, using: &$0.random)) }
        fault.connectorIdentifier = maybe(60) { $0.random.pick(Self.connectors) }
        fault.kind = maybe(50) { $0.random.pick(["api", "service"]) }
        fault.uri = maybe(50) { "https://api.example.com/f/\($0.number)" }
        fault.message = maybe(70) { "\($0.random.pick(Self.words)) broke" }
        fault.statusCode = maybe(70) { $0.random.pick([400, 404, 502]) }
        fault.responseHeaders = random.chance(50) ? [HeaderField(name: "Via", value: "proxy")] : []
        fault.responseBody = maybe(50) {
            let bytes = Array("body \($0.number)".utf8)
            return Body(bytes: bytes, isBinary: false, originalSize: bytes.count, isTruncated: false)
        }
        fault.invokeType = maybe(40) { _ in "FORWARD" }
        fault.action = maybe(40) { _ in "save" }
        fault.entryRequestID = maybe(40) { $0.random.uuid() }
        return fault
    }

    package mutating func change(team: Int64) -> StateChange {
        number += 1
        var change = StateChange(teamID: team, stateID: random.pick(Self.states), updatedAt: time())
        change.flowID = maybe(70) { $0.random.pick(Self.flows) }
        change.flowName = maybe(50) { "Flow of \($0.random.pick(Self.words))" }
        change.flowVersion = maybe(40) { String(Int.random(in: 1...9, using: &$0.random)) }
        change.status = maybe(60) { $0.random.pick(FlowState.Status.allCases) }
        change.currentStep = maybe(50) { "Step \($0.number % 7)" }
        change.user = maybe(40) { $0.random.pick(["ada@example.com", "Public User"]) }
        change.joinURI = maybe(30) { "https://flow.example.com/join/\($0.number)" }
        change.createdAt = maybe(30) { $0.time() }
        return change
    }

    private mutating func maybe<Value>(_ percent: Int, _ make: (inout SampleGenerator) -> Value) -> Value? {
        random.chance(percent) ? make(&self) : nil
    }
}

extension SampleEntry {
    package func moved(bySeconds delta: Int64) -> SampleEntry {
        var entry = self
        entry.logTime = logTime.advanced(bySeconds: delta)
        return entry
    }
}
