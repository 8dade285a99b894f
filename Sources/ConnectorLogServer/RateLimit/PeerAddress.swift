import HTTPTypes
package import Hummingbird
import NIOCore

/// Who is at the other end, as far as limits need it: an IPv4 address, or the /64 network of an IPv6 address, which is
/// what one subscriber has at least (RFC 6177).
package struct PeerAddress: Hashable, Sendable {
    private let bytes: [UInt8]

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Behind a proxy, the last address of `X-Forwarded-For`, the one that the proxy itself saw.
    package init(of request: Request, context: ServerRequestContext, settings: ServerSettings) {
        self.init(of: request.head, channel: context.channel, settings: settings)
    }

    init(of request: HTTPRequest, channel: any Channel, settings: ServerSettings) {
        if settings.isBehindProxy, let address = Self.last(of: request.headerFields[.xForwardedFor]) {
            self.init(address)
        } else if let address = channel.remoteAddress {
            self.init(address)
        } else {
            self.init(bytes: [])
        }
    }

    /// As gRPC writes addresses: `ipv4:192.0.2.1:50051`, `ipv6:[2001:db8::1]:50051`.
    init(address: String, forwarded: String?, settings: ServerSettings) {
        let host = address.split(separator: ":", maxSplits: 1).last.map { hostAndPort in
            hostAndPort.prefix(upTo: hostAndPort.lastIndex(of: ":") ?? hostAndPort.endIndex)
                .drop { $0 == "[" }.prefix { $0 != "]" }
        }
        if settings.isBehindProxy, let address = Self.last(of: forwarded) {
            self.init(address)
        } else if let host, let address = try? SocketAddress(ipAddress: String(host), port: 0) {
            self.init(address)
        } else {
            self.init(bytes: [])
        }
    }

    private static func last(of forwarded: String?) -> SocketAddress? {
        guard let last = forwarded?.split(separator: ",").last else { return nil }
        return try? SocketAddress(ipAddress: String(last.drop { $0 == " " }), port: 0)
    }

    init(_ address: SocketAddress) {
        let bytes = address.withSockAddr { Array(UnsafeRawBufferPointer(start: $0, count: $1)) }
        switch address {
        // The fields of `sockaddr_in`: family, port, address.
        case .v4: self.init(bytes: Array(bytes[4..<8]))
        // The fields of `sockaddr_in6`: family, port, flow, address. An IPv4 address may come mapped into one (RFC 4291,
        // section 2.5.5.2).
        case .v6:
            let isMapped = bytes[8..<18].allSatisfy { $0 == 0 } && bytes[18..<20] == [0xFF, 0xFF]
            self.init(bytes: Array(isMapped ? bytes[20..<24] : bytes[8..<16]))
        case .unixDomainSocket: self.init(bytes: [])
        }
    }
}
