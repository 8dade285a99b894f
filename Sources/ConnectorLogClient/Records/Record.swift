import NIOCore
import NIOHTTP1

/// What waits to be sent.
enum Record: Sendable {
    case entry(ConnectorLogEntry)
    case fault(ConnectorLogFault)
    case state(ConnectorLogStateChange)

    /// About how many bytes it holds in memory.
    var byteCount: Int {
        // The values themselves, with what the heap adds to their texts.
        let own = MemoryLayout<Record>.stride + 256
        return switch self {
        case .entry(let entry):
            own + entry.context.byteCount
                + Self.sum(
                    entry.connector, entry.method, entry.uri, entry.requestID, entry.errorName, entry.errorMessage)
                + entry.requestHeaders.byteCount + entry.responseHeaders.byteCount
                + (entry.requestBody?.bytes.capacity ?? 0) + (entry.responseBody?.bytes.capacity ?? 0)
                + entry.attributes.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 32 }
        case .fault(let fault):
            own + fault.context.byteCount
                + Self.sum(
                    fault.name, fault.connector, fault.entryRequestID, fault.kind, fault.uri, fault.message,
                    fault.invokeType, fault.action)
                + fault.responseHeaders.byteCount + (fault.responseBody?.bytes.capacity ?? 0)
        case .state(let change):
            own
                + Self.sum(
                    change.stateID, change.flowID, change.flowName, change.flowVersion, change.currentStep, change.user,
                    change.joinURI)
        }
    }

    fileprivate static func sum(_ texts: String?...) -> Int {
        texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) }
    }
}

extension ConnectorLogContext {
    fileprivate var byteCount: Int { Record.sum(flowID, flowName, flowVersion, stateID, event, traceID, spanID) }
}

extension HTTPHeaders {
    fileprivate var byteCount: Int { reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 } }
}
