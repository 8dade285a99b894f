import Foundation

/// What Boomi would report of a call, a root fault or a state that a line of the flat form tells.
package enum BoomiReportOfLine {
    private typealias Object = [String: Any]

    /// Nil when the line is none.
    package static func make(_ line: String) -> [UInt8]? {
        guard let line = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? Object else { return nil }
        let report: Any =
            switch line["type"] as? String {
            case "fault": state(line, problem: problem(line, headers: "response_headers", body: "response_body"))
            case "state": state(line, problem: nil)
            default: events(line)
            }
        return (try? JSONSerialization.data(withJSONObject: report)).map { [UInt8]($0) }
    }

    private static func text(_ object: Any) -> String {
        let data = try? JSONSerialization.data(withJSONObject: object, options: [.fragmentsAllowed])
        return String(decoding: data ?? Data(), as: UTF8.self)
    }

    /// Boomi has no way to send bytes, nor to say that a body was cut, by which the beginning of a secret is known.
    private static func body(_ line: Object, _ name: String) -> Any? {
        line[name + "_encoding"] == nil && line[name + "_truncated"] == nil ? line[name] : nil
    }

    private static func events(_ line: Object) -> [Object] {
        var common: Object = [
            "request": line["request_id"] ?? "request-1", "service": line["connector_identifier"] ?? "c",
        ]
        for (theirs, ours) in [
            ("serviceUri", "uri"), ("endpoint", "event"), ("flow", "flow_id"), ("flowVersion", "flow_version"),
            ("state", "state_id"), ("tenant", "flow_name"),
        ] { common[theirs] = line[ours] }
        let asked: Object = [
            "method": line["method"] ?? NSNull(), "headers": line["request_headers"] ?? NSNull(),
            "content": body(line, "request_body") ?? NSNull(),
        ]
        let isFailed = line["error_message"] != nil || line["error_name"] != nil
        let answered: Object =
            isFailed
            ? ["problem": text(problem(line, headers: "response_headers", body: "response_body"))]
            : [
                "statusCode": line["status"] ?? NSNull(), "headers": line["response_headers"] ?? NSNull(),
                "content": body(line, "response_body") ?? NSNull(),
            ]
        return [
            common.merging(["type": "serviceinvoker.request", "data": asked]) { $1 },
            common.merging(["type": isFailed ? "serviceinvoker.failure" : "serviceinvoker.response", "data": answered])
            { $1 },
        ]
    }

    private static func problem(_ line: Object, headers: String, body: String) -> Object {
        var problem: Object = [:]
        for (theirs, ours) in [
            ("kind", "kind"), ("uri", "uri"), ("message", "message"), ("invokeType", "invoke_type"),
            ("action", "action"),
            ("statusCode", "status_code"), ("responseHeaders", headers),
        ] { problem[theirs] = line[ours] }
        if let kind = line["error_name"] { problem["kind"] = kind }
        if let message = line["error_message"] { problem["message"] = message }
        problem["responseBody"] = self.body(line, body)
        return problem
    }

    /// One for all, and not the line's own: no secret stands in its id.
    private static func state(_ line: Object, problem: Object?) -> Object {
        var state: Object = [
            "id": "state-1", "isDone": false, "authorizationHeader": line["user"] ?? "",
        ]
        state["currentFlowId"] = ["id": line["flow_id"] ?? "flow", "versionId": line["flow_version"] ?? NSNull()]
        for (theirs, ours) in [
            ("currentFlowDeveloperName", "flow_name"), ("currentMapElementDeveloperName", "current_step"),
            ("currentRunningUserEmail", "user"), ("joinUri", "join_uri"),
        ] { state[theirs] = line[ours] }
        if let problem { state["rootFaults"] = [line["name"] as? String ?? "Fault": text(problem)] }
        return state
    }
}
