import ConnectorLogCore

/// A `traceparent` field (W3C Trace Context, section 3.2): the trace that a call belongs to, and its place in it.
struct TraceContext: Equatable {
    /// 32 digits, not all zero.
    var traceID: String
    /// 16 digits, not all zero.
    var spanID: String
    /// Two digits.
    var flags: String

    /// Nil for what is none: it is passed on as it came.
    init?(_ field: String) {
        let parts = field.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isHex(parts[0], 2), parts[0] != "ff", Self.isID(parts[1], 32),
            Self.isID(parts[2], 16), Self.isHex(parts[3], 2), parts.count == 4 || parts[0] != "00"
        else { return nil }
        (traceID, spanID, flags) = (String(parts[1]), String(parts[2]), String(parts[3]))
    }

    /// The call itself as a span of the trace.
    ///
    /// - Parameter bytes: 8 random ones.
    func child(_ bytes: [UInt8]) -> TraceContext {
        var child = self
        child.spanID = bytes.hexadecimal
        return child
    }

    var field: String { "00-\(traceID)-\(spanID)-\(flags)" }

    private static func isID(_ text: Substring, _ digits: Int) -> Bool {
        isHex(text, digits) && text.utf8.contains { $0 != UInt8(ascii: "0") }
    }

    private static func isHex(_ text: Substring, _ digits: Int) -> Bool {
        text.utf8.count == digits
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
