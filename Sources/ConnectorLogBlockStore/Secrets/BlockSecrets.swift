import ConnectorLogCore

/// Looks through one block, column by column: one that is damaged does not hide what is in the others.
struct BlockSecrets {
    /// A text of a row with secrets in it.
    struct Hit {
        var field: EntryTextField
        var row: Int
        var search: KnownSecretSearch
        var found: [KnownSecretSearch.Found]
    }

    let scopes: SecretScopes
    /// Whether secrets of a team's connectors are looked for in the entries of all of them.
    private let isWide: Bool
    private(set) var hits: [Hit] = []
    private(set) var damage: [CheckReport.Fault] = []
    /// Nil where they are damaged.
    private(set) var ids: IDColumn?
    private(set) var teams: [Int64]?
    /// Rows whose body was cut, by field.
    private var cut: [EntryTextField: [Bool]] = [:]

    init(_ scopes: SecretScopes, isWide: Bool = false) {
        (self.scopes, self.isWide) = (scopes, isWide)
    }

    mutating func run(_ block: StoredBlock, _ scratch: inout KnownSecretSearch.Scratch) throws {
        ids = try attempt(block) { try $0.ids() }
        teams = try attempt(block) { try $0.integers(.teamID) }
        let connectors = try column(.connector, of: block)
        for (field, attributes) in [
            (EntryTextField.requestBody, BlockFormat.Column.requestBodyAttributes),
            (.responseBody, .responseBodyAttributes),
        ] {
            let values = try attempt(block) { try $0.integers(attributes) }
            cut[field] = values?.map { BodyAttributes(packed: $0).isTruncated }
        }
        let (own, shared) = searches(connectors, of: block)
        for field in EntryTextField.allCases {
            let texts = field == .connector ? connectors : try column(field, of: block)
            guard let texts else { continue }
            run(texts, field, field.isShared ? shared : own, &scratch)
        }
    }

    /// Of each row, for its own texts, and for those that become rows which name no connector.
    private func searches(
        _ connectors: TextColumn?, of block: StoredBlock
    ) -> (own: [KnownSecretSearch?], shared: [KnownSecretSearch?]) {
        var (own, shared): ([KnownSecretSearch?], [KnownSecretSearch?]) = ([], [])
        var last: (team: Int64, connector: [UInt8]?, own: KnownSecretSearch?, shared: KnownSecretSearch?)?
        for row in 0..<block.rows {
            let connector = isWide ? nil : connectors?[row].map(Array.init)
            guard let team = teams?[row] ?? block.summary.teamID else {
                own.append(scopes.all)
                shared.append(scopes.all)
                continue
            }
            if last?.team != team || last?.connector != connector {
                last = (
                    team, connector, scopes.search(team: team, connector: connector),
                    scopes.search(team: team, connector: nil)
                )
            }
            own.append(last?.own)
            shared.append(last?.shared)
        }
        return (own, shared)
    }

    private mutating func run(
        _ texts: TextColumn, _ field: EntryTextField, _ searches: [KnownSecretSearch?],
        _ scratch: inout KnownSecretSearch.Scratch
    ) {
        for row in 0..<texts.count where !texts.isNull(row) {
            guard let search = searches[row] else { continue }
            let isCut = cut[field]?[row] ?? false
            let range = texts.range(row)
            let found = unsafe texts.bytes.withUnsafeBytes { bytes in
                unsafe Self.find(
                    UnsafeRawBufferPointer(rebasing: bytes[range]), field, search, isCut: isCut, &scratch)
            }
            if !found.isEmpty { hits.append(Hit(field: field, row: row, search: search, found: found)) }
        }
    }

    /// Names and values of headers each for themselves.
    private static func find(
        _ text: UnsafeRawBufferPointer, _ field: EntryTextField, _ search: KnownSecretSearch, isCut: Bool,
        _ scratch: inout KnownSecretSearch.Scratch
    ) -> [KnownSecretSearch.Found] {
        guard field.isHeaders else { return unsafe search.find(in: text, isCut: isCut, using: &scratch) }
        var found: [KnownSecretSearch.Found] = []
        let bytes = unsafe Span<UInt8>(_unsafeElements: text.assumingMemoryBound(to: UInt8.self))
        var at = 0
        while at < text.count, let range = HeaderList.text(in: bytes, at: &at, end: text.count) {
            found += unsafe search.find(in: UnsafeRawBufferPointer(rebasing: text[range]), using: &scratch)
        }
        return found
    }

    // MARK: - Columns

    /// Nil when the column is damaged.
    private mutating func column(_ field: EntryTextField, of block: StoredBlock) throws -> TextColumn? {
        try attempt(block) { block in
            var column = TextColumn()
            let rows = Array(0..<block.rows)
            if field.isHeaders {
                let reader = try block.headers(field.column)
                try reader.decode()
                try reader.append(rows, to: &column)
            } else {
                try block.texts(field.column).decoded().append(rows, to: &column)
            }
            return column
        }
    }

    private mutating func attempt<Value>(_ block: StoredBlock, _ body: (StoredBlock) throws -> Value) throws -> Value? {
        do {
            return try body(block)
        } catch let error as BlockError {
            let fault = CheckReport.Fault(block: block.summary.id, place: error.place, what: error.reason.rawValue)
            if !damage.contains(fault) { damage.append(fault) }
            return nil
        }
    }

    // MARK: - Redaction

    /// The texts of all hits without their secrets; nil as a value: the text goes as a whole.
    func redactions(
        of columns: EntryColumns, _ scratch: inout KnownSecretSearch.Scratch
    ) -> [EntryTextField: [Int: [UInt8]?]] {
        var texts: [EntryTextField: [Int: [UInt8]?]] = [:]
        var receipts: [Int: [UInt8]] = [:]
        for hit in hits {
            let text = columns[hit.field][hit.row] ?? []
            texts[hit.field, default: [:]][hit.row] = redacted(text, hit, &scratch)
            guard hit.field != .receipt else { continue }
            Receipt.append(
                knownSecretsIn: hit.field.name, count: hit.found.count, to: &receipts[hit.row, default: []])
        }
        for (row, more) in receipts where texts[.receipt]?[row] == nil {
            texts[.receipt, default: [:]][row] = Array(columns[.receipt][row] ?? []) + more
        }
        return texts
    }

    private func redacted(
        _ text: ArraySlice<UInt8>, _ hit: Hit, _ scratch: inout KnownSecretSearch.Scratch
    ) -> [UInt8]? {
        let isCut = cut[hit.field]?[hit.row] ?? false
        func redacted(_ text: ArraySlice<UInt8>, as form: KnownSecretSearch.Form) -> [UInt8] {
            unsafe text.withUnsafeBytes {
                unsafe hit.search.redacted($0, as: form, isCut: isCut, using: &scratch)
            } ?? Array(text)
        }
        switch hit.field {
        // No other id takes the place of one; a receipt names fields, which nobody can name anew.
        case .traceID, .spanID, .receipt: return nil
        case .connector, .method: return redacted(text, as: .word)
        case .uri: return redacted(text, as: .uri)
        case .requestHeaders, .responseHeaders:
            var fields: [UInt8] = []
            HeaderList.forEach(text) { name, value in
                for part in [name, value] {
                    let bytes = redacted(part, as: .header)
                    Varint.append(UInt64(bytes.count), to: &fields)
                    fields += bytes
                }
            }
            return fields
        default: return redacted(text, as: .text)
        }
    }
}

extension EntryTextField {
    /// What becomes part of flow states, which are of no connector.
    fileprivate var isShared: Bool {
        switch self {
        case .stateID, .flowID, .flowName, .flowVersion: true
        default: false
        }
    }

    /// As the API and receipts call it.
    var name: String {
        switch self {
        case .connector: "connector_identifier"
        case .event: "event"
        case .method: "method"
        case .uri: "uri"
        case .requestID: "request_id"
        case .flowID: "flow_id"
        case .flowName: "flow_name"
        case .flowVersion: "flow_version"
        case .stateID: "state_id"
        case .traceID: "trace_id"
        case .spanID: "span_id"
        case .errorName: "error_name"
        case .errorMessage: "error_message"
        case .requestHeaders: "request_headers"
        case .responseHeaders: "response_headers"
        case .requestBody: "request_body"
        case .responseBody: "response_body"
        case .attributes: "attributes"
        case .receipt: "receipt"
        }
    }
}
