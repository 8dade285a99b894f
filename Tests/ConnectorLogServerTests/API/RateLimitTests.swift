import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import HTTPTypes
import Testing

@Suite("Token buckets")
struct TokenBucketTests {
    let start = ManualClock.defaultStart

    @Test func holdsAnHoursRequestsAtFirst() throws {
        let limit = try #require(RateLimit(perHour: 3))
        var bucket = TokenBucket()
        #expect((0..<3).map { _ in bucket.take(limit, now: start).remaining } == [2, 1, 0])
        let refused = bucket.take(limit, now: start)
        #expect(refused == RateLimitStatus(limit: 3, remaining: 0, retryAfterSeconds: 1200))
    }

    @Test func refillsEvenly() throws {
        let limit = try #require(RateLimit(perHour: 3600))
        var bucket = TokenBucket()
        for _ in 0..<3600 { _ = bucket.take(limit, now: start) }
        #expect(bucket.take(limit, now: start.advanced(byMicroseconds: 999_999)).retryAfterSeconds == 1)
        #expect(!bucket.take(limit, now: start.advanced(bySeconds: 1)).isExceeded)
        #expect(bucket.take(limit, now: start.advanced(bySeconds: 1)).isExceeded)
        #expect(bucket.status(limit, now: start.advanced(bySeconds: 101)).remaining == 100)
        #expect(bucket.status(limit, now: start.advanced(bySeconds: 100_000)).remaining == 3600)
    }

    @Test func refusedRequestsCostNothing() throws {
        let limit = try #require(RateLimit(perHour: 60))
        var bucket = TokenBucket()
        for _ in 0..<1000 { _ = bucket.take(limit, now: start) }
        #expect(!bucket.take(limit, now: start.advanced(bySeconds: 60)).isExceeded)
    }

    @Test func survivesAClockThatIsSetBack() throws {
        let limit = try #require(RateLimit(perHour: 10))
        var bucket = TokenBucket()
        for _ in 0..<10 { _ = bucket.take(limit, now: start) }
        let earlier = start.advanced(bySeconds: -1_000_000)
        let status = bucket.take(limit, now: earlier)
        #expect(status.remaining == 0)
        #expect((1...3600).contains(status.retryAfterSeconds ?? 0))
        #expect(!bucket.take(limit, now: earlier.advanced(bySeconds: 361)).isExceeded)
    }

    @Test func takesLimitsOfEverySize() throws {
        #expect(RateLimit(perHour: 0) == nil)
        for perHour in [1, 7, 10_000, 999_999_937, 1_000_000_000] {
            let limit = try #require(RateLimit(perHour: perHour))
            var bucket = TokenBucket()
            #expect(bucket.take(limit, now: start).remaining == perHour - 1)
        }
    }

    @Test func keepsABoundedNumberOfBuckets() throws {
        let limit = try #require(RateLimit(perHour: 10))
        var table = TokenBucketTable<Int>(limit: limit, capacity: 100)
        for key in 0..<10_000 { _ = table.take(key, now: start) }
        #expect(table.count <= 100)
        for _ in 0..<10 { _ = table.take(-1, now: start) }
        for key in 10_000..<10_090 { _ = table.take(key, now: start) }
        #expect(table.take(-1, now: start).isExceeded)
    }
}

@Suite("Budgets of requests")
struct RateLimitRouteTests {
    private func server(perHour: Int = 5, failures: Int = 3) async throws -> TestServer {
        var server = try await TestServer()
        server.settings.rateLimitPerHour = perHour
        server.settings.failedAuthenticationsPerHour = failures
        return server
    }

    @Test func answers429WhenAKeysBudgetIsUsedUp() async throws {
        let server = try await server()
        try await server.run { caller async throws in
            for left in (0..<5).reversed() {
                let answer = try await caller.get("/v1/teams/1/logs")
                #expect(answer.status == 200)
                #expect(answer.header("X-RateLimit-Limit") == "5")
                #expect(answer.header("X-RateLimit-Remaining") == "\(left)")
            }
            let refused = try await caller.get("/v1/teams/1/logs")
            #expect(refused.status == 429)
            #expect(refused.errorCode == "TOO_MANY_REQUESTS")
            #expect(refused.header("Retry-After") == "720")
            #expect(refused.header("X-RateLimit-Remaining") == "0")
            #expect(try await caller.get("/v1/teams/1/logs", key: TestServer.key(.editor)).status == 200)
            server.clock.advance(bySeconds: 720)
            #expect(try await caller.get("/v1/teams/1/logs").status == 200)
        }
    }

    @Test func countsRequestsThatFail() async throws {
        try await server(perHour: 2).run { caller async throws in
            #expect(try await caller.get("/v1/teams/1/logs?limit=0").status == 400)
            #expect(try await caller.get("/v1/teams/2/logs").status == 403)
            #expect(try await caller.get("/v1/teams/1/logs").status == 429)
        }
    }

    @Test func leavesIngestAndTheServiceAlone() async throws {
        try await server(perHour: 1).run { caller async throws in
            for _ in 0..<5 {
                let line = #"{"connector_identifier":"a"}"#
                #expect(try await caller.ingest(line, key: TestServer.key(.editor)).status == 200)
                for path in ["/healthz", "/readyz", "/openapi.yaml"] {
                    #expect(try await caller.get(path, key: nil).status == 200)
                }
                #expect(try await caller.get("/metrics", key: TestServer.owner).status == 200)
            }
            #expect(try await caller.get("/v1/teams/1/logs", key: TestServer.key(.editor)).status == 200)
        }
    }

    @Test func isWithoutLimitAtZero() async throws {
        try await server(perHour: 0).run { caller async throws in
            let answer = try await caller.get("/v1/teams/1/logs")
            #expect(answer.status == 200)
            #expect(answer.header("X-RateLimit-Limit") == nil)
        }
    }

    @Test func limitsFailedAuthenticationsOfAPeer() async throws {
        try await server().run { caller async throws in
            for _ in 0..<3 { #expect(try await caller.get("/v1/teams/1/logs", key: "clk_wrong").status == 401) }
            let refused = try await caller.get("/v1/teams/1/logs", key: "clk_wrong")
            #expect(refused.status == 429)
            #expect(refused.errorCode == "TOO_MANY_REQUESTS")
            #expect(refused.header("Retry-After") == "1200")
            // Who has a key is not locked out by others behind the same address.
            #expect(try await caller.get("/v1/teams/1/logs").status == 200)
        }
    }

    @Test func tellsPeersApartBehindAProxy() async throws {
        var server = try await server(failures: 1)
        server.settings.isBehindProxy = true
        try await server.run { caller async throws in
            let forwarded = try #require(HTTPField.Name("X-Forwarded-For"))
            func status(_ address: String) async throws -> Int {
                try await caller.send(.get, "/v1/teams", key: "clk_wrong", headers: [forwarded: address]).status
            }
            #expect(try await status("198.51.100.1") == 401)
            #expect(try await status("203.0.113.9, 198.51.100.1") == 429)
            #expect(try await status("198.51.100.1, 198.51.100.2") == 401)
            // One subscriber's addresses.
            #expect(try await status("2001:db8:1:2::1") == 401)
            #expect(try await status("2001:db8:1:2:ffff::9") == 429)
            #expect(try await status("2001:db8:1:3::1") == 401)
        }
    }
}
