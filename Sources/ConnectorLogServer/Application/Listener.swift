import ConnectorLogInvoker
import HummingbirdCore
import HummingbirdHTTP2
import NIOCore
import NIOSSL

/// The protocols that the port speaks: HTTP/1.1, and with TLS also HTTP/2.
enum Listener {
    /// - Parameters:
    ///   - maximumBodyBytes: what the most generous route takes.
    ///   - invoker: nil where calls do not go through.
    static func make(
        settings: ServerSettings, maximumBodyBytes: Int, responder: EdgeResponder, invoker: Invoker?
    ) throws -> HTTPServerBuilder {
        let http1 = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                PresenceHandler(presence: responder.presence),
                ClosingHandler(
                    closePatience: .seconds(Int64(settings.idleSeconds)), answerToNoHTTP: responder.answerToNoHTTP),
                ContinueHandler(maximumBodyBytes: maximumBodyBytes),
            ] + (invoker.map { [$0.makeHandler()] } ?? []),
            idleTimeout: .seconds(Int64(settings.idleSeconds)),
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: ServerSettings.headerBytes, maxHeaderListSize: ServerSettings.headerBytes,
                maxHeaderFieldCount: ServerSettings.headerFields))
        guard let tls = settings.tls else { return .http1(configuration: http1) }
        var configuration = try TLSConfiguration.makeServerConfiguration(
            certificateChain: NIOSSLCertificate.fromPEMFile(tls.certificate).map { .certificate($0) },
            privateKey: .privateKey(NIOSSLPrivateKey(file: tls.privateKey, format: .pem)))
        // RFC 8996 retires TLS 1.0 and 1.1.
        configuration.minimumTLSVersion = .tlsv12
        return try .http2Upgrade(
            tlsConfiguration: configuration,
            configuration: HTTP2ChannelConfiguration(
                idleTimeout: .seconds(settings.idleSeconds), gracefulCloseTimeout: .seconds(10),
                streamConfiguration: http1))
    }
}
