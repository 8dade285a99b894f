import NIOCore
import Testing

@testable import ConnectorLogInvoker

@Suite struct TargetNetworksTests {
    private static func allow(_ address: String, _ networks: TargetNetworks = TargetNetworks()) throws -> Bool {
        networks.allow(try SocketAddress(ipAddress: address, port: 443))
    }

    @Test(arguments: [
        "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "::ffff:10.0.0.1",
        "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1",
    ])
    func privateAndSpecialAddressesAreNot(_ address: String) throws {
        #expect(try !Self.allow(address))
        #expect(try Self.allow(address, .all))
    }

    @Test(arguments: ["8.8.8.8", "172.15.255.255", "172.32.0.1", "192.167.1.1", "1.1.1.1", "2606:4700::1111"])
    func publicOnesAre(_ address: String) throws {
        #expect(try Self.allow(address))
    }

    @Test func thoseThatTheOwnerListsAre() throws {
        let networks = TargetNetworks(
            allowed: try ["10.1.0.0/16", "fd00:1::/32", "192.168.7.9"].map {
                try #require(TargetNetworks.Network($0) as TargetNetworks.Network?)
            })
        for address in ["10.1.2.3", "fd00:1:2::3", "192.168.7.9", "::ffff:10.1.0.1"] {
            #expect(try Self.allow(address, networks), "\(address)")
        }
        for address in ["10.2.0.1", "fd00:2::1", "192.168.7.8", "127.0.0.1"] {
            #expect(try !Self.allow(address, networks), "\(address)")
        }
    }

    @Test(arguments: ["", "x", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/ 8"])
    func isNoNetwork(_ text: String) {
        #expect(TargetNetworks.Network(text) == nil)
    }

    @Test func whatIsNoAddressOfIPIsNot() throws {
        #expect(!TargetNetworks.all.allow(nil))
        #expect(!TargetNetworks.all.allow(try SocketAddress(unixDomainSocketPath: "/tmp/x")))
    }
}
