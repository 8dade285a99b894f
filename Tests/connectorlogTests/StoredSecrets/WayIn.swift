import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import NIOHTTP1
import Testing

/// Every way by which lines come to the server.
enum WayIn: String, CaseIterable, Sendable {
    case lines, linesInGzip, linesInZstd, linesInPieces, linesOfAKey
    case array, arrayInGzip, arrayInZstd, object
    /// And once more as Boomi Flow would report their calls.
    case linesAndReportsOfBoomi
    // Over TLS.
    case linesOverHTTP2, arrayInGzipOverHTTP2
    case commandOfFile, commandOfGzipFile, commandOfZstdFile, commandOfStandardInput
    // Of entries that have a place there; the others of a batch go as lines.
    case spans, spansInGzip, spansInJSON, spansOverGRPC
    case archive, archiveInDeflate, nginxLog, envoyLog, commandOfArchive, commandOfNginxLog

    var isOverTLS: Bool { self == .linesOverHTTP2 || self == .arrayInGzipOverHTTP2 }

    /// The line as this way writes it; nil when it has no place for it.
    private func written(_ line: PlantedTraffic.Line) -> String? {
        let time = "\(line.time)"
        switch self {
        case .archive, .archiveInDeflate, .commandOfArchive: return line.planted.archiveEntry(at: time, isOwn: true)
        case .nginxLog, .commandOfNginxLog:
            let (seconds, rest) = line.time.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
            let fraction = String(String(1_000_000 + rest).dropFirst())
            return line.planted.nginxLine(at: "\(seconds).\(fraction)")
        case .envoyLog: return line.planted.envoyLine(at: time)
        case .spans, .spansInGzip, .spansInJSON, .spansOverGRPC:
            // Faults and states are the contents of a root span's attributes, which have no place for all of theirs.
            return ["fault", "state"].contains { line.json.contains("\"type\":\"\($0)\"") } ? nil : line.json
        default: return line.json
        }
    }

    func send(
        _ lines: [PlantedTraffic.Line], number: Int, to client: LiveServer.Client, key: String, by program: Program
    ) async throws {
        let others = lines.filter { written($0) == nil }.map(\.json)
        if !others.isEmpty { try await WayIn.lines.send(others, number: number, to: client, key: key, by: program) }
        try await send(lines.compactMap(written), number: number, to: client, key: key, by: program)
    }

    private func send(
        _ lines: [String], number: Int, to client: LiveServer.Client, key: String, by program: Program
    ) async throws {
        // A batch without one is no use of the way.
        try #require(!lines.isEmpty, "\(self)")
        let ndjson = Array((lines.joined(separator: "\n") + "\n").utf8)
        let array = Array(("[" + lines.joined(separator: ",") + "]").utf8)
        let archive = Array((#"{"log":{"version":"1.2","entries":["# + lines.joined(separator: ",") + "]}}").utf8)
        func post(
            _ body: LiveServer.Client.Content, _ type: String, _ headers: (String, String)..., query: String = ""
        ) async throws {
            let answer = try await client.send(
                "POST", "/v1/ingest" + query, [("Authorization", "Bearer \(key)"), ("Content-Type", type)] + headers,
                body)
            try #require(answer.status == 200, "\(self): \(answer.text)")
            #expect(answer.json["accepted"] as? Int == lines.count, "\(self): \(answer.text)")
            #expect(answer.version == (isOverTLS ? .http2 : .http1_1), "\(self)")
        }
        let (typeOfLines, typeOfArray) = ("application/x-ndjson", "application/json")
        let typeOfArchive = "application/har+json"
        switch self {
        case .lines, .linesOverHTTP2: try await post(.bytes(ndjson), typeOfLines)
        case .linesInGzip: try await post(.bytes(Compressed.gzip(ndjson)), typeOfLines, ("Content-Encoding", "gzip"))
        case .linesInZstd: try await post(.bytes(Compressed.zstd(ndjson)), typeOfLines, ("Content-Encoding", "zstd"))
        case .linesInPieces: try await post(.pieces(ndjson), typeOfLines, ("Content-Encoding", "identity"))
        case .linesOfAKey:
            // Once more, to get the answer that is kept for a repeated request.
            for _ in 0..<2 { try await post(.bytes(ndjson), typeOfLines, ("Idempotency-Key", "batch-\(number)")) }
        case .linesAndReportsOfBoomi:
            try await post(.bytes(ndjson), typeOfLines)
            for line in lines {
                let report = try #require(BoomiReportOfLine.make(line))
                let answer = try await client.send(
                    "POST", "/api/reporting/1/events",
                    [("Authorization", "Bearer \(key)"), ("Content-Type", typeOfArray)], .bytes(report))
                try #require(answer.status == 204, "\(self): \(answer.text)")
            }
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
        case .spans, .spansInGzip, .spansInJSON, .spansOverGRPC:
            try await SpanWay(client: client, key: key).send(lines.compactMap(SpanOfLine.make), by: self)
        case .commandOfFile: try await program.ingest(ndjson, inFile: "lines-\(number).ndjson", at: client.url)
        case .commandOfGzipFile:
            try await program.ingest(Compressed.gzip(ndjson), inFile: "lines-\(number).gz", at: client.url)
        case .commandOfZstdFile:
            try await program.ingest(Compressed.zstd(ndjson), inFile: "lines-\(number).zst", at: client.url)
        case .commandOfStandardInput:
            try await program.ingest(ndjson, inFile: nil, source: "lines-\(number)", at: client.url)
        case .archive: try await post(.bytes(archive), typeOfArchive)
        case .archiveInDeflate:
            try await post(.bytes(Compressed.deflate(archive)), typeOfArchive, ("Content-Encoding", "deflate"))
        case .nginxLog: try await post(.bytes(ndjson), typeOfLines, query: "?format=nginx-json")
        case .envoyLog: try await post(.bytes(ndjson), typeOfLines, query: "?format=envoy-json")
        case .commandOfArchive: try await program.ingest(archive, inFile: "calls-\(number).har", at: client.url)
        case .commandOfNginxLog:
            try await program.ingest(
                ndjson, inFile: "access-\(number).log", options: ["--format", "nginx-json"], at: client.url)
        }
    }
}
