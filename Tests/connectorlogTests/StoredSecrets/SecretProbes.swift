import ConnectorLogAPI
import ConnectorLogServer
import Foundation
import Testing

/// Requests with a secret where it might get into a log line, a metric or an answer: addresses, headers, and bodies that are
/// refused.
struct SecretProbes: Sendable {
    let client: LiveServer.Client
    let key: String
    /// A cookie.
    let session: String

    /// - Parameter secret: letters, digits, `_` and `-` alone, so that it may stand wherever a client writes something.
    func send(_ secret: String) async throws {
        try await sendAddresses(secret)
        try await sendHeaders(secret)
        try await sendBodies(secret)
        try await sendTrials(secret)
        try await sendForms(secret)
    }

    private func get(_ path: String, _ headers: (String, String)...) async throws {
        try await client.send("GET", path, [("Authorization", "Bearer " + key)] + headers)
    }

    private func sendAddresses(_ secret: String) async throws {
        for path in [
            "/\(secret)", "/v1/\(secret)", "/v1/teams/\(secret)", "/v1/teams/1/logs/\(secret)",
            "/v1/teams/1/states/\(secret)", "/v1/teams/1/states/\(secret)/logs", "/v1/teams/1/flows/\(secret)/states",
            "/v1/teams/1/faults/\(secret)", "/v1/teams/1/connector_builder/connectors/\(secret)",
            "/v1/teams/1/logs?\(secret)=1", "/v1/teams/1/logs?text=\(secret)", "/v1/teams/1/logs?cursor=\(secret)",
            "/v1/teams/1/logs?limit=\(secret)", "/v1/teams/1/logs?from=\(secret)", "/v1/teams/1/logs?outcome=\(secret)",
            "/v1/teams/1/logs?text=%\(secret)", "/v1/teams/1/secrets/\(secret)", "/healthz?\(secret)",
            "/metrics?\(secret)=\(secret)", "/v1/teams/1/%\(secret)", "/v1/ingest?api_key=\(secret)",
        ] {
            try await get(path)
            try await client.send("GET", path, [("Accept", "text/html")])
        }
        // No DELETE: what an erasure was asked for is listed for ever.
        for method in ["PUT", "PATCH", secret.uppercased().filter(\.isLetter)] {
            try await client.send(method, "/v1/teams/1/logs/\(secret)", [("Authorization", "Bearer " + key)])
        }
        for path in [
            "/teams/\(secret)", "/teams/1/logs/\(secret)", "/teams/1/states/\(secret)/log",
            "/teams/1/flows/\(secret)", "/\(secret)",
        ] {
            try await client.send("GET", path, [("Accept", "text/html"), ("Cookie", session)])
        }
    }

    /// All but `X-Request-Id`: what a client calls its request is told in log and answer, as documented.
    private func sendHeaders(_ secret: String) async throws {
        for (name, value) in [
            ("User-Agent", secret), ("Referer", "https://h.example/?token=\(secret)"), ("Cookie", "a=\(secret)"),
            ("Cookie", "connectorlog_session=\(secret)"), ("Cookie", "connectorlog_guest=\(secret)"),
            ("Accept", "text/html, \(secret)/x"), ("Origin", "https://\(secret)"), ("X-Forwarded-For", secret),
            ("X-Forwarded-Proto", secret), ("X-Debug", secret), ("Range", secret), ("If-None-Match", secret),
            ("traceparent", "00-\(secret)-00"), ("Content-Type", "\(secret)/\(secret)"),
            (secret, "1"),
        ] {
            try await get("/v1/teams/1/logs?limit=1", (name, value))
            try await get("/v1/none", (name, value))
            try await client.send("GET", "/sign-in", [(name, value)])
        }
        for field in [secret, "Bearer \(secret)", "Basic \(secret)", "\(secret) \(secret)"] {
            try await client.send("GET", "/v1/teams/1/logs", [("Authorization", field)])
            try await client.send("POST", "/v1/ingest", [("Authorization", field)], .bytes(Array("{}".utf8)))
        }
        let line = Array(#"{"connector_identifier":"hubspot","event":"probe"}"#.utf8)
        for (name, value) in [
            ("Idempotency-Key", secret), ("Content-Encoding", secret), ("Content-Type", "application/\(secret)"),
            ("Content-Type", "application/json; charset=\(secret)"),
        ] {
            var headers = [("Authorization", "Bearer " + key), (name, value)]
            if name != "Content-Type" { headers.append(("Content-Type", "application/json")) }
            for _ in 0..<2 { try await client.send("POST", "/v1/ingest", headers, .bytes(line)) }
        }
    }

    private func sendBodies(_ secret: String) async throws {
        let good = #"{"connector_identifier":"hubspot","event":"probe"}"#
        let lines = [
            secret, "\"\(secret)\"", "[\"\(secret)\"]", #"{"\#(secret)"#, #"{"\#(secret)":}"#,
            #"{"type":"\#(secret)"}"#,
            #"{"connector_identifier":"hubspot","response_body":{"password":"\#(secret)""#,
            #"{"connector_identifier":"hubspot","log_time":"\#(secret)"}"#,
            #"{"connector_identifier":"hubspot","status":"\#(secret)"}"#,
            #"{"connector_identifier":"hubspot","duration_ms":"\#(secret)"}"#,
            #"{"connector_identifier":"hubspot","outcome":"\#(secret)"}"#,
            #"{"connector_identifier":"no words \#(secret)"}"#, #"{"connector_identifier":["\#(secret)"]}"#,
            #"{"connector_identifier":"hubspot","team_id":"\#(secret)"}"#,
            #"{"connector_identifier":"hubspot","method":"\#(secret) too long for a method, and so refused"}"#,
            #"{"connector_identifier":"hubspot","request_body":"\#(secret)!","request_body_encoding":"base64"}"#,
            #"{"connector_identifier":"hubspot","request_body":"QQ==","request_body_encoding":"\#(secret)"}"#,
            #"{"connector_identifier":"hubspot","request_headers":"\#(secret)"}"#,
            #"{"connector_identifier":"hubspot","request_headers":{"\#(secret)":{"\#(secret)":1}}}"#,
            #"{"connector_identifier":"hubspot","attributes":"\#(secret)"}"#,
            #"{"connector_identifier":"hubspot","trace_id":"\#(secret)"}"#,
            #"{"connector_identifier":"hubspot","\#(secret)":1,"\#(secret)":1,"connector_identifier":1}"#,
            #"{"type":"state","state_id":"s","status":"\#(secret)"}"#,
            #"{"type":"fault","name":["\#(secret)"]}"#,
            #"{"connector_identifier":"hubspot","event":"\#(secret)\u12"}"#,
        ]
        for (type, body) in [
            ("application/x-ndjson", ([good] + lines).joined(separator: "\n")),
            ("application/x-ndjson", lines.joined(separator: "\n")),
            ("application/json", "[\(good),\(lines[5]),\(lines[7])"), ("application/json", "{\(secret)"),
        ] {
            try await client.send(
                "POST", "/v1/ingest", [("Authorization", "Bearer " + key), ("Content-Type", type)],
                .bytes(Array(body.utf8)))
        }
        for encoding in ["gzip", "zstd", "deflate"] {
            try await client.send(
                "POST", "/v1/ingest",
                [
                    ("Authorization", "Bearer " + key), ("Content-Type", "application/x-ndjson"),
                    ("Content-Encoding", encoding),
                ], .bytes(Array(secret.utf8)))
        }
        for (method, path, body) in [
            ("POST", "/v1/teams/1/secrets", #"{"secret_name":"a","secret_value":"\#(secret)""#),
            ("POST", "/v1/teams/1/secrets", #"{"secret_name":"a","secret_value":"\#(secret)","\#(secret)":1}"#),
            ("POST", "/v1/teams/1/secrets", #"{"secret_value":"\#(secret)"}"#),
            ("POST", "/v1/teams/1/secrets", #"{"secret_name":["\#(secret)"],"secret_value":"\#(secret)"}"#),
            ("PUT", "/v1/teams/1/secrets/\(secret)", #"{"secret_value":"\#(secret)"}"#),
            ("PUT", "/v1/teams/1/redaction", #"{"names":["\#(secret)!"],"\#(secret)":[]}"#),
            ("PUT", "/v1/teams/1/redaction", #"{"patterns":[{"name":"n","expression":"\#(secret)(("}]}"#),
            ("PUT", "/v1/teams/1/redaction", #"{"json_paths":["$.\#(secret)["]}"#),
            ("PUT", "/v1/teams/1/retention", #"{"entries_days":"\#(secret)"}"#),
            ("POST", "/v1/teams/1/keys", #"{"name":1,"role":"\#(secret)"}"#),
            ("PUT", "/v1/teams/1/connector_builder/connectors/hubspot", #"{"connector":"\#(secret)"}"#),
        ] {
            try await client.send(
                method, path, [("Authorization", "Bearer " + key), ("Content-Type", "application/json")],
                .bytes(Array(body.utf8)))
        }
        try await client.send(
            "POST", "/sign-in", [("Content-Type", "application/x-www-form-urlencoded")],
            .bytes(Array("key=\(secret)&csrf_token=\(secret)".utf8)))
    }

    /// Rules that are tried, and a text: none of it is kept. Names of good rules are answered as they were sent, so that
    /// none has the secret.
    private func sendTrials(_ secret: String) async throws {
        for (status, body) in [
            (200, #"{"rules":{},"limit":1,"text":"a \#(secret) b"}"#),
            (200, #"{"rules":{"names":["ticket"]},"limit":1,"text":"ticket=\#(secret)"}"#),
            (200, #"{"rules":{},"connector_identifier":"\#(secret)"}"#),
            (422, #"{"rules":{"patterns":[{"name":"n","expression":"\#(secret)(("}]},"text":"\#(secret)"}"#),
            (422, #"{"rules":{"names":["\#(secret)\n"]},"text":"\#(secret)"}"#),
            (422, #"{"rules":{"json_paths":["$.\#(secret)["]},"text":"\#(secret)"}"#),
            (422, #"{"rules":{"keep_no_bodies":["no words \#(secret)"]}}"#),
            (422, #"{"rules":{},"\#(secret)":1}"#), (422, #"{"rules":{},"connector_identifier":" \#(secret)"}"#),
            (400, #"{"rules":{},"text":"\#(secret)""#),
        ] {
            let answer = try await client.send(
                "POST", Route.tryRedaction.path(["team_id": "1"]),
                [("Authorization", "Bearer " + key), ("Content-Type", "application/json")], .bytes(Array(body.utf8)))
            #expect(answer.status == status, "\(answer.text.prefix(300))")
        }
    }

    /// Forms of the page of redaction. Those of rules are shown again as they were sent, so that of these the log, the
    /// metrics and the files tell.
    private func sendForms(_ secret: String) async throws {
        let page = PageAddress.redaction(1)
        let opened = try await client.send("GET", page, [("Cookie", session)]).text
        let token = try #require(opened.firstMatch(of: /name="csrf_token" value="([^"]+)"/)?.1)
        func post(_ path: String, _ fields: String, isEcho: Bool, _ statuses: Int...) async throws {
            let answer = try await client.send(
                "POST", path, [("Cookie", session), ("Content-Type", "application/x-www-form-urlencoded")],
                .bytes(Array("csrf_token=\(token)&\(fields)".utf8)), isEcho: isEcho)
            #expect(statuses.contains(answer.status), "\(path) \(fields.prefix(20)): \(answer.status)")
        }
        let badRule = "pattern_name_0=n&pattern_expression_0=\(secret)(("
        for path in [page, PageAddress.redactionTrial(1)] {
            try await post(path, badRule, isEcho: true, 422)
            try await post(path, "names=\(secret)%00", isEcho: false, 400)
        }
        // Good rules, but in place of others than those that the team has: rules that are saved are stored as they are.
        try await post(page, "loaded_rules=\(secret)&names=\(secret)", isEcho: true, 409)
        try await post(PageAddress.redactionTrial(1), "names=ticket&trial_text=ticket=\(secret)", isEcho: true, 200)
        try await post(PageAddress.redactionTrial(1), "trial_connector=\(secret)!", isEcho: true, 422)
        // Of a secret's form the value is never shown again: taken, then refused for its name, its owner, its fields.
        let value = "secret_value=\(secret)"
        try await post(PageAddress.secrets(1), "secret_name=probe&\(value)", isEcho: false, 303, 422)
        try await post(PageAddress.secrets(1), "secret_name=probe&\(value)", isEcho: false, 422)
        try await post(PageAddress.secrets(1), "secret_name=other&connector=none&\(value)", isEcho: false, 422)
        try await post(PageAddress.secrets(1), "secret_name=&\(value)", isEcho: false, 422)
        // A stranger's, without the token.
        try await client.send(
            "POST", PageAddress.secrets(1),
            [("Cookie", session), ("Content-Type", "application/x-www-form-urlencoded")], .bytes(Array(value.utf8)))
    }
}
