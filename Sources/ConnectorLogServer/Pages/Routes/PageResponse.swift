import HTTPTypes
import Hummingbird
import NIOCore

/// Answers with the headers that every page has.
enum PageResponse {
    /// Nothing but this server's own files: no script or style within a page, no frame around it, no form that leads away.
    static let contentSecurityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    static func html(_ text: String, status: HTTPResponse.Status = .ok, _ encoding: PageEncoding) -> Response {
        var headers = pageHeaders
        headers[.contentType] = "text/html; charset=utf-8"
        return response(Array(text.utf8), status: status, headers, encoding)
    }

    private static func response(
        _ bytes: [UInt8], status: HTTPResponse.Status, _ headers: HTTPFields, _ encoding: PageEncoding
    ) -> Response {
        var headers = headers
        let (bytes, contentEncoding) = encoding.encoded(bytes)
        headers[.contentEncoding] = contentEncoding
        headers[.vary] = "Accept-Encoding"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// 303: the answer to a form is another page (RFC 9110, section 15.4.4).
    static func redirect(to address: String) -> Response {
        var headers = pageHeaders
        headers[.location] = address
        return Response(status: .seeOther, headers: headers)
    }

    static func asset(_ asset: PageAsset, _ encoding: PageEncoding) -> Response {
        var headers = commonHeaders
        headers[.contentType] = asset.mediaType
        headers[.cacheControl] = "public, max-age=31536000, immutable"
        if case .gzip = encoding, let packed = asset.packed {
            headers[.contentEncoding] = "gzip"
            headers[.vary] = "Accept-Encoding"
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: packed)))
        }
        return response(asset.bytes, status: .ok, headers, .identity)
    }

    /// `text/event-stream`, which nothing on the way may hold back.
    static func stream(_ body: ResponseBody) -> Response {
        var headers = pageHeaders
        headers[.contentType] = "text/event-stream"
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        return Response(status: .ok, headers: headers, body: body)
    }

    static func download(name: String, mediaType: String, body: ResponseBody) -> Response {
        var headers = pageHeaders
        headers[.contentType] = mediaType
        headers[.contentDisposition] = "attachment; filename=\"\(name)\""
        return Response(status: .ok, headers: headers, body: body)
    }

    private static var commonHeaders: HTTPFields {
        var headers = HTTPFields()
        headers[.contentSecurityPolicy] = contentSecurityPolicy
        headers[.xContentTypeOptions] = "nosniff"
        for (name, value) in [
            ("Referrer-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
        ] {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return headers
    }

    private static var pageHeaders: HTTPFields {
        var headers = commonHeaders
        headers[.cacheControl] = "no-store"
        return headers
    }
}
