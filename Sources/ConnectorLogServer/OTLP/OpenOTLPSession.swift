package import ConnectorLogIngest
package import Foundation

/// A session under way. A class, because swiftc 6.3 does not come to an end on a closure of an asynchronous function that
/// captures a noncopyable variable.
package final class OpenOTLPSession {
    private var session: OTLPSession?

    init(_ session: consuming OTLPSession) {
        self.session = consume session
    }

    /// A whole body, not compressed.
    package func take(_ body: Data) throws(IngestError) {
        try session?.take(body)
    }

    package func feed(_ bytes: UnsafeRawBufferPointer) throws(IngestError) {
        try session?.feed(bytes)
    }

    /// Once.
    package func finish() async throws(IngestError) -> OTLPOutcome {
        guard let session = session.take() else {
            throw IngestError(.overloaded, "the request is finished already")
        }
        return try await session.finish()
    }
}
