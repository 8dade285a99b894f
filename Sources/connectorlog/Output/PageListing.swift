import ConnectorLogAPI

extension Listing {
    /// A page of a list of the API.
    init(
        columns: [Column<Row>], page answer: APIClient.Answer<PageDocument<Row>>,
        identifier: @escaping (Row) -> String
    ) where Row: Decodable & Sendable {
        self.init(
            columns: columns, rows: answer.content.rows, document: answer.document,
            note: answer.content.nextCursor.map { "there is more: --cursor \($0.withoutControls)" },
            identifier: identifier)
    }
}
