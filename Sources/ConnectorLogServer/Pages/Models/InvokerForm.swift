import ConnectorLogCore
import ConnectorLogInvoker
import Crypto

/// What a connector's configuration says to the invoker, as a form has it. Texts are as somebody typed them: whether they
/// hold is for `ConnectorTarget` to say.
package struct InvokerForm: Hashable, Sendable {
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    /// Names of the form's fields.
    enum Field {
        static let baseURL = "base_url"
        static let timeLimit = "time_limit_seconds"
        static let concurrency = "concurrency"
        static let callsPerSecond = "calls_per_second"
        static let retries = "retries"
        static let record = "record"
        static let headers = "headers"
        static func headerName(_ index: Int) -> String { "header_name_\(index)" }
        static func headerValue(_ index: Int) -> String { "header_value_\(index)" }
    }

    /// Rows that are read of a form; more than a connector may have, so that too many are told and not cut.
    private static let rows = 3 * ConnectorTarget.Limits.headers
    /// In the place of a base URL that is not there yet, so that the other fields can be checked.
    private static let anyBaseURL = "https://base.invalid"

    package var baseURL = ""
    package var timeLimit = ""
    package var concurrency = ""
    package var callsPerSecond = ""
    package var retries = ""
    package var requiresRecord = false
    package var headers: [Header] = []

    init() {}

    // MARK: - Reading

    /// What a reader sent. White space around a text is left out, and so are rows with nothing in them.
    init(_ form: PageForm) {
        func text(_ field: String) -> String { form[field]?.trimmed ?? "" }
        baseURL = text(Field.baseURL)
        timeLimit = text(Field.timeLimit)
        concurrency = text(Field.concurrency)
        callsPerSecond = text(Field.callsPerSecond)
        retries = text(Field.retries)
        requiresRecord = form[Field.record] == ConnectorTarget.RecordPolicy.required.rawValue
        headers = (0..<Self.rows).map {
            Header(name: text(Field.headerName($0)), value: text(Field.headerValue($0)))
        }.filter { !$0.name.isEmpty || !$0.value.isEmpty }
    }

    /// - Parameter configuration: a connector's, whatever it holds: what is no text or number is shown as nothing.
    package init(configuration: String) {
        guard let body = try? JSONBody(Array(configuration.utf8)), case .object(let members, _) = body.root else {
            return
        }
        baseURL = Self.text(members["base_url"])
        guard case .object(let options, _)? = members["invoker"] else { return }
        timeLimit = Self.text(options["time_limit_seconds"])
        concurrency = Self.text(options["concurrency"])
        callsPerSecond = Self.text(options["calls_per_second"])
        retries = Self.text(options["retries"])
        requiresRecord = Self.text(options["record"]) == ConnectorTarget.RecordPolicy.required.rawValue
        guard case .object(let headers, _)? = options["headers"] else { return }
        self.headers = headers.sorted { $0.key < $1.key }.map { Header(name: $0.key, value: Self.text($0.value)) }
    }

    private static func text(_ value: JSONBody.Value?) -> String {
        switch value {
        case .text(let text)?: text
        case .number(let text)?: text
        default: ""
        }
    }

    // MARK: - Writing

    /// The configuration with what the form says in it, and all else as it was. Nil when it is no JSON object.
    func configuration(in configuration: String) -> String? {
        guard var document = JSONObjectText(configuration.utf8) else { return nil }
        document["base_url"] = baseURL.isEmpty ? nil : JSONObjectText.quoted(baseURL)
        var options = document["invoker"].flatMap { JSONObjectText($0) } ?? JSONObjectText()
        options["time_limit_seconds"] = Self.number(timeLimit)
        options["concurrency"] = Self.number(concurrency)
        options["calls_per_second"] = Self.number(callsPerSecond)
        options["retries"] = Self.number(retries)
        options["record"] =
            requiresRecord ? JSONObjectText.quoted(ConnectorTarget.RecordPolicy.required.rawValue) : nil
        var fields = JSONObjectText()
        for header in headers { fields[header.name] = JSONObjectText.quoted(header.value) }
        options["headers"] = fields.isEmpty ? nil : fields.bytes[...]
        document["invoker"] = options.isEmpty ? nil : options.bytes[...]
        return String(decoding: document.bytes, as: UTF8.self)
    }

    /// Nil without a text. What is no whole number is written as one that no field takes.
    private static func number(_ text: String) -> ArraySlice<UInt8>? {
        guard !text.isEmpty else { return nil }
        // 7.0 and 7e0 are the integer 7 as well (JSON Schema core, section 4.2.3).
        let number = Int(text) ?? Double(text).flatMap { Int(exactly: $0) } ?? -1
        return Array(String(number).utf8)[...]
    }

    /// The configuration that says this and nothing else.
    private var json: String { configuration(in: "{}") ?? "{}" }

    /// Changes with what the form says, so that it can tell whether that is still what it began with.
    var digest: String {
        SHA256.hash(data: Array(json.utf8)).prefix(16).hexadecimal
    }

    // MARK: - What is wrong with it

    /// By the names of fields; empty when it holds.
    ///
    /// - Parameter present: what is stored.
    func problems(replacing present: InvokerForm) -> [String: String] {
        var problems = rowProblems(replacing: present)
        var rest = self
        if rest.baseURL.isEmpty { rest.baseURL = Self.anyBaseURL }
        rest.headers = headers.indices.filter { problems[Field.headerName($0)] == nil }.map { headers[$0] }
        // Each turn takes out what was wrong, so that all of it is told at once.
        while let problem = rest.problem {
            guard let wrong = problem.field, problems[name(of: wrong)] == nil else {
                problems[Field.baseURL] = "It cannot be used: \(problem.message)."
                break
            }
            problems[name(of: wrong)] = "It \(problem.reason)."
            rest.take(out: wrong)
        }
        return problems
    }

    private var problem: ConnectorTarget.Problem? {
        do throws(ConnectorTarget.Problem) {
            _ = try ConnectorTarget(configuration: json)
            return nil
        } catch {
            return error
        }
    }

    /// What JSON could not tell, for it has each name once.
    private func rowProblems(replacing present: InvokerForm) -> [String: String] {
        var problems: [String: String] = [:]
        for (index, header) in headers.enumerated() {
            if headers[..<index].contains(where: { $0.name.lowercased() == header.name.lowercased() }) {
                problems[Field.headerName(index)] = "This name stands in another row, too."
            } else if header.value.isEmpty, !present.headers.contains(header) {
                problems[Field.headerName(index)] = "There is no value. Empty both fields to take the header away."
            }
        }
        return problems
    }

    private func name(of field: ConnectorTarget.Field) -> String {
        switch field {
        case .baseURL: Field.baseURL
        case .timeLimit: Field.timeLimit
        case .concurrency: Field.concurrency
        case .callsPerSecond: Field.callsPerSecond
        case .retries: Field.retries
        case .record: Field.record
        case .headers: Field.headers
        case .header(let name): headers.firstIndex { $0.name == name }.map(Field.headerName) ?? Field.headers
        }
    }

    private mutating func take(out field: ConnectorTarget.Field) {
        switch field {
        case .baseURL: baseURL = Self.anyBaseURL
        case .timeLimit: timeLimit = ""
        case .concurrency: concurrency = ""
        case .callsPerSecond: callsPerSecond = ""
        case .retries: retries = ""
        case .record: requiresRecord = false
        case .headers: headers = []
        case .header(let name): headers.removeAll { $0.name == name }
        }
    }

    // MARK: - Secrets in it

    /// Takes out what would not be stored, since what is not stored is not shown either; says where that was, by the names of
    /// fields.
    ///
    /// - Parameter redacted: a configuration without its secrets; empty when that cannot be said.
    mutating func takeOutSecrets(_ redacted: (String) -> String) -> [String: String] {
        func part(_ change: (inout InvokerForm) -> Void) -> (isChanged: Bool, left: InvokerForm) {
            var part = InvokerForm()
            change(&part)
            let json = part.json
            let left = redacted(json)
            return (left != json, InvokerForm(configuration: left))
        }
        var problems: [String: String] = [:]
        let base = part { $0.baseURL = baseURL }
        if base.isChanged {
            problems[Field.baseURL] =
                "It holds a secret, which would not be stored. Register the secret, and set a header with it."
            baseURL = base.left.baseURL
        }
        for (index, header) in headers.enumerated() {
            let row = part { $0.headers = [header] }
            guard row.isChanged || MarkedText(header.value).pieces.contains(where: \.isRedaction) else { continue }
            problems[Field.headerName(index)] =
                "The value is a secret, which is not stored here. Register it, and write \(Self.secretTemplate)."
            if row.isChanged { headers[index].value = "" }
        }
        let texts: [WritableKeyPath<InvokerForm, String>] = [\.timeLimit, \.concurrency, \.callsPerSecond, \.retries]
        for text in texts { self[keyPath: text] = redacted(self[keyPath: text]) }
        return problems
    }

    static let secretTemplate = "{{secret:NAME}}"
}
