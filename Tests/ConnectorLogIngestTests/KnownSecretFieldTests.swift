import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Testing

/// Known secrets in fields of a checked form, where a placeholder with brackets would not fit, and in receipts.
@Suite
struct KnownSecretFieldTests {
    private static let word = "pat-0123456789-abcdef"
    private static let digits = "0af7651916cd43dd8448eb211c80319c"

    private func batch(_ members: String) async throws -> RedactedBatch {
        let book = Fixtures.redactionBook()
        let secrets = [Self.word, Self.digits].map { KnownSecret(value: Array($0.utf8)) }
        book.setSecrets(secrets, team: 7, connector: nil)
        let run = try await IngestRun(Array("{\(members)}".utf8), book: book)
        return try #require(run.batch)
    }

    @Test func wordsBecomeOtherWords() async throws {
        let batch = try await batch(#""connector_identifier":"\#(Self.word)","method":"\#(Self.word)""#)
        for field in [EntryTextField.connector, .method] {
            #expect(batch.text(field)?.wholeMatch(of: /secret-[0-9a-z]{6}/) != nil)
        }
        #expect(Connector.isIdentifier(try #require(batch.text(.connector))))
    }

    @Test func traceIDsGoWhole() async throws {
        let batch = try await batch(#""connector_identifier":"crm","trace_id":"\#(Self.digits)""#)
        #expect(batch.text(.traceID) == nil)
        let receipt = try #require(batch.entries[.receipt][0].flatMap(Receipt.decode))
        #expect(receipt == [Redaction(rule: .knownSecret, field: "trace_id", count: 1)])
    }

    @Test func aHeadersNameIsNotNotedWhereItHoldsASecret() async throws {
        let batch = try await batch(
            #""connector_identifier":"crm","request_headers":{"X-\#(Self.word)-Token":"value"}"#)
        let receipt = try #require(batch.entries[.receipt][0].flatMap(Receipt.decode))
        #expect(!receipt.contains { $0.field.contains(Self.word) })
        #expect(receipt.contains(Redaction(rule: .header, field: "request_headers", count: 1)))
        #expect(batch.headers(.requestHeaders)?.first?.name.contains(Self.word) == false)
    }

    @Test func aReceiptTellsSoManyNamesApart() async throws {
        let members = (0..<RedactionTally.mostItems + 50).map { #"\"n\#($0)_token\":\"x\""# }
        let batch = try await batch(
            #""connector_identifier":"crm","request_body":"{\#(members.joined(separator: ","))}""#)
        let receipt = try #require(batch.entries[.receipt][0].flatMap(Receipt.decode))
        #expect(receipt.count == RedactionTally.mostItems + 1)
        #expect(receipt.map(\.count).reduce(0, +) == members.count)
        #expect(receipt.last == Redaction(rule: .jsonKey, field: "request_body", count: 50))
    }
}
