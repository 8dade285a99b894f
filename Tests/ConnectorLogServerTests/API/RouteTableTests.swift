import ConnectorLogAPI
import Hummingbird
import Testing

@testable import ConnectorLogServer

@Suite("The route table and the router are one")
struct RouteTableTests {
    @Test(arguments: Route.allCases)
    func answersEveryRouteOfTheTable(_ route: Route) async throws {
        let answer = try await TestServer().run {
            try await $0.send(
                route.method.http, AuthenticationTests.path(of: route), key: TestServer.owner)
        }
        #expect(answer.status != 405)
        #expect(!answer.text.contains("there is no such path"))
    }

    @Test func routesNothingElse() async throws {
        let server = try await TestServer()
        let router = Router(context: ServerRequestContext.self)
        let environment = ServerEnvironment(dependencies: server.dependencies, settings: server.settings)
        RouteAssembly(environment: environment).addRoutes(to: router)
        let routed = Set(router.routes.map { "\($0.method.rawValue) \($0.path)" })
        #expect(routed == Set(Route.allCases.map { "\($0.method.rawValue) \($0.template)" }))
        #expect(routed.count == Route.allCases.count)
    }
}
