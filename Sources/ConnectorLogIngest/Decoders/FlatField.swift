import CByteSearch

/// The members of the flat form, in which an entry, a fault or a state is one JSON object.
enum FlatField: UInt8, CaseIterable {
    // Of all three.
    case type, teamID, connectorIdentifier, logTime
    case flowID, flowName, flowVersion, stateID
    case uri, status
    case responseHeaders, responseBody, responseBodyEncoding, responseBodySize, responseBodyTruncated
    // Of entries.
    case event, method, outcome, durationMS, requestID, traceID, spanID
    case requestHeaders, requestBody, requestBodyEncoding, requestBodySize, requestBodyTruncated
    case errorName, errorMessage, attributes
    // Of faults. From here on an entry keeps a member among its attributes.
    case name, kind, message, statusCode, invokeType, action, entryRequestID
    // Of states.
    case currentStep, user, joinURI, createdAt, updatedAt

    var isOfEntry: Bool { rawValue < FlatField.name.rawValue }

    var name: StaticString {
        switch self {
        case .type: "type"
        case .teamID: "team_id"
        case .connectorIdentifier: "connector_identifier"
        case .logTime: "log_time"
        case .flowID: "flow_id"
        case .flowName: "flow_name"
        case .flowVersion: "flow_version"
        case .stateID: "state_id"
        case .uri: "uri"
        case .status: "status"
        case .responseHeaders: "response_headers"
        case .responseBody: "response_body"
        case .responseBodyEncoding: "response_body_encoding"
        case .responseBodySize: "response_body_size"
        case .responseBodyTruncated: "response_body_truncated"
        case .event: "event"
        case .method: "method"
        case .outcome: "outcome"
        case .durationMS: "duration_ms"
        case .requestID: "request_id"
        case .traceID: "trace_id"
        case .spanID: "span_id"
        case .requestHeaders: "request_headers"
        case .requestBody: "request_body"
        case .requestBodyEncoding: "request_body_encoding"
        case .requestBodySize: "request_body_size"
        case .requestBodyTruncated: "request_body_truncated"
        case .errorName: "error_name"
        case .errorMessage: "error_message"
        case .attributes: "attributes"
        case .name: "name"
        case .kind: "kind"
        case .message: "message"
        case .statusCode: "status_code"
        case .invokeType: "invoke_type"
        case .action: "action"
        case .entryRequestID: "entry_request_id"
        case .currentStep: "current_step"
        case .user: "user"
        case .joinURI: "join_uri"
        case .createdAt: "created_at"
        case .updatedAt: "updated_at"
        }
    }
}

/// Finds a field by its name: a perfect hash over length, first, middle and last byte, and one comparison.
final class FlatFieldIndex: Sendable {
    static let shared = FlatFieldIndex()

    /// For each hash, the field's raw value and 1; 0 for none.
    private let slots: InlineArray<256, UInt8>
    private let names: InlineArray<64, StaticString>
    /// With this factor no two names share a slot; `FlatFieldTests.findsEveryField` holds it to that.
    private static let factor: UInt32 = 0x63CA_828D

    private init() {
        var slots = InlineArray<256, UInt8>(repeating: 0)
        var names = InlineArray<64, StaticString>(repeating: "")
        for field in FlatField.allCases {
            let name = UnsafeRawBufferPointer(start: field.name.utf8Start, count: field.name.utf8CodeUnitCount)
            slots[Self.slot(name)] = field.rawValue + 1
            names[Int(field.rawValue)] = field.name
        }
        (self.slots, self.names) = (slots, names)
    }

    @inline(__always)
    private static func slot(_ name: UnsafeRawBufferPointer) -> Int {
        let mark =
            UInt32(name[0]) | UInt32(name[name.count / 2]) << 8 | UInt32(name[name.count - 1]) << 16
            | UInt32(truncatingIfNeeded: name.count) << 24
        return Int((mark &* factor) >> 24)
    }

    @inline(__always)
    func field(named name: UnsafeRawBufferPointer) -> FlatField? {
        guard !name.isEmpty else { return nil }
        let slot = slots[Self.slot(name)]
        guard slot != 0 else { return nil }
        let candidate = names[Int(slot - 1)]
        guard candidate.utf8CodeUnitCount == name.count,
            let start = name.baseAddress, same_bytes(start, candidate.utf8Start, name.count)
        else { return nil }
        return FlatField(rawValue: slot - 1)
    }
}
