/// An entry as its sender gave it: checked against the limits, not yet redacted. The bytes belong to the decoder and are
/// good only until it goes on; `RedactingBatchBuilder.append` copies what it keeps.
package struct EntryDraft: ~Copyable {
    package typealias Text = UnsafeRawBufferPointer

    package struct Header {
        package var name: Text
        package var value: Text

        @inlinable
        package init(name: Text, value: Text) {
            (self.name, self.value) = (name, value)
        }
    }

    package struct Body {
        package var bytes: Text
        package var isBinary = false
        /// What the sender says of the whole; nil when `bytes` is the whole.
        package var originalSize: Int?
        package var isTruncated = false

        package init(bytes: Text) {
            self.bytes = bytes
        }
    }

    /// Stretches of memory in which most of its texts lie, so that one pass of each tells where redaction has to look
    /// closely. Texts may lie elsewhere.
    package var memory = (Text(start: nil, count: 0), Text(start: nil, count: 0))
    package var teamID: Int64 = 0
    package var logTime: Int64 = 0
    package var connector = Text(start: nil, count: 0)
    /// The sender did not say which connector it is: secrets of all of the team's are looked for.
    package var isConnectorGuessed = false
    /// What `connector` was made of, where its letters are not the sender's: a secret would not be known in it again.
    package var connectorSource: Text?
    package var event: Text?
    package var method: Text?
    package var uri: Text?
    /// 0 when no response came.
    package var status = 0
    /// Nil: by status and error.
    package var outcome: Outcome?
    /// Microseconds; -1 when unknown.
    package var duration: Int64 = -1
    package var requestID: Text?
    package var flowID: Text?
    package var flowName: Text?
    package var flowVersion: Text?
    package var stateID: Text?
    package var traceID: Text?
    package var spanID: Text?
    package var errorName: Text?
    package var errorMessage: Text?
    package var requestHeaders: [Header] = []
    package var responseHeaders: [Header] = []
    package var requestBody: Body?
    package var responseBody: Body?
    /// A JSON object.
    package var attributes: Text?
    /// What was taken out of these texts before, when they waited for one another or lay in a store from which they were
    /// exported: it stands in the receipt, too.
    package var redactedBefore: [Redaction] = []

    package init() {}
}
