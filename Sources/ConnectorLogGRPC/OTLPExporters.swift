import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogServer
import Foundation
import GRPCCore
import OTLPProtobuf
import SwiftProtobuf

/// The two services of OTLP/gRPC that we have: `TraceService/Export` and `LogsService/Export`. Messages pass as bytes, so that
/// they are decoded record by record, as over HTTP.
struct OTLPExporters: RegistrableRPCService {
    let receiver: OTLPReceiver

    /// Held of `--ingest-memory` for each message while it arrives, whose length gRPC does not tell: most are shorter.
    private static let reservedBytes = 8 << 20

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        for signal in [OTLPSignal.traces, .logs] {
            let method = signal.method
            router.registerHandler(
                forMethod: method, deserializer: MessageBytes(), serializer: MessageBytes()
            ) { request, context in
                try await StreamingServerResponse(single: export(signal, request, context))
            }
        }
    }

    private func export(
        _ signal: OTLPSignal, _ request: StreamingServerRequest<Data>, _ context: ServerContext
    ) async throws -> ServerResponse<Data> {
        let start = ContinuousClock.now
        var key: APIKey?
        do {
            let admitted = try await receiver.admit(
                authorization: request.metadata.first("authorization"), address: context.remotePeer,
                forwarded: request.metadata.last("x-forwarded-for"))
            key = admitted
            // Only then: of who may not send, nothing is read.
            let hold = try receiver.reserve(Self.reservedBytes)
            let message = try await ServerRequest(stream: request).message
            withExtendedLifetime(hold) {}
            let outcome = try await take(message, signal, admitted)
            let answer = try signal.answer(to: outcome)
            report(context, status: 200, key: key, since: start)
            return ServerResponse(message: answer)
        } catch let error as RPCError {
            // The client's: it sent no message, or more than one, or broke off.
            report(context, status: 400, key: key, since: start)
            throw RPCError(code: .invalidArgument, message: "one message is expected", cause: error)
        } catch is CancellationError {
            report(context, status: 499, key: key, since: start)
            throw RPCError(code: .cancelled, message: "the call was cancelled")
        } catch {
            let error = (error as? IngestError).map { APIError(ingest: $0) } ?? APIError(error)
            report(context, status: error.otlpHTTPStatus, key: key, cause: error.cause, since: start)
            throw error.rpcError
        }
    }

    /// What is long is decoded away from the threads that serve the connections.
    private func take(_ message: Data, _ signal: OTLPSignal, _ key: APIKey) async throws -> OTLPOutcome {
        let format = OTLPFormat(signal: signal, media: .protobuf)
        let outcome = try await receiver.onThreads(bytes: message.count) {
            let open = receiver.open(format, key: key)
            try open.take(message)
            return try await open.finish()
        }
        receiver.note(
            outcome, signal: signal, bytes: message.count, route: signal.method.fullyQualifiedMethod, key: key)
        return outcome
    }

    private func report(
        _ context: ServerContext, status: Int, key: APIKey?, cause: (any Error)? = nil,
        since start: ContinuousClock.Instant
    ) {
        receiver.report(
            method: context.descriptor.fullyQualifiedMethod, status: status, key: key, cause: cause,
            duration: .now - start)
    }
}

extension OTLPSignal {
    fileprivate var method: MethodDescriptor {
        switch self {
        case .traces:
            MethodDescriptor(
                fullyQualifiedService: "opentelemetry.proto.collector.trace.v1.TraceService", method: "Export")
        case .logs:
            MethodDescriptor(
                fullyQualifiedService: "opentelemetry.proto.collector.logs.v1.LogsService", method: "Export")
        }
    }

    fileprivate func answer(to outcome: OTLPOutcome) throws -> Data {
        switch self {
        case .traces: try OTLPTracesResponse(outcome).serializedBytes()
        case .logs: try OTLPLogsResponse(outcome).serializedBytes()
        }
    }
}

extension APIError {
    /// With the delay where exporters look for it: those in Python in `google.rpc.retryinfo-bin`, all others in the details.
    fileprivate var rpcError: RPCError {
        var metadata: Metadata = [:]
        if let details: [UInt8] = try? otlpStatus.serializedBytes(), !otlpStatus.details.isEmpty {
            metadata.addBinary(details, forKey: "grpc-status-details-bin")
        }
        if let info = otlpRetryInfo, let bytes: [UInt8] = try? info.serializedBytes() {
            metadata.addBinary(bytes, forKey: "google.rpc.retryinfo-bin")
        }
        let code = Status.Code(rawValue: OTLPStatus(self.code).rawValue).flatMap { RPCError.Code($0) }
        return RPCError(code: code ?? .unavailable, message: message, metadata: metadata)
    }
}

extension Metadata {
    /// The first text under a key.
    fileprivate func first(_ key: String) -> String? {
        self[stringValues: key].first { _ in true }
    }

    /// The last, which the nearest proxy added.
    fileprivate func last(_ key: String) -> String? {
        self[stringValues: key].reduce(nil) { $1 }
    }
}

/// Messages as the bytes that they are.
private struct MessageBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: Data) throws -> Bytes { Bytes(message) }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Data {
        bytes.withUnsafeBytes { Data($0) }
    }
}
