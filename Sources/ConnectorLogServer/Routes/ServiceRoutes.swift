import ConnectorLogAPI
import Hummingbird
import NIOCore

/// The server itself.
enum ServiceRoutes {
    private struct Health: JSONWritable {
        /// What runs, and is not as it should be.
        let warnings: [String]

        init(_ call: RouteCall) {
            warnings = call.environment.callRecords.warnings(at: call.environment.now)
        }

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("status", "ok")
                guard !warnings.isEmpty else { return }
                json.name("warnings")
                json.array { json in
                    for warning in warnings { json.write(warning) }
                }
            }
        }
    }

    /// Whether the process runs: nothing is asked of the store.
    @Sendable static func getHealth(_ call: RouteCall) async throws -> Response {
        .json(Health(call))
    }

    /// Whether entries can be taken.
    @Sendable static func getReadiness(_ call: RouteCall) async throws -> Response {
        guard await call.environment.dependencies.isReady() else {
            throw APIError.unavailable("the store cannot take entries")
        }
        return .json(Health(call))
    }

    /// In the Prometheus text format, version 0.0.4.
    @Sendable static func getMetrics(_ call: RouteCall) async throws -> Response {
        let text = PrometheusText.write(call.environment.dependencies.metrics.snapshot())
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    @Sendable static func getOpenAPI(_ call: RouteCall) async throws -> Response {
        Response(
            status: .ok, headers: [.contentType: OpenAPIDocument.mediaType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: OpenAPIDocument.bytes)))
    }
}
