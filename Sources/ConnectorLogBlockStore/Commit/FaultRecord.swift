import ConnectorLogCore
import Foundation

/// The stored form of a root fault: CRC-32 (4 bytes, little-endian) over what follows, then a codec byte; with zstd the
/// raw length (LEB128); then JSON.
enum FaultRecord {
    private struct Fields: Codable {
        struct Header: Codable {
            var name: String
            var value: String
        }

        struct Redacted: Codable {
            var rule: UInt8
            var field: String
            var count: Int
        }

        // Also columns of the table, where SQLite's text functions would cut them at U+0000.
        var name: String
        var stateID: String?
        var flowID: String?
        var flowName: String?
        var flowVersion: String?
        var entryRequestID: String?
        var kind: String?
        var uri: String?
        var message: String?
        var statusCode: Int?
        var headers: [Header]
        var body: Data?
        var bodyAttributes: Int64?
        var invokeType: String?
        var action: String?
        var receipt: [Redacted]
    }

    static func encode(_ fault: RootFault, zstandard: Zstandard) throws -> [UInt8] {
        let fields = Fields(
            name: fault.name, stateID: fault.stateID, flowID: fault.flowID, flowName: fault.flowName,
            flowVersion: fault.flowVersion,
            entryRequestID: fault.entryRequestID, kind: fault.kind, uri: fault.uri, message: fault.message,
            statusCode: fault.statusCode,
            headers: fault.responseHeaders.map { Fields.Header(name: $0.name, value: $0.value) },
            body: fault.responseBody.map { Data($0.bytes) },
            bodyAttributes: fault.responseBody.map { BodyAttributes($0).packed },
            invokeType: fault.invokeType, action: fault.action,
            receipt: fault.receipt.map { Fields.Redacted(rule: $0.rule.rawValue, field: $0.field, count: $0.count) })
        let json = [UInt8](try JSONEncoder().encode(fields))
        var payload: [UInt8] = []
        if let compressed = zstandard.compress(json, level: 3) {
            payload.append(BlockFormat.Codec.zstd.rawValue)
            Varint.append(UInt64(json.count), to: &payload)
            payload += compressed
        } else {
            payload.append(BlockFormat.Codec.none.rawValue)
            payload += json
        }
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt64(Checksum.crc32(payload[...])), width: 4)
        return bytes + payload
    }

    /// Fills in what the fault's own columns do not hold.
    static func decode(_ bytes: [UInt8], into fault: inout RootFault, zstandard: Zstandard) throws {
        let place = "fault"
        var reader = ByteReader(bytes[...], place: place)
        let crc = UInt32(try reader.littleEndian(width: 4))
        guard Checksum.crc32(bytes[4...]) == crc else { throw BlockError(.checksum, place) }
        let json: [UInt8]
        switch BlockFormat.Codec(rawValue: try reader.byte()) {
        case .some(.none):
            json = Array(try reader.take(reader.remaining))
        case .zstd:
            let size = try reader.length(atMost: BlockFormat.maximumColumnBytes)
            guard let raw = zstandard.decompress(try reader.take(reader.remaining), size: size) else {
                throw BlockError(.compression, place)
            }
            json = raw
        case .zstdBehindFirst, nil:
            throw BlockError(.encoding, place)
        }
        // The decoder's own error would tell what it found, and so contents.
        guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(json)) else {
            throw BlockError(.value, place)
        }
        fault.name = fields.name
        fault.stateID = fields.stateID
        fault.flowID = fields.flowID
        fault.flowName = fields.flowName
        fault.flowVersion = fields.flowVersion
        fault.entryRequestID = fields.entryRequestID
        fault.kind = fields.kind
        fault.uri = fields.uri
        fault.message = fields.message
        fault.statusCode = fields.statusCode
        fault.responseHeaders = fields.headers.map { HeaderField(name: $0.name, value: $0.value) }
        if let body = fields.body {
            fault.responseBody = Body(
                bytes: [UInt8](body), BodyAttributes(packed: fields.bodyAttributes ?? 0))
        }
        fault.invokeType = fields.invokeType
        fault.action = fields.action
        fault.receipt = fields.receipt.compactMap { item in
            RedactionRule(rawValue: item.rule).map { Redaction(rule: $0, field: item.field, count: item.count) }
        }
    }
}
