import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting

/// Reports of Boomi Flow on their way to a store in memory.
struct BoomiRun {
    let clock = ManualClock(Self.start)
    static let start = IngestRun.now
    let store: InMemoryStore
    let intake: BoomiIntake
    let team: Int64

    init(book: RedactionBook = Fixtures.redactionBook(), limits: IngestLimits = IngestLimits()) async throws {
        store = InMemoryStore(clock: clock)
        team = try await store.createTeam(name: "Team", id: 7, at: clock.now).id
        intake = Self.intake(store, clock, book, limits)
    }

    /// As a process would make it that starts on what another left behind.
    static func intake(
        _ store: InMemoryStore, _ clock: ManualClock, _ book: RedactionBook = Fixtures.redactionBook(),
        _ limits: IngestLimits = IngestLimits()
    ) -> BoomiIntake {
        BoomiIntake(
            pipeline: IngestPipeline(writer: store, book: book, limits: limits, now: clock.source), reader: store,
            pending: store)
    }

    /// What becomes of one report, before parts are put together.
    @discardableResult
    func report(
        _ body: [UInt8], encoding: IngestFormat.Encoding = .identity, cuts: [Int] = []
    ) async throws -> BoomiOutcome {
        var session = intake.makeSession(team: team, encoding: encoding)
        var start = 0
        for end in cuts + [body.count] {
            // A copy of its own, so that a pointer that is kept too long points to nothing good.
            let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: end - start, alignment: 1)
            defer { piece.deallocate() }
            piece.copyBytes(from: body[start..<end])
            try session.feed(UnsafeRawBufferPointer(piece))
            for i in piece.indices { piece[i] = 0xFF }
            start = end
        }
        return try await session.finish()
    }

    @discardableResult
    func report(_ events: String...) async throws -> BoomiOutcome {
        try await report(Array(("[" + events.joined(separator: ",") + "]").utf8))
    }

    @discardableResult
    func join() async throws -> CallJoiner.Outcome {
        try await intake.joiner.join()
    }

    /// All entries, the oldest first.
    func entries() async throws -> [LogEntry] {
        var entries: [LogEntry] = []
        for row in try await store.entries(EntryQuery(teamID: team, order: .oldestFirst, limit: 1000)).rows {
            if let entry = try await store.entry(team: team, id: row.id) { entries.append(entry) }
        }
        return entries
    }

    func faults() async throws -> [RootFault] {
        try await store.faults(FaultQuery(teamID: team, order: .oldestFirst, limit: 1000)).rows
    }
}

/// Events and states as Boomi sends them.
enum BoomiSample {
    static let request = "7c1f0f3e-6a55-4e5b-9d3b-0a3f4de4c101"

    /// An event of a service invoker.
    /// - Parameter more: members beside the common ones, with a comma in front.
    static func event(
        _ type: String, id: String = "1", request: String? = request, data: String = "null", more: String = ""
    ) -> String {
        #"{"type":"serviceinvoker.\#(type)","id":"event-\#(id)","occurredAt":"2026-11-01T12:00:00.1234567+02:00","#
            + #""tenant":"tenant-1","user":"user-1","flow":"flow-1","flowVersion":"version-1","state":"state-1","#
            + (request.map { #""request":"\#($0)","# } ?? "")
            + #""service":"crm-service","serviceUri":"https://crm.example.com/api/","endpoint":"data/load","data":\#(data)\#(more)}"#
    }

    static let asked = event(
        "request", id: "a",
        data: #"{"method":"POST","headers":{"Authorization":"Bearer made-up-1","Via":["a","b"]},"content":"{\"n\":1}"}"#
    )
    static let answered = event(
        "response", id: "b",
        data: #"{"statusCode":200,"headers":[{"name":"X-Request-Id","value":"vendor-1"}],"content":{"ok":true}}"#,
        more: #","duration":81,"size":11"#)
    static let failed = event(
        "failure", id: "c",
        data:
            #"{"problem":"{\"kind\":\"service\",\"uri\":\"https://crm.example.com/api/data/load\",\"statusCode\":502,\"message\":\"Bad Gateway\",\"responseBody\":\"{}\",\"responseHeaders\":{\"Via\":[\"x\"]},\"invokeType\":\"FORWARD\",\"action\":\"load\"}"}"#,
        more: #","duration":12"#)

    static func state(_ members: String = #""isDone":false"#, id: String = "state-1") -> String {
        #"{"id":"\#(id)","currentFlowId":{"id":"flow-1","versionId":"version-1"},"currentFlowDeveloperName":"Orders","#
            + #""currentMapElementDeveloperName":"Load","currentRunningUserEmail":"a.b","joinUri":"https://flow.example.com/join/1","#
            + #""dateCreated":"2026-11-01T10:00:00Z","dateModified":"2026-11-01T10:00:05.5","manywhoTenantId":"t","authorizationHeader":"made-up-header-1",\#(members)}"#
    }
}
