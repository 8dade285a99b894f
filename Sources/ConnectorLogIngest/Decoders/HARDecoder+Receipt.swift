import ConnectorLogCore

/// The receipt of an entry in an archive of ours: values that were taken out before it was exported are not there to be
/// found again.
extension HARDecoder {
    private enum ReceiptMember: String, MemberName { case rule, field, count }

    private static let receiptReader = NamedMemberReader<ReceiptMember>()
    /// Fields of an entry from which something can be taken.
    private static let receiptFields: Set<String> = [
        "connector_identifier", "event", "method", "uri", "request_id", "flow_id", "flow_name", "flow_version",
        "state_id",
        "trace_id", "span_id", "error_name", "error_message", "attributes", "request_headers", "response_headers",
        "request_body", "response_body",
    ]
    /// A call that was joined of two parts has the receipts of both.
    private static let mostRedactions = 2 * RedactionTally.mostItems

    /// What is not one of our redactions is passed over: anybody can write an archive.
    mutating func receipt(_ slice: JSONSlice?) throws(LineError) -> [Redaction] {
        guard let slice, slice.kind == .array else { return [] }
        var receipt: [Redaction] = []
        var contents = JSONContents(slice, in: text)
        while let (_, value) = try contents.next() {
            guard receipt.count < Self.mostRedactions else { continue }
            let members = try Self.receiptReader.read(value, in: text)
            guard let name = entry.meaning(members[.rule], in: text), let rule = RedactionRule(name: name),
                let field = receiptField(members[.field]), let count = wholeNumber(members[.count]),
                (1...Int64(Int32.max)).contains(count)
            else { continue }
            receipt.append(Redaction(rule: rule, field: field, count: Int(count)))
        }
        return receipt
    }

    /// A field of an entry, and behind a point the name of a header, a parameter or a member of it.
    private mutating func receiptField(_ slice: JSONSlice?) -> String? {
        guard let path = entry.meaning(slice, in: text), path.count <= Limits.uri, !path.contains(0) else { return nil }
        let field = String(decoding: path, as: UTF8.self)
        return Self.receiptFields.contains(String(field.prefix { $0 != "." })) ? field : nil
    }
}
