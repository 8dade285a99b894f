import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension JSONObjectWriter {
    mutating func run(_ context: ConnectorLogContext) {
        member("flow_id", context.flowID?.asName)
        member("flow_name", context.flowName?.asName)
        member("flow_version", context.flowVersion?.asName)
        member("state_id", context.stateID?.asName)
    }

    /// Name to value, or to a list of values where a name repeats. Fields past a limit are left out, and those whose name is
    /// none.
    /// - Returns: whether all are written.
    mutating func headers(_ name: String, _ headers: HTTPHeaders) -> Bool {
        var names: [String] = []
        var values: [String: [String]] = [:]
        var (fieldCount, byteCount) = (0, 0)
        for (name, value) in headers where !name.isEmpty && !name.utf8.contains(0) {
            byteCount += name.utf8.count + value.utf8.count
            guard fieldCount < FlatFormLimits.headerFields, byteCount <= FlatFormLimits.headerBytes else { break }
            fieldCount += 1
            if values[name] == nil { names.append(name) }
            values[name, default: []].append(value)
        }
        let isWhole = fieldCount == headers.count
        guard !names.isEmpty else { return isWhole }
        object(name) { writer in
            for name in names {
                let texts = values[name] ?? []
                if texts.count == 1 { writer.member(name, texts[0]) } else { writer.member(name, texts) }
            }
        }
        return isWhole
    }

    /// Text as it is, anything else in base64. An empty body says nothing unless it is the beginning of a longer one.
    mutating func body(_ name: String, _ body: ConnectorLogBody?) {
        guard let body, body.isTruncated || body.bytes.readableBytes > 0 else { return }
        if let text = body.text {
            member(name, text)
        } else {
            member(name, Data(body.bytes.readableBytesView).base64EncodedString())
            member(name + "_encoding", "base64")
        }
        if body.isTruncated {
            member(name + "_size", min(max(0, body.size), FlatFormLimits.bodySize))
            flag(name + "_truncated", true)
        }
    }

    /// In the order of their names, so that the same ones are left out each time. The last one names what was left out.
    mutating func attributes(_ attributes: [String: String], leftOut: [String]) {
        guard !attributes.isEmpty || !leftOut.isEmpty else { return }
        let note = "connectorlog.left_out"
        object("attributes") { writer in
            let start = writer.buffer.writerIndex
            let own = attributes.sorted { $0.key < $1.key }.filter { $0.key != note }
            var count = 0
            for (name, value) in own.prefix(FlatFormLimits.attributeMembers - 1) {
                let isKept = writer.attempt { writer in
                    writer.member(name, value)
                    return writer.buffer.writerIndex - start
                        <= FlatFormLimits.attributeBytes - FlatFormLimits.noteBytes
                }
                if isKept { count += 1 }
            }
            let leftOut = leftOut + (count < own.count ? ["attributes"] : [])
            if !leftOut.isEmpty { writer.member(note, leftOut.joined(separator: ", ")) }
        }
    }
}

extension ConnectorLogBody {
    /// The bytes when they are text: UTF-8 without control characters but blanks. Of a body that was cut within a character
    /// the rest of that character is left out.
    fileprivate var text: String? {
        let bytes = bytes.readableBytesView.dropLast(isTruncated ? bytes.brokenTail : 0)
        guard bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension ByteBuffer {
    /// How many bytes at the end begin a character of UTF-8 that does not end (RFC 3629, section 3).
    fileprivate var brokenTail: Int {
        for (index, byte) in readableBytesView.suffix(3).reversed().enumerated() where byte & 0xC0 != 0x80 {
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > index + 1 ? index + 1 : 0
        }
        return 0
    }
}
