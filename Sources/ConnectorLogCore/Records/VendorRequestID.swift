/// The response headers in which vendors give the id of a call, which their support asks for.
package enum VendorRequestID {
    package static let headerNames = [
        "x-request-id", "x-amzn-requestid", "x-amz-request-id", "cf-ray", "x-ms-request-id", "request-id",
        "x-hubspot-correlation-id", "x-correlation-id", "x-github-request-id", "x-shopify-request-id",
        "sforce-request-id",
        "x-goog-request-id", "x-trace-id", "x-fb-trace-id", "x-slack-req-id", "stripe-request-id",
        "x-zendesk-request-id",
    ]

    private static let names = headerNames.map { Array($0.utf8) }

    package static func isName(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { isName(UnsafeRawBufferPointer($0)) }
    }

    package static func isName(_ name: UnsafeRawBufferPointer) -> Bool {
        // All of them end in "id" but one.
        guard name.count >= 6 else { return false }
        let last = name[name.count - 1] | 0x20
        guard last == UInt8(ascii: "d") || last == UInt8(ascii: "y") else { return false }
        return names.contains { candidate in
            candidate.count == name.count
                && zip(candidate, name).allSatisfy { $0 == ($1 &- 65 < 26 ? $1 | 0x20 : $1) }
        }
    }
}
