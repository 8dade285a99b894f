package import ConnectorLogCore
import ConnectorLogInvoker

/// Where the invoker sends a connector's calls, and how; a form for those who may change it. Secrets are named, never shown.
package struct InvokerPage: PageModel {
    package static let template = PageTemplates.Name.invoker

    /// What becomes of the connector's calls.
    package struct State: Hashable, Sendable {
        package let word: String
        /// Of the badge.
        package let tone: String
        /// Why they are refused; nil when they are not, or not meant to be made.
        package let problem: String?

        /// - Parameter secretNames: of the connector; nil when the reader may not see them.
        init(_ connector: Connector, secretNames: [String]?) {
            guard !InvokerForm(configuration: connector.configuration.json).baseURL.isEmpty else {
                (word, tone, problem) = ("Off", "spent", nil)
                return
            }
            let problem = Self.problem(connector, secretNames)
            (word, tone) = problem == nil ? ("On", "good") : ("Calls are refused", "bad")
            self.problem = problem
        }

        private static func problem(_ connector: Connector, _ secretNames: [String]?) -> String? {
            do throws(ConnectorTarget.Problem) {
                let target = try ConnectorTarget(configuration: connector.configuration.json)
                guard let secretNames else { return nil }
                for case .secret(let name) in target.headers.flatMap(\.parts) where !secretNames.contains(name) {
                    return "the connector has no secret \(name)"
                }
                return nil
            } catch {
                return error.message
            }
        }
    }

    /// A form that was sent and could not be used, or what was done.
    package struct Attempt: Sendable {
        var form: InvokerForm?
        /// By the names of fields.
        var problems: [String: String] = [:]
        /// What is wrong with all of it.
        var problem: String?
        /// What the form began with; nil for what the page was made with.
        var loaded: String?
        /// Others saved since.
        var isOutdated = false
        /// By a word of the address.
        var done: String?

        package init() {}
    }

    package struct NumberField: Hashable, Sendable {
        package let field: String
        package let label: String
        package let help: String
        package let text: String
        package let standard: String
        package let problem: String?
    }

    package struct HeaderRow: Hashable, Sendable {
        package let number: Int
        package let nameField: String
        package let valueField: String
        package let headerName: String
        package let headerValue: String
        package let problem: String?
    }

    /// Rows for headers that are still to be written; there are as many again after each answer.
    private static let blankRows = 2
    private static let notices = [
        "saved": "Saved. It holds within a second.",
        "off": "Saved. The connector is off the invoker: its calls are refused.",
    ]

    package let frame: PageFrame
    package let csrfToken: String
    package let identifier: String
    package let pageHref: String
    package let connectorHref: String
    package let notice: String?
    package let state: State
    package let mayChange: Bool
    package let loaded: String
    package let isOutdated: Bool
    package let hasProblems: Bool
    package let formProblem: String?
    package let baseURL: String
    package let baseExample = "https://api.example.com/v2"
    package let baseProblem: String?
    package let numbers: [NumberField]
    package let requiresRecord: Bool
    package let headers: [HeaderRow]
    package let headersProblem: String?
    package let secretTemplate = InvokerForm.secretTemplate
    package let seesSecrets: Bool
    /// Each as a template has it.
    package let secretTemplates: [String]
    package let hasSecrets: Bool
    package let secretsHref: String
    package let keysHref: String
    package let facts: [EntryPage.Fact]
    package let address: String
    /// What a call to the address goes on to; nil while the connector is off.
    package let target: String?
    package let pathWithKey: String
    package let curl: String

    /// - Parameters:
    ///   - origin: scheme and host under which the reader reached the server.
    ///   - secretNames: of the connector; nil when the reader may not see them.
    package init(
        viewer: PageFrame.Viewer, team: Int64, connector: Connector, origin: String, secretNames: [String]?,
        mayChange: Bool, attempt: Attempt
    ) {
        let identifier = connector.identifier
        let present = InvokerForm(configuration: connector.configuration.json)
        let form = attempt.form ?? present
        let problems = attempt.problems
        connectorHref = PageAddress.connector(team, identifier)
        frame = PageFrame(
            title: "Invoker · \(connector.name)",
            crumbs: [
                .init("Connectors", href: PageAddress.connectors(team)),
                .init(connector.name, href: connectorHref), .init("Invoker"),
            ], viewer: viewer, section: .connectors)
        csrfToken = viewer.csrfToken
        self.identifier = identifier
        pageHref = PageAddress.invoker(team, identifier)
        notice = attempt.done.flatMap { Self.notices[$0] }
        state = State(connector, secretNames: secretNames)
        self.mayChange = mayChange
        loaded = attempt.loaded ?? present.digest
        isOutdated = attempt.isOutdated
        hasProblems = !problems.isEmpty
        formProblem = attempt.problem
        baseURL = form.baseURL
        baseProblem = problems[InvokerForm.Field.baseURL]
        numbers = Self.numbers(form, problems)
        requiresRecord = form.requiresRecord
        headers = Self.rows(form, problems)
        headersProblem = problems[InvokerForm.Field.headers]
        seesSecrets = secretNames != nil
        secretTemplates = (secretNames ?? []).map { "{{secret:\($0)}}" }
        hasSecrets = !secretTemplates.isEmpty
        secretsHref = PageAddress.redaction(team) + "#secrets"
        keysHref = PageAddress.keys(team)
        facts = Self.facts(present)
        address = "\(origin)\(InvokerPath.prefix)\(identifier)"
        target = present.baseURL.isEmpty ? nil : present.baseURL
        pathWithKey = "\(InvokerPath.prefix)~KEY/\(identifier)"
        curl = Self.curl(address, present)
    }

    private static func numbers(_ form: InvokerForm, _ problems: [String: String]) -> [NumberField] {
        func field(
            _ name: String, _ label: String, _ text: String, _ range: ClosedRange<Int>, _ standard: String,
            _ rest: String
        ) -> NumberField {
            NumberField(
                field: name, label: label,
                help: "\(range.lowerBound) to \(DisplayNumber.grouped(range.upperBound))\(rest)", text: text,
                standard: standard, problem: problems[name])
        }
        typealias Limits = ConnectorTarget.Limits
        typealias Field = InvokerForm.Field
        let (timeLimit, concurrency) = (String(Limits.defaultTimeLimit), String(Limits.defaultConcurrency))
        return [
            field(
                Field.timeLimit, "Time limit", form.timeLimit, Limits.timeLimit, timeLimit,
                " seconds. Until the answer begins, and between two of its parts. Empty: \(timeLimit)."),
            field(
                Field.concurrency, "Calls at once", form.concurrency, Limits.concurrency, concurrency,
                ". Past it calls get 429. Empty: \(concurrency)."),
            field(
                Field.callsPerSecond, "Calls per second", form.callsPerSecond, Limits.callsPerSecond, "any",
                ". Past it calls get 429. Empty: any number."),
            field(
                Field.retries, "Further attempts", form.retries, Limits.retries, "0",
                ", of idempotent calls. Empty: 0."),
        ]
    }

    private static func rows(_ form: InvokerForm, _ problems: [String: String]) -> [HeaderRow] {
        let room = max(0, min(blankRows, ConnectorTarget.Limits.headers - form.headers.count))
        let blank = InvokerForm.Header(name: "", value: "")
        return (form.headers + Array(repeating: blank, count: room)).enumerated().map { index, header in
            HeaderRow(
                number: index + 1, nameField: InvokerForm.Field.headerName(index),
                valueField: InvokerForm.Field.headerValue(index), headerName: header.name, headerValue: header.value,
                problem: problems[InvokerForm.Field.headerName(index)])
        }
    }

    /// For readers who may not change it.
    private static func facts(_ form: InvokerForm) -> [EntryPage.Fact] {
        func fact(_ label: String, _ value: String, _ standard: String) -> EntryPage.Fact {
            EntryPage.Fact(label: label, value: value.isEmpty ? standard : value, factHref: nil, isID: false)
        }
        return [
            fact("Base URL", form.baseURL, "none"),
            fact("Time limit in seconds", form.timeLimit, String(ConnectorTarget.Limits.defaultTimeLimit)),
            fact("Calls at once", form.concurrency, String(ConnectorTarget.Limits.defaultConcurrency)),
            fact("Calls per second", form.callsPerSecond, "any number"),
            fact("Further attempts", form.retries, "0"),
            fact("Calls that cannot be recorded", form.requiresRecord ? "are refused" : "go through", ""),
        ] + form.headers.map { fact("Header \($0.name)", $0.value, "empty") }
    }

    /// For a POSIX shell. The origin has no quotes in it (`Authority`), and neither has an identifier.
    private static func curl(_ address: String, _ form: InvokerForm) -> String {
        var lines = [
            "curl -sS '\(address)/orders?status=open'", "  -H \"X-Connector-Log-Key: $RECORDER_KEY\"",
        ]
        if !form.headers.contains(where: { $0.name.lowercased() == "authorization" }) {
            lines.append("  -H \"Authorization: Bearer $VENDOR_TOKEN\"")
        }
        return lines.joined(separator: " \\\n")
    }
}
