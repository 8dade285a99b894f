import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

/// The stream of what comes in for a flow state, over a socket.
@Suite("Live stream", .timeLimit(.minutes(1)))
struct LiveStreamTests {
    private static func limits(
        streams: Int = 200, perTeam: Int = 100, perKey: Int = 20, heartbeat: Duration = .seconds(600)
    ) -> LiveLog.Limits {
        var limits = LiveLog.Limits()
        (limits.streams, limits.streamsPerTeam, limits.streamsPerKey) = (streams, perTeam, perKey)
        limits.heartbeat = heartbeat
        limits.pause = .milliseconds(1)
        return limits
    }

    private static func server(_ limits: LiveLog.Limits = limits()) async throws -> TestServer {
        let server = try await TestServer(live: limits)
        _ = try await server.store.append(
            Fixtures.batch([], states: [change(.inProgress, server)]), idempotency: nil)
        return server
    }

    private static func change(_ status: FlowState.Status, _ server: TestServer) -> StateChange {
        Fixtures.change(team: 1, state: "s/1", at: server.clock.now, status: status, flow: "f")
    }

    private static func cookie(_ server: TestServer, key id: String = "key_viewer") throws -> String {
        let key = try #require(server.store.key(id: id))
        let value = SessionCookie(signingKey: Array(repeating: 7, count: 32)).issue(for: key, now: server.clock.now)
        return "\(SessionCookie.name)=\(value)"
    }

    private static let path = PageAddress.liveEvents(1, state: "s/1")

    private static func request(_ server: TestServer, _ query: String = "", _ field: String = "") throws -> [UInt8] {
        Array(
            "GET \(path)\(query) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: \(try cookie(server))\r\n\(field)\r\n"
                .utf8)
    }

    private static func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(5)) }
    }

    private static func call(_ uri: String, state: String = "s/1", seconds: Int = 0, status: Int = 200) -> String {
        #"{"type":"entry","team_id":1,"connector_identifier":"c","log_time":"2025-05-31T23:00:\#(seconds < 10 ? "0" : "")\#(seconds)Z","method":"GET","uri":"https://a.example/\#(uri)","status":\#(status),"state_id":"\#(state)"}"#
    }

    private static let done =
        #"{"type":"state","team_id":1,"state_id":"s/1","flow_id":"f","status":"done","updated_at":"2025-06-01T00:00:01Z"}"#

    private static func ingest(_ caller: TestCaller, _ lines: String...) async throws {
        let answer = try await caller.sendJSON(
            .post, "/v1/ingest", key: TestServer.key(.recorder), lines.joined(separator: "\n"),
            type: "application/x-ndjson")
        try #require(answer.text.contains(#""rejected":[]"#), "\(answer.text)")
    }

    /// Messages out of a chunked answer, by their names.
    private static func messages(in answer: String) throws -> [(event: String, id: String, data: [String: Any])] {
        // Chunk sizes stand on lines of their own, between CRLFs.
        let text = answer.replacing(/\r\n[0-9a-f]+\r\n/, with: "")
        return try text.matches(of: /event: (.+)\nid: (.+)\ndata: (.+)\n\n/).map { match in
            let json = try JSONSerialization.jsonObject(with: Data(match.output.3.utf8))
            return (String(match.output.1), String(match.output.2), try #require(json as? [String: Any]))
        }
    }

    private static func rows(_ messages: [(event: String, id: String, data: [String: Any])]) -> [String] {
        messages.flatMap { ($0.data["events"] as? [[String: String]] ?? []).compactMap { $0["html"] } }
    }

    // MARK: - What it tells

    @Test func tellsWhatComesInUntilTheStateEnds() async throws {
        let server = try await Self.server()
        try await server.run(.live) { caller async throws in
            let port = try #require(caller.client.port)
            let request = try Self.request(server)
            async let answer = RawConnection.exchange(request, untilClosed: true, port: port)
            try await Self.until { server.live.streams == 1 }
            try await Self.ingest(caller, Self.call("one"), Self.call("other", state: "s/2"))
            try await Self.ingest(caller, Self.call("two", seconds: 2), Self.done)
            let text = try await answer
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            for field in ["content-type: text/event-stream", "cache-control: no-store", "x-accel-buffering: no"] {
                #expect(text.lowercased().contains(field + "\r\n"))
            }
            let messages = try Self.messages(in: text)
            let rows = Self.rows(messages)
            #expect(rows.count == 2 && rows[0].contains("/one") && rows[1].contains("/two"))
            #expect(rows.allSatisfy { $0.hasPrefix("<tr class=") && $0.hasSuffix("</tr>") })
            let last = try #require(messages.last)
            #expect(last.event == "end" && messages.dropLast().allSatisfy { $0.event == "news" })
            #expect(last.data["status"] as? String == "Done" && last.data["calls"] as? String == "2")
            #expect(LivePlace(last.id) != nil)
            try await Self.until { server.live.streams == 0 }
        }
    }

    @Test func goesOnBehindTheLastEvent() async throws {
        let server = try await Self.server()
        try await server.run(.live) { caller async throws in
            let port = try #require(caller.client.port)
            try await Self.ingest(caller, Self.call("one", seconds: 5, status: 500))
            let state = try #require(try await server.store.state(team: 1, id: "s/1"))
            let place = try await LiveFeed.place(reader: server.store, state: state, failedOnly: false)
            // It took long: it came in later, with an earlier time.
            try await Self.ingest(
                caller, Self.call("two", seconds: 1), Self.call("three", seconds: 9, status: 404), Self.done)
            for (query, field) in [("?since=\(place)", ""), ("?since=x", "Last-Event-ID: \(place)\r\n")] {
                let answer = try await RawConnection.exchange(
                    try Self.request(server, query, field), untilClosed: true, port: port)
                let rows = Self.rows(try Self.messages(in: answer))
                #expect(rows.count == 2 && rows[0].contains("/two") && rows[1].contains("/three"))
            }
            let failed = try await RawConnection.exchange(
                try Self.request(server, "?outcome=failed"), untilClosed: true, port: port)
            #expect(Self.rows(try Self.messages(in: failed)).map { $0.contains("/one") } == [true, false])
        }
    }

    @Test func takesABurstInOneLook() async throws {
        let store = InMemoryStore(clock: ManualClock())
        _ = try await store.createTeam(name: "Team", id: 1, at: .epoch)
        var feed = LiveFeed(
            reader: store, team: 1, stateID: "s", failedOnly: false, place: .start)
        #expect(try await feed.news() == nil)
        func append(_ count: Int) async throws {
            let entries = (0..<count).map { number in
                var entry = SampleEntry(team: 1, at: Timestamp(microseconds: 1_748_779_240_000_000 + Int64(number)))
                entry.stateID = "s"
                return entry
            }
            _ = try await store.append(Fixtures.batch(entries), idempotency: nil)
        }
        try await append(450)
        var news = try #require(try await feed.news())
        #expect(news.entries.count == 450 && !news.isCut)
        #expect(news.entries.map(\.logTime) == news.entries.map(\.logTime).sorted())
        news = try #require(try await feed.news())
        #expect(news.entries.isEmpty && !news.isCut)
        try await append(1500)
        news = try #require(try await feed.news())
        #expect(news.entries.count == LiveFeed.mostRows && news.isCut)
    }

    @Test func signalsThoseWhoWatchAlone() async throws {
        let live = LiveLog(limits: Self.limits(heartbeat: .milliseconds(500)))
        #expect(!live.isWatched)
        var watch = live.watch(.init(team: 1, stateID: "a"), keyID: "k")
        #expect(live.isWatched)
        live.publish([.init(team: 1, stateID: "a")])
        live.publish([.init(team: 1, stateID: "a")])
        #expect(await watch?.pauseAndWait() == .signal)
        // Two signals were one, and others' are none.
        live.publish([.init(team: 2, stateID: "a"), .init(team: 1, stateID: "b")])
        #expect(await watch?.pauseAndWait() == .heartbeat)
        let waits = Task { [watch] in await watch?.pauseAndWait() }
        waits.cancel()
        #expect(await waits.value == .over)
        watch?.end()
        #expect(await watch?.pauseAndWait() == .over)
        watch = nil
        try await Self.until { !live.isWatched }
    }

    @Test func tellsOfWhateverWasStoredAndOfNothingElse() async throws {
        let store = InMemoryStore(clock: ManualClock())
        _ = try await store.createTeam(name: "Team", id: 1, at: .epoch)
        let live = LiveLog(limits: Self.limits(heartbeat: .milliseconds(500)))
        let writer = LiveLogWriter(store, live: live)
        let watch = try #require(live.watch(.init(team: 1, stateID: "s"), keyID: "k"))
        let at = ManualClock.defaultStart
        func entry(_ state: String?) -> SampleEntry {
            var entry = SampleEntry(team: 1, at: at)
            entry.stateID = state
            return entry
        }
        let once = IdempotentAnswer(token: [1], fingerprint: [1], answer: [])
        let batches: [(RedactedBatch, IdempotentAnswer?)] = [
            (Fixtures.batch([entry(nil), entry("t"), entry("t"), entry("s")]), once),
            (Fixtures.batch([], faults: [Fixtures.fault(team: 1, at: at, name: "Fault", state: "s")]), nil),
            (Fixtures.batch([], states: [Fixtures.change(team: 1, state: "s", at: at, status: .done, flow: "f")]), nil),
        ]
        for (batch, answer) in batches {
            _ = try await writer.append(batch, idempotency: answer)
            #expect(await watch.pauseAndWait() == .signal)
        }
        _ = try await writer.append(Fixtures.batch([entry("s")]), idempotency: once)
        _ = try await writer.append(Fixtures.batch([entry("t"), entry(nil)]), idempotency: nil)
        #expect(await watch.pauseAndWait() == .heartbeat)
    }

    // MARK: - Who may, and how many

    @Test func refusesStrangersAndOtherTeams() async throws {
        let server = try await Self.server()
        try await server.run { caller async throws in
            #expect(try await caller.send(.get, Self.path, key: nil).status == 303)
            #expect(try await caller.get(Self.path).status == 303)
            func status(_ path: String, key: String = "key_viewer") async throws -> Int {
                try await caller.send(.get, path, key: nil, headers: [.cookie: try Self.cookie(server, key: key)])
                    .status
            }
            #expect(try await status(Self.path, key: "key_recorder") == 403)
            #expect(try await status(Self.path, key: "key_other") == 403)
            #expect(try await status(PageAddress.liveEvents(1, state: "none")) == 404)
            #expect(try await status(Self.path + "?since=1") == 400)
            #expect(server.live.streams == 0)
            // Without a stream that anybody reads.
            let head = try await caller.send(
                .head, Self.path, key: nil, headers: [.cookie: try Self.cookie(server)])
            #expect(head.status == 200)
            try await Self.until { server.live.streams == 0 }
        }
    }

    @Test(arguments: [(1, 20, 20), (20, 1, 20), (20, 20, 1)])
    func refusesMoreStreamsThanThereMayBe(all: Int, perTeam: Int, perKey: Int) async throws {
        let server = try await Self.server(Self.limits(streams: all, perTeam: perTeam, perKey: perKey))
        try await server.run(.live) { caller async throws in
            let port = try #require(caller.client.port)
            try await RawConnection.leave(try Self.request(server), port: port) {
                try await Self.until { server.live.streams == 1 }
                let refused = try await caller.send(
                    .get, Self.path, key: nil, headers: [.cookie: try Self.cookie(server)])
                #expect(refused.status == 503)
                #expect(refused.header("Retry-After") == "30")
            }
            // The client that left gave its place back, long before a heartbeat.
            try await Self.until { server.live.streams == 0 }
        }
    }

    @Test func leavesStreamsForOtherTeamsAndKeys() {
        let live = LiveLog()
        let most = live.limits
        #expect(most.streams == 200 && most.streamsPerTeam == 100 && most.streamsPerKey == 20)
        func watches(_ count: Int, team: Int64, key: Int) -> [LiveWatch] {
            (0..<count).compactMap { live.watch(.init(team: team, stateID: "\($0)"), keyID: "\(team)-\(key)") }
        }
        var held = watches(25, team: 1, key: 0)
        #expect(held.count == 20)
        for key in 1...9 { held += watches(20, team: 1, key: key) }
        #expect(held.count == 100)
        held += watches(1, team: 2, key: 0)
        #expect(held.count == 101)
        // A place that is given back is free for the team, too.
        held.removeFirst()
        held += watches(2, team: 1, key: 0)
        #expect(held.count == 101 && live.streams == 101)
    }

    // MARK: - How it ends

    @Test func saysThatItLivesAndEndsWithItsKey() async throws {
        let server = try await Self.server(Self.limits(heartbeat: .milliseconds(20)))
        try await server.run(.live) { caller async throws in
            let port = try #require(caller.client.port)
            let request = try Self.request(server)
            let text = try await RawConnection.exchange(request, untilClosed: true, port: port) { received in
                // Until then it goes on.
                guard received.contains(": here\n\n") else { return }
                _ = try await server.store.revokeKey(team: 1, id: "key_viewer")
            }
            #expect(text.contains("retry: 5000\n\n"))
            #expect(text.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func endsAtOnceWhenTheServerStops() async throws {
        let server = try await Self.server()
        let request = try Self.request(server)
        // Otherwise it would wait for the next heartbeat, far beyond the time of the test.
        let stream = try await server.run(.live) { caller async throws in
            let port = try #require(caller.client.port)
            let stream = Task { try await RawConnection.exchange(request, untilClosed: true, port: port) }
            try await Self.until { server.live.streams == 1 }
            return stream
        }
        #expect(try await stream.value.hasSuffix("0\r\n\r\n"))
    }
}
