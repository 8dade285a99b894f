import CByteSearch
import ConnectorLogCore

/// Attributes that have a place of their own in a record: semantic conventions of OpenTelemetry in their stable and their old
/// form (before HTTP conventions 1.20), what Boomi Flow sends, and what we add.
enum KnownAttribute: UInt8, CaseIterable {
    // The call, stable names.
    case method
    case originalMethod
    case url
    case urlScheme
    case urlPath
    case urlQuery
    case status
    case serverAddress
    case serverPort
    case requestBodySize
    case responseBodySize
    case errorType

    // The call, old names.
    case oldMethod
    case oldURL
    case oldScheme
    case oldHost
    case oldTarget
    case oldStatus
    case peerName
    case peerPort
    case oldRequestSize
    case oldResponseSize

    // Bodies have no convention; these names are in use.
    case requestBody
    case requestBodyContent
    case responseBody
    case responseBodyContent

    // Who called, and what for.
    case connector
    case peerService
    case serviceName
    case team
    case event
    case requestID
    /// Of log records: seconds.
    case duration

    // The error.
    case exceptionType
    case exceptionMessage
    case exceptionStack

    // The flow; all but the second and the last are Boomi's.
    case flowName
    case flowID
    case flowVersion
    case stateID
    case invokeType
    case outcome
    case responseInvokeType
    case mapElement
    case responseStatus
    case hasRootFaults
    case firstRootFault
    case user
    case userEmail
    case flowStatus

    var name: StaticString {
        switch self {
        case .method: "http.request.method"
        case .originalMethod: "http.request.method_original"
        case .url: "url.full"
        case .urlScheme: "url.scheme"
        case .urlPath: "url.path"
        case .urlQuery: "url.query"
        case .status: "http.response.status_code"
        case .serverAddress: "server.address"
        case .serverPort: "server.port"
        case .requestBodySize: "http.request.body.size"
        case .responseBodySize: "http.response.body.size"
        case .errorType: "error.type"
        case .oldMethod: "http.method"
        case .oldURL: "http.url"
        case .oldScheme: "http.scheme"
        case .oldHost: "http.host"
        case .oldTarget: "http.target"
        case .oldStatus: "http.status_code"
        case .peerName: "net.peer.name"
        case .peerPort: "net.peer.port"
        case .oldRequestSize: "http.request_content_length"
        case .oldResponseSize: "http.response_content_length"
        case .requestBody: "http.request.body"
        case .requestBodyContent: "http.request.body.content"
        case .responseBody: "http.response.body"
        case .responseBodyContent: "http.response.body.content"
        case .connector: "connector.identifier"
        case .peerService: "peer.service"
        case .serviceName: "service.name"
        case .team: "connectorlog.team_id"
        case .event: "connector.event"
        case .requestID: "connector.request_id"
        case .duration: "http.client.request.duration"
        case .exceptionType: "exception.type"
        case .exceptionMessage: "exception.message"
        case .exceptionStack: "exception.stacktrace"
        case .flowName: "flow.name"
        case .flowID: "flow.id"
        case .flowVersion: "flow.version"
        case .stateID: "flow.request.state.id"
        case .invokeType: "flow.request.invokeType"
        case .outcome: "flow.request.selectedOutcomeId"
        case .responseInvokeType: "flow.response.invokeType"
        case .mapElement: "flow.response.mapElement"
        case .responseStatus: "flow.response.statusCode"
        case .hasRootFaults: "flow.response.hasRootFaults"
        case .firstRootFault: "flow.response.firstRootFault"
        case .user: "enduser.id"
        case .userEmail: "enduser.email"
        case .flowStatus: "flow.status"
        }
    }

    /// Whether an entry has no field for it, so that it stays an attribute.
    var staysAttribute: Bool {
        switch self {
        case .peerService, .invokeType, .outcome, .responseInvokeType, .mapElement, .responseStatus, .hasRootFaults,
            .firstRootFault, .user, .userEmail, .flowStatus:
            true
        default: false
        }
    }
}

/// Finds an attribute by its name: open addressing over a hash of the whole name.
final class KnownAttributeIndex: Sendable {
    static let shared = KnownAttributeIndex()

    /// For each hash, the raw value and 1; 0 for none. Four times as many as there are names.
    private let slots: [UInt8]
    private static let mask = 255

    private init() {
        var slots = [UInt8](repeating: 0, count: Self.mask + 1)
        for known in KnownAttribute.allCases {
            let name = UnsafeRawBufferPointer(start: known.name.utf8Start, count: known.name.utf8CodeUnitCount)
            var slot = Self.slot(name)
            while slots[slot] != 0 { slot = (slot + 1) & Self.mask }
            slots[slot] = known.rawValue + 1
        }
        self.slots = slots
    }

    private static func slot(_ name: UnsafeRawBufferPointer) -> Int {
        let bytes = Span<UInt8>(_unsafeElements: name.assumingMemoryBound(to: UInt8.self))
        return Int(ColumnHash.hash(bytes) >> 40) & mask
    }

    func find(_ name: UnsafeRawBufferPointer) -> KnownAttribute? {
        guard let start = name.baseAddress, !name.isEmpty else { return nil }
        var slot = Self.slot(name)
        while slots[slot] != 0 {
            if let known = KnownAttribute(rawValue: slots[slot] - 1), known.name.utf8CodeUnitCount == name.count,
                same_bytes(start, known.name.utf8Start, name.count)
            {
                return known
            }
            slot = (slot + 1) & Self.mask
        }
        return nil
    }
}
