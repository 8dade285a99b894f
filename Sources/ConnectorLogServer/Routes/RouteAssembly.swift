import ConnectorLogAPI
import ConnectorLogCore
import HTTPTypes
import Hummingbird

/// Puts every route of the table on the router, behind authentication, budget and role.
struct RouteAssembly {
    let environment: ServerEnvironment

    func addRoutes(_ routes: some Collection<Route> = Route.allCases, to router: Router<ServerRequestContext>) {
        let environment = environment
        for route in routes {
            let handler = Self.handler(of: route)
            router.on(RouterPath(route.template), method: route.method.http) { request, context in
                let call = try await RouteCall(route, request: request, context: context, environment: environment)
                let response = try await handler(call)
                do {
                    try await AuditTrail(environment: environment).note(call)
                } catch {
                    // Nobody has seen the key: it must not stay.
                    if route == .createKey, let made = context.findings.changed {
                        _ = try? await environment.catalog.revokeKey(team: call.teamID, id: made)
                    }
                    throw error
                }
                return response
            }
        }
    }

    private typealias Handler = @Sendable (RouteCall) async throws -> Response

    /// Total over the table: a route without its code does not compile.
    private static func handler(of route: Route) -> Handler {
        switch route {
        case .ingest: IngestRoute.post
        case .exportTraces: OTLPRoutes.exportTraces
        case .exportLogs: OTLPRoutes.exportLogs
        case .createAccessToken: AccessTokenRoute.create
        case .reportEvents, .reportStates: BoomiReportRoutes.post
        case .listServiceRequests: ServiceRequestRoutes.list
        case .getServiceRequest: ServiceRequestRoutes.get
        case .listServiceRequestsOfFlow, .listServiceRequestsOfVersion: ServiceRequestRoutes.listOfFlow
        case .listServiceRequestsOfState: ServiceRequestRoutes.listOfState
        case .listEntries: EntryRoutes.list
        case .getEntry: EntryRoutes.get
        case .listFlows: FlowRoutes.list
        case .listStates: FlowRoutes.listStates
        case .getState: FlowRoutes.getState
        case .listStateEntries: FlowRoutes.listStateEntries
        case .listStateFaults: FlowRoutes.listStateFaults
        case .listFaults: FaultRoutes.list
        case .getFault: FaultRoutes.get
        case .getOutcomes: StatisticsRoutes.getOutcomes
        case .listTeams: TeamRoutes.list
        case .createTeam: TeamRoutes.create
        case .getTeam: TeamRoutes.get
        case .updateTeam: TeamRoutes.update
        case .deleteTeam: TeamRoutes.delete
        case .getRetention: RetentionRoutes.get
        case .setRetention: RetentionRoutes.set
        case .resetRetention: RetentionRoutes.reset
        case .getRedaction: RedactionRoutes.get
        case .setRedaction: RedactionRoutes.set
        case .tryRedaction: RedactionRoutes.try
        case .listTeamSecrets: SecretRoutes.listOfTeam
        case .createTeamSecret: SecretRoutes.createOfTeam
        case .updateTeamSecret: SecretRoutes.updateOfTeam
        case .deleteTeamSecret: SecretRoutes.deleteOfTeam
        case .eraseEntry: ErasureRoutes.eraseEntry
        case .eraseState: ErasureRoutes.eraseState
        case .eraseConnectorLog: ErasureRoutes.eraseConnectorLog
        case .listErasures: ErasureRoutes.list
        case .listAudit: AuditRoutes.list
        case .listServerAudit: AuditRoutes.listOfServer
        case .listKeys: KeyRoutes.list
        case .createKey: KeyRoutes.create
        case .revokeKey: KeyRoutes.revoke
        case .listConnectors: ConnectorRoutes.list
        case .createConnector: ConnectorRoutes.create
        case .getConnector: ConnectorRoutes.get
        case .updateConnector: ConnectorRoutes.update
        case .deleteConnector: ConnectorRoutes.delete
        case .getConnectorLogo: ConnectorLogoRoutes.get
        case .uploadConnectorLogo: ConnectorLogoRoutes.upload
        case .getConnectorLogoImage: ConnectorLogoRoutes.getImage
        case .listConnectorSecrets: SecretRoutes.listOfConnector
        case .createConnectorSecret: SecretRoutes.createOfConnector
        case .updateConnectorSecret: SecretRoutes.updateOfConnector
        case .deleteConnectorSecret: SecretRoutes.deleteOfConnector
        case .listConnectorLogs: ConnectorLogRoutes.list
        case .getConnectorLog: ConnectorLogRoutes.get
        case .getHealth: ServiceRoutes.getHealth
        case .getReadiness: ServiceRoutes.getReadiness
        case .getMetrics: ServiceRoutes.getMetrics
        case .getOpenAPI: ServiceRoutes.getOpenAPI
        }
    }
}

extension Route.Method {
    var http: HTTPRequest.Method {
        switch self {
        case .get: .get
        case .post: .post
        case .put: .put
        case .patch: .patch
        case .delete: .delete
        }
    }
}
