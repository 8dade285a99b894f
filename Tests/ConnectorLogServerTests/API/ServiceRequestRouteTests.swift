import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import Testing

@Suite("Boomi Flow: the log of service requests")
struct ServiceRequestRouteTests {
    struct Page: Decodable {
        struct Meta: Decodable {
            var total: Int
            var totalIsExact: Bool
            var page: Int
            var pageSize: Int
        }

        struct Links: Decodable {
            enum CodingKeys: String, CodingKey { case here = "self", first, prev, next }

            var here: String
            var first: String
            var prev: String?
            var next: String?
        }

        var _meta: Meta
        var _links: Links
        var items: [Item]
    }

    struct Item: Decodable {
        struct Answer: Decodable {
            var id: String
            var serviceRequestId: String
            var tenantId: String?
            var stateId: String?
            var createdAt: String
            var content: String?
            var problem: String?
        }

        var id: String
        var tenantId: String?
        var stateId: String?
        var content: String?
        var method: String?
        var uri: String?
        var createdAt: String
        var attributes: JSONValue
        var responses: [Answer]?
        var failures: [Answer]?
    }

    private static let path = "/api/service/1/requests"

    /// Entries of team 1, one a second, `e-1` the oldest.
    private func fill(_ server: TestServer, _ count: Int, change: (Int, inout SampleEntry) -> Void = { _, _ in })
        async throws
    {
        let entries = (1...count).map { number in
            var entry = SampleEntry(team: 1, at: server.clock.now.advanced(bySeconds: Int64(number)), connector: "crm")
            (entry.uri, entry.method) = ("https://h/e-\(number)", "POST")
            change(number, &entry)
            return entry
        }
        _ = try await server.store.append(Fixtures.batch(entries), idempotency: nil)
    }

    private func page(_ caller: TestCaller, _ rest: String = "", key: String = TestServer.key(.viewer)) async throws
        -> Page
    {
        try await caller.get(Self.path + rest, key: key).decoded(Page.self)
    }

    @Test func listsTheLatestFirst() async throws {
        let server = try await TestServer()
        try await fill(server, 25)
        try await server.run { caller async throws in
            let first = try await page(caller)
            #expect(first.items.map(\.uri) == (16...25).reversed().map { "https://h/e-\($0)" })
            #expect(first._meta.total == 25 && first._meta.totalIsExact)
            #expect(first._meta.page == 1 && first._meta.pageSize == 10)
            #expect(first._links.here == "\(Self.path)?page=1" && first._links.prev == nil)
            #expect(first._links.next == "\(Self.path)?page=2")
            #expect(first.items.allSatisfy { $0.responses == nil && $0.failures == nil })
            let last = try await page(caller, "?page=3&pageSize=10&orderBy=createdAt&orderDirection=DESC")
            #expect(last.items.map(\.uri) == (1...5).reversed().map { "https://h/e-\($0)" })
            #expect(last._links.next == nil)
            #expect(last._links.prev == "\(Self.path)?page=2&pageSize=10&orderBy=createdAt&orderDirection=DESC")
            #expect(try await page(caller, "?page=4").items.isEmpty)
            let oldest = try await page(caller, "?orderDirection=asc&pageSize=2&page=2")
            #expect(oldest.items.map(\.uri) == ["https://h/e-3", "https://h/e-4"])
        }
    }

    /// Beyond what one query of the store gives.
    @Test func pagesReachTenThousandEntries() async throws {
        let server = try await TestServer()
        try await fill(server, 2200)
        try await server.run { caller async throws in
            let far = try await page(caller, "?page=22&pageSize=100&orderDirection=ASC")
            #expect(far.items.map(\.uri) == (2101...2200).map { "https://h/e-\($0)" })
            #expect(try await caller.get(Self.path + "?page=100&pageSize=100").status == 200)
            #expect(try await caller.get(Self.path + "?page=101&pageSize=100").status == 400)
        }
    }

    @Test(arguments: [
        "page=0", "page=-1", "page=x", "page=+1", "page=99999999999999999999", "pageSize=0", "pageSize=101",
        "orderBy=id",
        "orderDirection=up", "page=", "team=x",
    ])
    func refusesOtherPages(_ query: String) async throws {
        let answer = try await TestServer().run { try await $0.get("\(Self.path)?\(query)") }
        #expect(answer.status == 400)
        #expect(answer.errorCode == "BAD_REQUEST")
    }

    @Test func filtersByFlowVersionAndState() async throws {
        let server = try await TestServer()
        try await fill(server, 12) { number, entry in
            (entry.flowID, entry.flowVersion) = ("flow \(number % 2)", "\(number % 3)")
            entry.stateID = "state/\(number % 4)"
        }
        try await server.run { caller async throws in
            let flow = try await page(caller, "/flow/flow%201")
            #expect(flow.items.map(\.uri) == [11, 9, 7, 5, 3, 1].map { "https://h/e-\($0)" })
            #expect(flow._meta.total == 6)
            #expect(flow._links.here == "\(Self.path)/flow/flow%201?page=1")
            let version = try await page(caller, "/flow/flow%201/2")
            #expect(version.items.map(\.uri) == [11, 5].map { "https://h/e-\($0)" })
            #expect(version._meta.total == 2)
            let state = try await page(caller, "/state/state%2F3")
            #expect(state.items.map(\.uri) == [11, 7, 3].map { "https://h/e-\($0)" })
            #expect(try await page(caller, "/state/none").items.isEmpty)
        }
    }

    @Test func showsACallWithItsResponse() async throws {
        let server = try await TestServer()
        try await fill(server, 1) { _, entry in
            entry.stateID = "s-1"
            entry.durationMicroseconds = 81_000
            entry.requestBody = SampleEntry.SampleBody(bytes: Array(#"{"n":1}"#.utf8))
            entry.responseBody = SampleEntry.SampleBody(bytes: Array("{}".utf8))
            entry.attributesJSON = #"{"boomi.tenant":"t-1","n":1}"#
        }
        try await server.run { caller async throws in
            let listed = try #require(try await page(caller).items.first)
            let item = try await caller.get("\(Self.path)/\(listed.id)").decoded(Item.self)
            #expect(item.content == #"{"n":1}"# && listed.content == item.content)
            #expect(item.tenantId == "t-1" && item.stateId == "s-1" && item.method == "POST")
            #expect(item.attributes == .object(["boomi.tenant": .text("t-1"), "n": .number(1)]))
            #expect(item.failures?.isEmpty == true)
            let response = try #require(item.responses?.first)
            #expect(response.content == "{}" && response.serviceRequestId == item.id && response.stateId == "s-1")
            #expect(
                response.createdAt
                    == server.clock.now.advanced(bySeconds: 1).advanced(byMicroseconds: 81_000).description)
        }
    }

    @Test func showsAFailedCallWithItsProblem() async throws {
        let server = try await TestServer()
        try await fill(server, 1) { _, entry in
            entry.status = 502
            (entry.errorName, entry.errorMessage) = ("service", "Bad Gateway")
            entry.responseBody = SampleEntry.SampleBody(bytes: [0xFF, 0x00], isBinary: true)
        }
        try await server.run { caller async throws in
            let listed = try #require(try await page(caller).items.first)
            let item = try await caller.get("\(Self.path)/\(listed.id)").decoded(Item.self)
            #expect(item.responses?.isEmpty == true)
            let problem = try #require(item.failures?.first?.problem)
            #expect(
                problem
                    == #"{"kind":"service","uri":"https://h/e-1","statusCode":502,"message":"Bad Gateway","responseBody":null,"responseHeaders":{}}"#
            )
        }
    }

    @Test func showsOneTeamAlone() async throws {
        let server = try await TestServer()
        try await fill(server, 1)
        try await server.run { caller async throws in
            let id = try #require(try await page(caller).items.first?.id)
            #expect(try await page(caller, key: TestServer.otherAdmin).items.isEmpty)
            #expect(try await caller.get("\(Self.path)/\(id)", key: TestServer.otherAdmin).status == 404)
            #expect(try await caller.get(Self.path, key: TestServer.owner).status == 400)
            #expect(try await page(caller, "?team=1", key: TestServer.owner).items.map(\.id) == [id])
            #expect(
                try await page(caller, "?team=1", key: TestServer.owner)._links.first == "\(Self.path)?page=1&team=1")
            #expect(try await caller.get("\(Self.path)?team=2").status == 403)
            for none in ["x", "00000000-0000-7000-8000-000000000000"] {
                let answer = try await caller.get("\(Self.path)/\(none)")
                #expect(answer.status == 404 && answer.errorCode == "NOT_FOUND")
            }
        }
    }
}
