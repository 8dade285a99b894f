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
        if settings.isBehindProxy, let forwarded = request.headers[.xForwardedFor],
            let last = forwarded.split(separator: ",").last,
            let address = try? SocketAddress(ipAddress: String(last.drop { $0 == " " }), port: 0)
        {
            self.init(address)
        } else if let address = context.channel.remoteAddress {
            self.init(address)
        } else {
            self.init(bytes: [])
        }
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
