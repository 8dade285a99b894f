import ConnectorLogCore

/// What a server's version has, and how statements are written for it: the one place that knows versions. From 18.16 on, with
/// plain substitutes for what came later.
struct Dialect: Hashable, Sendable {
    /// Year and month of the release, such as 1816 (its own numbering) or 2409.
    let version: Int

    /// The oldest that is spoken to.
    static let oldest = 1816

    /// `18.16.1`, `24.9.2.42`; nil for anything else.
    init?(version text: String) {
        let parts = text.split(separator: ".").prefix(2).map { Int($0) }
        guard parts.count == 2, let year = parts[0], let month = parts[1], year < 100, month < 100 else { return nil }
        version = year * 100 + month
    }

    var hasCodecs: Bool { version >= 1901 }
    var hasLowCardinality: Bool { version >= 1901 }
    var hasPartitionLimit: Bool { version >= 1906 }
    var hasSkippingIndices: Bool { version >= 2001 }
    var hasMutationWait: Bool { version >= 2001 }
    /// DateTime64, with functions that make it of whole microseconds and back.
    var hasMicroseconds: Bool { version >= 2005 }
    /// Writes of a quorum may go side by side.
    var hasParallelQuorum: Bool { version >= 2010 }
    var hasAsynchronousInserts: Bool { version >= 2111 }
    var hasDeduplicationToken: Bool { version >= 2202 }
    /// A change leaves the part of a partition alone that was last written with a quorum, until another is written.
    var sparesLastQuorum: Bool { version < 2005 }

    // MARK: - Types

    var timeType: String { hasMicroseconds ? "DateTime64(6, 'UTC')" : "Int64" }

    /// - Parameter hasFewValues: the column has the same texts again and again.
    func textType(hasFewValues: Bool) -> String {
        hasFewValues && hasLowCardinality ? "LowCardinality(String)" : "String"
    }

    func codec(_ codec: String) -> String { hasCodecs ? " CODEC(\(codec))" : "" }

    /// The day of a time, which parts are made by.
    func day(_ column: String) -> String {
        hasMicroseconds ? "toYYYYMMDD(\(column), 'UTC')" : "intDiv(\(column), \(Self.day))"
    }

    static let day: Int64 = 86_400_000_000

    // MARK: - Values

    func time(_ microseconds: Int64) -> String {
        hasMicroseconds ? "fromUnixTimestamp64Micro(toInt64(\(microseconds)), 'UTC')" : "\(microseconds)"
    }

    func time(_ time: Timestamp) -> String { self.time(time.microseconds) }

    /// A time column as Int64.
    func microseconds(_ column: String) -> String {
        hasMicroseconds ? "toUnixTimestamp64Micro(\(column))" : column
    }

    /// A literal: all bytes but letters and digits of ASCII, and few that mean nothing, are escaped.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var literal = "'"
        for byte in bytes {
            switch byte {
            case 0x20...0x7E where byte != UInt8(ascii: "'") && byte != UInt8(ascii: "\\"):
                literal.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                literal += byte < 16 ? "\\x0" : "\\x"
                literal += String(byte, radix: 16)
            }
        }
        return literal + "'"
    }

    static func text(_ text: String) -> String { Self.text(text.utf8) }

    static func id(_ id: EntryID) -> String {
        let bytes = withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { Array($0) }
        return "toFixedString(\(text(bytes)), 16)"
    }
}
