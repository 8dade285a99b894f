package import ConnectorLogCore

/// Every route of the API; the raw value is its `operationId` in `openapi.yaml`. The server's router, its tests and the
/// document are held against this table.
package enum Route: String, CaseIterable, Sendable {
    case ingest, exportTraces, exportLogs
    case createAccessToken
    case reportEvents, reportStates
    case listServiceRequests, getServiceRequest
    case listServiceRequestsOfFlow, listServiceRequestsOfVersion, listServiceRequestsOfState
    case listEntries, getEntry
    case listFlows, listStates, getState, listStateEntries, listStateFaults
    case listFaults, getFault
    case getOutcomes
    case listTeams, createTeam, getTeam, updateTeam, deleteTeam
    case getRetention, setRetention, resetRetention
    case getRedaction, setRedaction, tryRedaction
    case listTeamSecrets, createTeamSecret, updateTeamSecret, deleteTeamSecret
    case eraseEntry, eraseState, eraseConnectorLog, listErasures
    case listAudit, listServerAudit
    case listKeys, createKey, revokeKey
    case listConnectors, createConnector, getConnector, updateConnector, deleteConnector
    case getConnectorLogo, uploadConnectorLogo, getConnectorLogoImage
    case listConnectorSecrets, createConnectorSecret, updateConnectorSecret, deleteConnectorSecret
    case listConnectorLogs, getConnectorLog
    case getHealth, getReadiness, getMetrics, getOpenAPI

    package var operationID: String { rawValue }
}

extension Route {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    package var method: Method {
        switch self {
        case .ingest, .exportTraces, .exportLogs, .createAccessToken, .reportEvents, .reportStates,
            .createTeam, .createKey, .createConnector, .uploadConnectorLogo,
            .createTeamSecret,
            .createConnectorSecret, .tryRedaction:
            .post
        case .updateTeam: .patch
        case .updateConnector, .setRetention, .setRedaction, .updateTeamSecret, .updateConnectorSecret: .put
        case .deleteTeam, .revokeKey, .deleteConnector, .resetRetention, .eraseEntry, .eraseState, .eraseConnectorLog,
            .deleteTeamSecret, .deleteConnectorSecret:
            .delete
        case .listEntries, .getEntry, .listFlows, .listStates, .getState, .listStateEntries, .listStateFaults,
            .listFaults, .getFault, .getOutcomes, .listTeams, .getTeam, .getRetention, .listErasures, .listAudit,
            .listServerAudit,
            .listKeys,
            .listConnectors, .getConnector, .getRedaction, .listTeamSecrets, .listConnectorSecrets,
            .getConnectorLogo, .getConnectorLogoImage, .listConnectorLogs, .getConnectorLog, .getHealth,
            .getReadiness, .getMetrics, .getOpenAPI, .listServiceRequests, .getServiceRequest,
            .listServiceRequestsOfFlow, .listServiceRequestsOfVersion, .listServiceRequestsOfState:
            .get
        }
    }

    /// The path with its parameters in braces, as OpenAPI writes it.
    package var template: String {
        switch self {
        case .ingest: "/v1/ingest"
        case .exportTraces: "/v1/traces"
        case .exportLogs: "/v1/logs"
        case .createAccessToken: "/oauth/token"
        case .reportEvents: "/api/reporting/1/events"
        case .reportStates: "/api/reporting/1/states"
        case .listServiceRequests: Self.serviceRequests
        case .getServiceRequest: Self.serviceRequests + "/{log_id}"
        case .listServiceRequestsOfFlow: Self.serviceRequests + "/flow/{flow_id}"
        case .listServiceRequestsOfVersion: Self.serviceRequests + "/flow/{flow_id}/{flow_version}"
        case .listServiceRequestsOfState: Self.serviceRequests + "/state/{state_id}"
        case .listEntries: Self.team + "/logs"
        case .getEntry, .eraseEntry: Self.team + "/logs/{log_id}"
        case .listFlows: Self.team + "/flows"
        case .listStates: Self.team + "/flows/{flow_id}/states"
        case .getState, .eraseState: Self.team + "/states/{state_id}"
        case .listStateEntries: Self.team + "/states/{state_id}/logs"
        case .listStateFaults: Self.team + "/states/{state_id}/faults"
        case .listFaults: Self.team + "/faults"
        case .getFault: Self.team + "/faults/{fault_id}"
        case .getOutcomes: Self.team + "/stats/outcomes"
        case .listTeams, .createTeam: "/v1/teams"
        case .getTeam, .updateTeam, .deleteTeam: Self.team
        case .getRetention, .setRetention, .resetRetention: Self.team + "/retention"
        case .getRedaction, .setRedaction: Self.team + "/redaction"
        case .tryRedaction: Self.team + "/redaction/try"
        case .listTeamSecrets, .createTeamSecret: Self.team + "/secrets"
        case .updateTeamSecret, .deleteTeamSecret: Self.team + "/secrets/{secret_placeholder}"
        case .eraseConnectorLog: Self.team + "/connectors/{connector_identifier}/logs"
        case .listErasures: Self.team + "/erasures"
        case .listAudit: Self.team + "/audit"
        case .listServerAudit: "/v1/audit"
        case .listKeys, .createKey: Self.team + "/keys"
        case .revokeKey: Self.team + "/keys/{key_id}"
        case .listConnectors, .createConnector: Self.connectors
        case .getConnector, .updateConnector, .deleteConnector: Self.connector
        case .getConnectorLogo, .uploadConnectorLogo: Self.connector + "/logo"
        case .getConnectorLogoImage: Self.connector + "/logo/{logo_name}"
        case .listConnectorSecrets, .createConnectorSecret: Self.connector + "/secrets"
        case .updateConnectorSecret, .deleteConnectorSecret: Self.connector + "/secrets/{secret_placeholder}"
        case .listConnectorLogs: Self.connector + "/logs"
        case .getConnectorLog: Self.connector + "/logs/{log_id}"
        case .getHealth: "/healthz"
        case .getReadiness: "/readyz"
        case .getMetrics: "/metrics"
        case .getOpenAPI: "/openapi.yaml"
        }
    }

    private static let team = "/v1/teams/{team_id}"
    private static let serviceRequests = "/api/service/1/requests"
    private static let connectors = team + "/connector_builder/connectors"
    private static let connector = connectors + "/{connector_identifier}"

    /// The path with `parameters` in place of those in braces, percent-encoded (RFC 3986, section 2.1). Parameters that
    /// are not given stay as they are.
    package func path(_ parameters: [String: String] = [:]) -> String {
        template.split(separator: "/").map { segment in
            guard segment.hasPrefix("{"), segment.hasSuffix("}"),
                let value = parameters[String(segment.dropFirst().dropLast())]
            else { return "/" + segment }
            return "/" + PercentEncoding.encode(value)
        }.joined()
    }

    /// Routes of OTLP, whose errors are not the envelope but what OTLP's clients read.
    package static let otlp: Set<Route> = [.exportTraces, .exportLogs]

    /// Whether the path names a team.
    package var isOfTeam: Bool { template.hasPrefix(Self.team) }
}

// MARK: - Who may

extension Route {
    /// What a caller needs.
    package enum Access: Sendable, CaseIterable {
        /// Not even a key.
        case everyone
        case viewer, recorder, editor, admin
        /// A key of no team, with role `admin`.
        case owner

        package func permits(_ key: APIKey) -> Bool {
            switch self {
            case .everyone: true
            case .viewer: key.role.reads
            case .recorder: key.role.records
            case .editor: key.role.managesConnectors
            case .admin: key.role.managesKeys
            case .owner: key.isOwner
            }
        }
    }

    package var access: Access {
        switch self {
        case .ingest, .exportTraces, .exportLogs, .reportEvents, .reportStates: .recorder
        case .listEntries, .getEntry, .listFlows, .listStates, .getState, .listStateEntries, .listStateFaults,
            .listFaults, .getFault, .getOutcomes, .getRetention, .getRedaction, .listConnectors, .getConnector,
            .getConnectorLogo,
            .listConnectorLogs, .getConnectorLog, .listServiceRequests, .getServiceRequest, .listServiceRequestsOfFlow,
            .listServiceRequestsOfVersion, .listServiceRequestsOfState:
            .viewer
        case .createConnector, .updateConnector, .deleteConnector, .uploadConnectorLogo, .listConnectorSecrets,
            .createConnectorSecret, .updateConnectorSecret, .deleteConnectorSecret:
            .editor
        case .listKeys, .createKey, .revokeKey, .setRetention, .resetRetention, .eraseEntry, .eraseState,
            .eraseConnectorLog, .listErasures, .listAudit, .setRedaction, .tryRedaction, .listTeamSecrets,
            .createTeamSecret, .updateTeamSecret, .deleteTeamSecret:
            .admin
        case .listTeams, .createTeam, .getTeam, .updateTeam, .deleteTeam, .listServerAudit, .getMetrics: .owner
        // An image is fetched by browsers, which send no key; its name is random. Who asks for a token says in the body who
        // he is.
        case .getConnectorLogoImage, .createAccessToken, .getHealth, .getReadiness, .getOpenAPI: .everyone
        }
    }

    /// Whether what it does is written down in the audit. Records are none of it: they say themselves who sent them.
    package var isAudited: Bool {
        switch self {
        case .ingest, .exportTraces, .exportLogs, .reportEvents, .reportStates, .createAccessToken, .tryRedaction: false
        default: method != .get
        }
    }

    /// Whether requests count against the key's budget of requests an hour. Ingest is limited by back-pressure alone, and
    /// what watches the server must not be locked out.
    package var isRateLimited: Bool {
        switch access {
        case .everyone, .recorder: false
        case .viewer, .editor, .admin: true
        case .owner: self != .getMetrics
        }
    }
}
