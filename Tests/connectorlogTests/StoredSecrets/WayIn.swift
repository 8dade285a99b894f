import ConnectorLogTesting
import Foundation
import NIOHTTP1
import Testing

/// Every way by which lines come to the server.
enum WayIn: String, CaseIterable, Sendable {
    case lines, linesInGzip, linesInZstd, linesInPieces, linesOfAKey
    case array, arrayInGzip, arrayInZstd, object
    // Over TLS.
    case linesOverHTTP2, arrayInGzipOverHTTP2
    case commandOfFile, commandOfGzipFile, commandOfZstdFile, commandOfStandardInput

    var isOverTLS: Bool { self == .linesOverHTTP2 || self == .arrayInGzipOverHTTP2 }

    func send(
        _ lines: [String], number: Int, to client: LiveServer.Client, key: String, by program: Program
    ) async throws {
        let ndjson = Array((lines.joined(separator: "\n") + "\n").utf8)
        let array = Array(("[" + lines.joined(separator: ",") + "]").utf8)
        func post(_ body: LiveServer.Client.Content, _ type: String, _ headers: (String, String)...) async throws {
            let answer = try await client.send(
                "POST", "/v1/ingest", [("Authorization", "Bearer \(key)"), ("Content-Type", type)] + headers, body)
            try #require(answer.status == 200, "\(self): \(answer.text)")
            #expect(answer.json["accepted"] as? Int == lines.count, "\(self): \(answer.text)")
            #expect(answer.version == (isOverTLS ? .http2 : .http1_1), "\(self)")
        }
        let (typeOfLines, typeOfArray) = ("application/x-ndjson", "application/json")
        switch self {
        case .lines, .linesOverHTTP2: try await post(.bytes(ndjson), typeOfLines)
        case .linesInGzip: try await post(.bytes(Compressed.gzip(ndjson)), typeOfLines, ("Content-Encoding", "gzip"))
        case .linesInZstd: try await post(.bytes(Compressed.zstd(ndjson)), typeOfLines, ("Content-Encoding", "zstd"))
        case .linesInPieces: try await post(.pieces(ndjson), typeOfLines, ("Content-Encoding", "identity"))
        case .linesOfAKey:
            // Once more, to get the answer that is kept for a repeated request.
            for _ in 0..<2 { try await post(.bytes(ndjson), typeOfLines, ("Idempotency-Key", "batch-\(number)")) }
        case .array: try await post(.bytes(array), typeOfArray)
        case .arrayInGzip, .arrayInGzipOverHTTP2:
            try await post(.bytes(Compressed.gzip(array)), typeOfArray, ("Content-Encoding", "gzip"))
        case .arrayInZstd: try await post(.bytes(Compressed.zstd(array)), typeOfArray, ("Content-Encoding", "zstd"))
        case .object:
            for line in lines {
                let answer = try await client.send(
                    "POST", "/v1/ingest", [("Authorization", key), ("Content-Type", typeOfArray)],
                    .bytes(Array(line.utf8)))
                try #require(answer.json["accepted"] as? Int == 1, "\(answer.text)")
            }
        case .commandOfFile: try await program.ingest(ndjson, inFile: "lines-\(number).ndjson", at: client.url)
        case .commandOfGzipFile:
            try await program.ingest(Compressed.gzip(ndjson), inFile: "lines-\(number).gz", at: client.url)
        case .commandOfZstdFile:
            try await program.ingest(Compressed.zstd(ndjson), inFile: "lines-\(number).zst", at: client.url)
        case .commandOfStandardInput:
            try await program.ingest(ndjson, inFile: nil, source: "lines-\(number)", at: client.url)
        }
    }
}
