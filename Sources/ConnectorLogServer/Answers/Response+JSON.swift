import ConnectorLogAPI
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// An answer in JSON.
    static func json(
        _ value: some JSONWritable, status: HTTPResponse.Status = .ok, capacity: Int = 512
    ) -> Response {
        json(bytes: JSONWriter.bytes(of: value, capacity: capacity), status: status)
    }

    static func json(bytes: [UInt8], status: HTTPResponse.Status) -> Response {
        bytes.withUnsafeBytes { Response(status: status, bytes: $0, mediaType: "application/json") }
    }

    static var noContent: Response { Response(status: .noContent) }

    init(status: HTTPResponse.Status, bytes: UnsafeRawBufferPointer, mediaType: String) {
        self.init(
            status: status, headers: [.contentType: mediaType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
