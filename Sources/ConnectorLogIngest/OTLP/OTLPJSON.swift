import ConnectorLogCore
import Foundation
import OTLPProtobuf
import SwiftProtobuf

/// A request in OTLP/JSON, made the same request in protobuf: there is one reader for what records mean.
///
/// OTLP/JSON is protobuf's own JSON but for the ids of traces and spans, which are in hexadecimal instead of base64. Digits of
/// hexadecimal are digits of base64, so the library decodes them as that, and its encoding gives them back. Ids that were
/// written in base64 nevertheless are told by their length, and are good as they are.
enum OTLPJSON {
    /// Opening braces, each of which may become an object in memory.
    static func objects(in body: Data) -> Int {
        body.reduce(0) { $0 + ($1 == UInt8(ascii: "{") ? 1 : 0) }
    }

    static func protobuf(_ body: Data, _ signal: OTLPSignal) throws(IngestError) -> Data {
        do {
            switch signal {
            case .traces:
                var document = try OTLPTracesDocument(jsonUTF8Bytes: body, options: options)
                document.makeIDsBinary()
                return try document.serializedBytes()
            case .logs:
                var document = try OTLPLogsDocument(jsonUTF8Bytes: body, options: options)
                document.makeIDsBinary()
                return try document.serializedBytes()
            }
        } catch {
            throw IngestError(.invalidJSON, "the body is no request of OTLP/JSON")
        }
    }

    private static let options: JSONDecodingOptions = {
        var options = JSONDecodingOptions()
        options.ignoreUnknownFields = true
        // A list in a list is two messages; what is deeper than `Limits.depth` is left out by whoever reads the value.
        options.messageDepthLimit = 2 * Limits.depth + 16
        return options
    }()

    /// Empty, which is no id, when the text was neither.
    fileprivate static func makeBinary(_ id: inout Data, bytes: Int) {
        if id.count == bytes { return }
        let digits = Array(id.base64EncodedString().utf8)
        id = Data(capacity: digits.count / 2)
        guard digits.count.isMultiple(of: 2) else { return }
        for at in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[at]), let low = value(digits[at + 1]) else {
                id = Data()
                return
            }
            id.append(high << 4 | low)
        }
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension OTLPTracesDocument {
    fileprivate mutating func makeIDsBinary() {
        for resource in resourceSpans.indices {
            for scope in resourceSpans[resource].scopeSpans.indices {
                for span in resourceSpans[resource].scopeSpans[scope].spans.indices {
                    resourceSpans[resource].scopeSpans[scope].spans[span].makeIDsBinary()
                }
            }
        }
    }
}

extension OTLPSpan {
    fileprivate mutating func makeIDsBinary() {
        OTLPJSON.makeBinary(&traceID, bytes: 16)
        OTLPJSON.makeBinary(&spanID, bytes: 8)
        OTLPJSON.makeBinary(&parentSpanID, bytes: 8)
    }
}

extension OTLPLogsDocument {
    fileprivate mutating func makeIDsBinary() {
        for resource in resourceLogs.indices {
            for scope in resourceLogs[resource].scopeLogs.indices {
                for record in resourceLogs[resource].scopeLogs[scope].logRecords.indices {
                    OTLPJSON.makeBinary(&resourceLogs[resource].scopeLogs[scope].logRecords[record].traceID, bytes: 16)
                    OTLPJSON.makeBinary(&resourceLogs[resource].scopeLogs[scope].logRecords[record].spanID, bytes: 8)
                }
            }
        }
    }
}
