import ConnectorLogTesting
import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import OTLPProtobuf
import Testing

/// Spans on their way to the server by OTLP.
struct SpanWay {
    let client: LiveServer.Client
    let key: String

    func send(_ spans: [OTLPSpan], by way: WayIn) async throws {
        let (protobuf, json) = ("application/x-protobuf", "application/json")
        switch way {
        case .spansInJSON: try await post([UInt8](SpanOfLine.json(spans)), json, answer: "{}")
        case .spansInGzip:
            let body = Compressed.gzip([UInt8](SpanOfLine.request(spans)))
            try await post(body, protobuf, ("Content-Encoding", "gzip"), answer: "")
        case .spansOverGRPC: try await call(SpanOfLine.request(spans))
        default: try await post([UInt8](SpanOfLine.request(spans)), protobuf, answer: "")
        }
    }

    private func post(
        _ body: [UInt8], _ type: String, _ headers: (String, String)..., answer expected: String
    ) async throws {
        let answer = try await client.send(
            "POST", "/v1/traces", [("Authorization", "Bearer \(key)"), ("Content-Type", type)] + headers, .bytes(body))
        try #require(answer.status == 200 && answer.text == expected, "\(answer.text)")
    }

    private func call(_ body: Data) async throws {
        let address = try #require(client.otlpAddress.split(separator: ":").last.flatMap { Int($0) })
        let transport = try HTTP2ClientTransport.Posix(
            target: .ipv4(address: "127.0.0.1", port: address), transportSecurity: .plaintext)
        let method = MethodDescriptor(
            fullyQualifiedService: "opentelemetry.proto.collector.trace.v1.TraceService", method: "Export")
        let answer = try await withGRPCClient(transport: transport) { grpc in
            try await grpc.unary(
                request: ClientRequest(message: body, metadata: ["authorization": "Bearer \(key)"]), descriptor: method,
                serializer: MessageBytes(), deserializer: MessageBytes(), options: .defaults
            ) { try $0.message }
        }
        client.evidence.look(in: [UInt8](answer), at: "the answer over gRPC")
        try #require(answer.isEmpty)
    }
}

/// Messages as the bytes that they are.
private struct MessageBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: Data) throws -> Bytes { Bytes(message) }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Data {
        bytes.withUnsafeBytes { Data($0) }
    }
}
