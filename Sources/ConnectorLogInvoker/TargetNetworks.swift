import ConnectorLogCore
package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Which addresses the invoker may connect to: those of the public internet, and private ones that the owner lists.
/// Without the list whoever may configure a connector could reach what only the server's own network should.
package struct TargetNetworks: Sendable, Equatable {
    /// An address with how many of its bits count (RFC 4632, section 3.1; RFC 4291, section 2.3).
    package struct Network: Sendable, Equatable {
        /// 16 bytes: IPv4 is mapped (RFC 4291, section 2.5.5.2).
        var bytes: [UInt8]
        var bits: Int

        /// `10.0.0.0/8`, `fd00::/8`, or an address alone. Nil for anything else.
        package init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard (1...2).contains(parts.count), let bytes = Self.bytes(of: String(parts[0])) else { return nil }
            let isIPv4 = !parts[0].contains(":")
            var bits = 128
            if parts.count == 2 {
                guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ $0 &- 48 <= 9 }),
                    let given = Int(parts[1]), given <= (isIPv4 ? 32 : 128)
                else { return nil }
                bits = given + (isIPv4 ? 96 : 0)
            }
            (self.bytes, self.bits) = (bytes, bits)
        }

        func contains(_ address: [UInt8]) -> Bool {
            let whole = bits / 8
            guard address[..<whole] == bytes[..<whole] else { return false }
            let mask = ~(UInt8.max >> UInt8(bits % 8))
            return bits % 8 == 0 || (address[whole] ^ bytes[whole]) & mask == 0
        }

        static func bytes(of text: String) -> [UInt8]? {
            guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
            return TargetNetworks.bytes(of: address)
        }
    }

    /// What is no host of the public internet (the IANA's special-purpose registries, RFC 6890).
    private static let special: [Network] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "168.63.129.16/32", "64:ff9b::/96", "64:ff9b:1::/48",
        "100::/64", "2001::/23",
        "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    ].compactMap { Network($0) }

    package var allowed: [Network]

    package init(allowed: [Network] = []) {
        self.allowed = allowed
    }

    /// Whatever address there is.
    package static let all = TargetNetworks(allowed: ["0.0.0.0/0", "::/0"].compactMap { Network($0) })

    /// False also for what is no address of IP.
    package func allow(_ address: SocketAddress?) -> Bool {
        guard let address, let bytes = Self.bytes(of: address) else { return false }
        return allowed.contains { $0.contains(bytes) } || !Self.special.contains { $0.contains(bytes) }
    }

    private static func bytes(of address: SocketAddress) -> [UInt8]? {
        guard let text = address.ipAddress else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        switch address.protocol {
        case .inet:
            (bytes[10], bytes[11]) = (0xFF, 0xFF)
            let isRead = bytes.withUnsafeMutableBytes { inet_pton(AF_INET, text, $0.baseAddress?.advanced(by: 12)) }
            return isRead == 1 ? bytes : nil
        case .inet6:
            // A link-local one has its zone behind it.
            let address = String(text.prefix { $0 != "%" })
            return bytes.withUnsafeMutableBytes { inet_pton(AF_INET6, address, $0.baseAddress) } == 1 ? bytes : nil
        default: return nil
        }
    }
}
