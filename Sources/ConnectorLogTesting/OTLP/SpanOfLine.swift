import ConnectorLogCore
package import Foundation
package import OTLPProtobuf
import SwiftProtobuf

/// A line of the flat form as the span that tells the same, by the names of the stable HTTP conventions and of Boomi Flow: for
/// tests that send one thing by many ways.
package enum SpanOfLine {
    /// Nil when the line is no JSON object.
    package static func make(_ line: String) -> OTLPSpan? {
        guard let json = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else { return nil }
        switch json["type"] as? String {
        case "fault": return fault(json)
        case "state": return state(json)
        default: return call(json)
        }
    }

    /// One request with these spans, of one resource.
    package static func request(_ spans: [OTLPSpan], service: String = "worker") -> Data {
        (try? document(spans, service: service).serializedData()) ?? Data()
    }

    /// The same in JSON. The ids of the spans are left out: OTLP writes them other than protobuf does.
    package static func json(_ spans: [OTLPSpan], service: String = "worker") -> Data {
        let spans = spans.map { span in
            var span = span
            (span.traceID, span.spanID, span.parentSpanID) = (Data(), Data(), Data())
            return span
        }
        return (try? document(spans, service: service).jsonUTF8Data()) ?? Data()
    }

    private static func document(_ spans: [OTLPSpan], service: String) -> OTLPTracesDocument {
        var resource = OTLPResourceSpans()
        resource.resource.attributes = [attribute("service.name", service)]
        resource.scopeSpans = [OTLPScopeSpans.with { $0.spans = spans }]
        return .with { $0.resourceSpans = [resource] }
    }

    private static let entryNames = [
        "connector_identifier": "connector.identifier", "event": "connector.event", "method": "http.request.method",
        "uri": "url.full", "status": "http.response.status_code", "request_id": "connector.request_id",
        "flow_id": "flow.id", "flow_name": "flow.name", "flow_version": "flow.version",
        "state_id": "flow.request.state.id",
    ]

    private static func call(_ json: [String: Any]) -> OTLPSpan {
        var span = OTLPSpan()
        span.kind = 3
        span.name = "GET"
        span.parentSpanID = Data([1, 2, 3, 4, 5, 6, 7, 8])
        if let time = (json["log_time"] as? String).flatMap({ Timestamp($0) }) {
            span.startTimeUnixNano = UInt64(time.microseconds) * 1000
        }
        span.traceID = (json["trace_id"] as? String).flatMap(binary) ?? Data()
        span.spanID = (json["span_id"] as? String).flatMap(binary) ?? Data()
        // A call without method, address and status would be none.
        if json["method"] == nil { span.attributes.append(attribute("http.request.method", "GET")) }
        for (name, value) in json.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "type", "team_id", "log_time", "duration_ms", "outcome", "trace_id", "span_id": break
            case "request_headers": span.attributes += headers(value, "request")
            case "response_headers": span.attributes += headers(value, "response")
            case "request_body", "response_body":
                let isBinary = json[name + "_encoding"] as? String == "base64"
                let key = name == "request_body" ? "http.request.body" : "http.response.body"
                span.attributes.append(body(key, value, isBinary: isBinary))
                // OTLP says that a body was cut by the size of the whole.
                if json[name + "_truncated"] as? Bool == true {
                    span.attributes.append(attribute(key + ".size", 1 << 30))
                }
            case "request_body_encoding", "response_body_encoding", "request_body_size", "response_body_size",
                "request_body_truncated", "response_body_truncated":
                break
            case "error_name", "error_message": break
            case "attributes":
                for (name, value) in value as? [String: Any] ?? [:] { span.attributes.append(attribute(name, value)) }
            default: span.attributes.append(attribute(entryNames[name] ?? name, value))
            }
        }
        if json["error_name"] != nil || json["error_message"] != nil {
            span.status.code = 2
            var event = OTLPSpan.Event()
            event.name = "exception"
            if let name = json["error_name"] { event.attributes.append(attribute("exception.type", name)) }
            if let message = json["error_message"] { event.attributes.append(attribute("exception.message", message)) }
            span.events = [event]
        }
        return span
    }

    private static func fault(_ json: [String: Any]) -> OTLPSpan {
        let members = [
            "kind": "kind", "uri": "uri", "message": "message", "status_code": "statusCode",
            "response_headers": "responseHeaders", "response_body": "responseBody", "invoke_type": "invokeType",
            "action": "action",
        ]
        var problem: [String: Any] = [:]
        for (name, member) in members { problem[member] = json[name] }
        if json["response_body_encoding"] != nil { problem["responseBody"] = nil }
        let text = (try? JSONSerialization.data(withJSONObject: problem)) ?? Data()
        var span = root(json)
        span.attributes += [
            attribute("flow.response.hasRootFaults", "True"),
            attribute("flow.response.firstRootFault", String(decoding: text, as: UTF8.self)),
            attribute("flow.response.mapElement", json["name"] ?? ""),
        ]
        return span
    }

    private static func state(_ json: [String: Any]) -> OTLPSpan {
        var span = root(json)
        let names = ["current_step": "flow.response.mapElement", "user": "enduser.id", "status": "flow.status"]
        for (name, key) in names {
            if let value = json[name] { span.attributes.append(attribute(key, value)) }
        }
        return span
    }

    private static func root(_ json: [String: Any]) -> OTLPSpan {
        var span = OTLPSpan()
        span.kind = 2
        for name in ["flow_id", "flow_name", "flow_version", "state_id", "connector_identifier"] {
            if let value = json[name] { span.attributes.append(attribute(entryNames[name] ?? name, value)) }
        }
        return span
    }

    // MARK: - Values

    package static func attribute(_ name: String, _ value: Any) -> OTLPKeyValue {
        .with {
            $0.key = name
            switch value {
            case let text as String: $0.value.stringValue = text
            case let data as Data: $0.value.bytesValue = data
            case let number as NSNumber: $0.value.intValue = number.int64Value
            default: $0.value.stringValue = text(of: value)
            }
        }
    }

    private static func body(_ name: String, _ value: Any, isBinary: Bool) -> OTLPKeyValue {
        guard let text = value as? String else { return attribute(name, text(of: value)) }
        guard isBinary, let data = Data(base64Encoded: text) else { return attribute(name, text) }
        return attribute(name, data)
    }

    private static func headers(_ value: Any, _ side: String) -> [OTLPKeyValue] {
        (value as? [String: Any] ?? [:]).map { name, value in
            .with {
                $0.key = "http.\(side).header.\(name)"
                let values = value as? [String] ?? [value as? String ?? ""]
                $0.value.arrayValue.values = values.map { text in .with { $0.stringValue = text } }
            }
        }
    }

    private static func text(of value: Any) -> String {
        let json = try? JSONSerialization.data(
            withJSONObject: value, options: [.fragmentsAllowed, .withoutEscapingSlashes])
        return String(decoding: json ?? Data(), as: UTF8.self)
    }

    private static func binary(_ digits: String) -> Data? {
        let characters = Array(digits)
        guard characters.count.isMultiple(of: 2) else { return nil }
        var data = Data()
        for at in stride(from: 0, to: characters.count, by: 2) {
            guard let byte = UInt8(String(characters[at...at + 1]), radix: 16) else { return nil }
            data.append(byte)
        }
        return data
    }
}
