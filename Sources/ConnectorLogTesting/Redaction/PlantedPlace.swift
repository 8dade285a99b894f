/// Where in a line of the flat form a secret is put.
package enum PlantedPlace: String, CaseIterable, Sendable {
    // Of entries.
    case uriPath, uriQuery, uriFragment, uriUserInfo
    case requestHeader, responseHeader, repeatedHeader, requestCookie, setCookie
    case jsonMember, jsonDeep, jsonArray, jsonNumber, jsonName, jsonInString, jsonInStringTwice, jsonAsValue
    case formBody, multipartBody, xmlElement, xmlAttribute, plainText, binaryBody
    case truncatedBehind, truncatedWithin, brokenJSON
    case gzipBody, deflateBody, zstdBody
    case errorName, errorMessage, attribute, attributeName, attributeNested, unknownMember
    case event, flowName, flowVersion, flowID, stateID, requestID, method, connectorIdentifier, traceID, spanID
    // Of faults.
    case faultName, faultKind, faultURI, faultMessage, faultResponseHeader, faultResponseBody, faultInvokeType
    case faultAction, faultEntryRequestID, faultFlowName
    // Of state changes.
    case stateStep, stateUser, stateJoinURI, stateFlowName

    package enum Line: Sendable { case entry, fault, state }

    package var line: Line {
        switch self {
        case .faultName, .faultKind, .faultURI, .faultMessage, .faultResponseHeader, .faultResponseBody,
            .faultInvokeType, .faultAction, .faultEntryRequestID, .faultFlowName:
            .fault
        case .stateStep, .stateUser, .stateJoinURI, .stateFlowName: .state
        default: .entry
        }
    }

    /// Whether it fills one of an entry's two bodies.
    var isEntryBody: Bool {
        switch self {
        case .jsonMember, .jsonDeep, .jsonArray, .jsonNumber, .jsonName, .jsonInString, .jsonInStringTwice,
            .jsonAsValue, .formBody, .multipartBody, .xmlElement, .xmlAttribute, .plainText, .binaryBody,
            .truncatedBehind, .truncatedWithin, .brokenJSON, .gzipBody, .deflateBody, .zstdBody:
            true
        default: false
        }
    }

    /// Whether what stands there is to be decompressed before it can be searched.
    package var isCompressed: Bool { self == .gzipBody || self == .deflateBody || self == .zstdBody }

    /// Bytes of the written secret, escaped as JSON, that surely fit beside what else stands there.
    var limit: Int {
        switch self {
        case .errorName, .event, .flowName, .flowVersion, .flowID, .stateID, .requestID, .faultName, .faultKind,
            .faultInvokeType, .faultAction, .faultEntryRequestID, .faultFlowName, .stateStep, .stateUser,
            .stateFlowName:
            235
        case .uriPath, .uriFragment, .uriUserInfo: 900
        case .uriQuery, .faultURI, .stateJoinURI: 4500
        case .attribute, .attributeName, .attributeNested, .unknownMember: 1200
        case .requestHeader, .responseHeader, .repeatedHeader, .requestCookie, .setCookie, .faultResponseHeader: 9000
        case .errorMessage, .faultMessage: 12_000
        case .method: 32
        case .connectorIdentifier: 100
        default: 100_000
        }
    }

    /// How many documents of JSON lie around the value.
    var jsonDepth: Int {
        switch self {
        case .jsonInStringTwice: 3
        case .jsonInString: 2
        case .jsonMember, .jsonDeep, .jsonArray, .jsonNumber, .jsonName, .jsonAsValue, .truncatedBehind,
            .truncatedWithin, .brokenJSON, .gzipBody, .deflateBody, .zstdBody, .attributeNested, .faultResponseBody:
            1
        default: 0
        }
    }

    /// The layers that the place itself asks for, innermost first.
    func encodings(for kind: PlantedSecret.Kind) -> [SecretEncoding] {
        switch self {
        case .uriPath, .uriQuery, .uriUserInfo, .faultURI, .stateJoinURI: return [.percentUpper]
        case .uriFragment:
            // Programs write there what they like, but a parameter's value has to end somewhere.
            if case .named = kind { return [.percentUpper] }
            return []
        case .formBody: return [.form]
        case .xmlElement, .xmlAttribute: return [.htmlNamed]
        case .binaryBody:
            if case .named = kind { return [.json] }
            return []
        default: return Array(repeating: .json, count: jsonDepth)
        }
    }
}
