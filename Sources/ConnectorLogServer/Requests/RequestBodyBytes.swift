import ConnectorLogAPI
import ConnectorLogCore
import HTTPTypes
import Hummingbird
import NIOCore

/// The whole body of a request, for routes that do not stream.
enum RequestBodyBytes {
    /// Throws 413 as soon as the body is known to exceed `limit` bytes, by `Content-Length` or by what arrives, and 415
    /// for compressed bodies, which only ingest takes.
    static func collect(_ request: Request, limit: Int) async throws -> [UInt8] {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw APIError(
                .unsupportedMediaType, "this call takes no compressed body", headers: [.acceptEncoding: "identity"])
        }
        let tooLarge = APIError(.contentTooLarge, "the body has at most \(limit) bytes")
        if let length = try contentLength(of: request), length > limit { throw tooLarge }
        var bytes: [UInt8] = []
        try await forEachChunk(of: request) { chunk in
            guard bytes.count + chunk.readableBytes <= limit else { throw tooLarge }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        return bytes
    }

    /// Hands over the chunks of a body as they arrive. A client that goes away in the middle of it made a bad request; the
    /// server did not fail.
    static func forEachChunk(of request: Request, _ body: (ByteBuffer) throws -> Void) async throws {
        var failure: (any Error)?
        do {
            for try await chunk in request.body {
                do {
                    try body(chunk)
                } catch {
                    failure = error
                    break
                }
            }
        } catch {
            throw APIError(.badRequest, "the body broke off")
        }
        if let failure { throw failure }
    }

    /// Nil when the length is not given; throws 400 when it is no number.
    static func contentLength(of request: Request) throws(APIError) -> Int? {
        guard let text = request.headers[.contentLength] else { return nil }
        guard text.utf8.allSatisfy({ $0 &- 48 <= 9 }), let length = Int(text) else {
            throw APIError(.badRequest, "Content-Length is no number")
        }
        return length
    }
}

/// A `Content-Type` field, read as far as is needed (RFC 9110, section 8.3).
struct MediaType: Equatable {
    /// Type and subtype, in lower case.
    var essence: String
    /// Names in lower case, values without their quotes.
    var parameters: [String: String] = [:]

    /// Nil when the request has none.
    init?(_ request: Request) {
        guard let field = request.headers[.contentType] else { return nil }
        self.init(field: field)
    }

    init(field: String) {
        let parts = Self.split(field)
        essence = Self.trimmed(parts[0]).lowercased()
        for part in parts.dropFirst() {
            let name = part.prefix { $0 != "=" }
            var value = Self.trimmed(part.dropFirst(name.count + 1))
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
            parameters[Self.trimmed(name).lowercased()] = String(value)
        }
    }

    /// At semicolons outside quotes; at least one part.
    private static func split(_ field: String) -> [Substring] {
        var isQuoted = false
        return field.split(omittingEmptySubsequences: false) { character in
            if character == "\"" { isQuoted.toggle() }
            return character == ";" && !isQuoted
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
        return text
    }

    /// Texts are UTF-8: another character set is refused.
    var isUTF8: Bool {
        parameters["charset"].map { ["utf-8", "utf8"].contains($0.lowercased()) } ?? true
    }

    /// Throws 415 unless the body is of this type.
    static func require(_ essence: String, in request: Request) throws(APIError) {
        guard let type = MediaType(request), type.essence == essence, type.isUTF8 else {
            throw APIError(.unsupportedMediaType, "this call takes \(essence)", headers: [.accept: essence])
        }
    }
}
