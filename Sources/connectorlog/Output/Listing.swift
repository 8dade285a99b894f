/// One column of a table for people.
struct Column<Row>: Sendable {
    enum Alignment: Sendable {
        case left, right
    }

    var title: String
    var alignment: Alignment
    /// Whether the column may be cut when the table is wider than the terminal.
    var isFlexible: Bool
    var value: @Sendable (Row) -> String
    var style: @Sendable (Row) -> TextStyle?

    init(
        _ title: String, alignment: Alignment = .left, isFlexible: Bool = false,
        style: @escaping @Sendable (Row) -> TextStyle? = { _ in nil }, value: @escaping @Sendable (Row) -> String
    ) {
        self.title = title
        self.alignment = alignment
        self.isFlexible = isFlexible
        self.value = value
        self.style = style
    }
}

/// What a command answers, in the three forms that it can be asked for: a table, the API's own document, or ids alone.
struct Listing<Row> {
    var columns: [Column<Row>]
    var rows: [Row]
    /// What `--quiet` prints, one a line.
    var identifier: (Row) -> String
    /// What `--json` prints: the server's answer as it came.
    var document: [UInt8]
    /// What people read beneath a table, on standard error: that there is more, and how to get it.
    var note: String?

    init(
        columns: [Column<Row>], rows: [Row], document: [UInt8], note: String? = nil,
        identifier: @escaping (Row) -> String
    ) {
        self.columns = columns
        self.rows = rows
        self.identifier = identifier
        self.document = document
        self.note = note
    }
}

enum OutputFormat: Sendable {
    case table
    case json
    case quiet
}

extension Console {
    func render<Row>(_ listing: Listing<Row>, as format: OutputFormat) throws(CommandFailure) {
        switch format {
        case .json:
            try show(document: listing.document)
        case .quiet:
            for row in listing.rows { try say(listing.identifier(row)) }
        case .table:
            for line in Table(columns: listing.columns, rows: listing.rows).lines(on: output) { try say(line) }
            if let note = listing.note { try tell(note) }
        }
    }

    /// One JSON document, ended by a line feed.
    func show(document: [UInt8]) throws(CommandFailure) {
        let text = String(decoding: document, as: UTF8.self)
        try emit(text.hasSuffix("\n") ? text : text + "\n", to: .output)
    }
}
