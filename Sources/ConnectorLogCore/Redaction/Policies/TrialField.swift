/// One text of a stored entry, and how it would be redacted.
struct TrialField {
    enum Place {
        /// Letters, digits and dashes: `TextRedactor.redactWord`.
        case word
        case text(TextRedactor.Context)
        /// A header's value, with the header's name.
        case header([UInt8])
        case body(isCut: Bool)
    }

    var field: StaticString
    var bytes: [UInt8]
    var place: Place

    var isBody: Bool {
        if case .body = place { true } else { false }
    }

    /// What a receipt of this field says behind it; may be empty.
    func receiptName(of redaction: Redaction) -> String {
        String(decoding: redaction.field.utf8.dropFirst(field.utf8CodeUnitCount + 1), as: UTF8.self)
    }

    /// The fields that rules of a team reach, named as `RedactingBatchBuilder` names them.
    static func fields(of entry: LogEntry) -> [TrialField] {
        let summary = entry.summary
        var fields: [TrialField] = []
        func add(_ field: StaticString, _ text: String?, _ place: Place = .text(.text)) {
            guard let text else { return }
            fields.append(TrialField(field: field, bytes: Array(text.utf8), place: place))
        }
        func add(_ field: StaticString, _ headers: [HeaderField]) {
            for header in headers {
                add(field, header.name, .text(.header))
                add(field, header.value, .header(Array(header.name.utf8)))
            }
        }
        func add(_ field: StaticString, _ body: Body?) {
            guard let body else { return }
            fields.append(TrialField(field: field, bytes: body.bytes, place: .body(isCut: body.isTruncated)))
        }
        add("connector_identifier", summary.connectorIdentifier, .word)
        add("method", summary.method, .word)
        add("event", summary.event)
        add("uri", summary.uri, .text(.uri))
        add("request_id", summary.requestID)
        add("flow_id", summary.flowID)
        add("flow_name", summary.flowName)
        add("flow_version", summary.flowVersion)
        add("state_id", summary.stateID)
        add("error_name", summary.errorName)
        add("error_message", summary.errorMessage)
        add("attributes", entry.attributesJSON)
        add("request_headers", entry.requestHeaders)
        add("response_headers", entry.responseHeaders)
        add("request_body", entry.requestBody)
        add("response_body", entry.responseBody)
        return fields
    }
}
