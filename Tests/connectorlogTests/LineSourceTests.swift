import ConnectorLogTesting
import Foundation
import Testing

@testable import connectorlog

@Suite struct LineSourceTests {
    private let text = (0..<40_000).map { "{\"line\":\($0)}\n" }.joined()

    private func read(_ path: String) async throws -> String {
        let source = try LineSource(name: path, standardInputIdentity: "")
        var bytes: [UInt8] = []
        while let piece = try await source.next() { bytes += piece }
        #expect(source.position == source.size)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func readsPlainGzipZstdAndZlib() async throws {
        let directory = try TemporaryDirectory()
        #expect(try await read(directory.write(text, to: "plain")) == text)
        #expect(try await read(directory.write(Compressed.gzip(text), to: "gzip")) == text)
        #expect(try await read(directory.write(Compressed.zstd(text), to: "zstd")) == text)
        #expect(try await read(directory.write(Compressed.deflate(Array(text.utf8)), to: "zlib")) == text)
    }

    /// As made by `zstd --ultra -22` or `--long`: a file may look further back than a body may.
    @Test func readsZstdWithALargeWindow() async throws {
        let directory = try TemporaryDirectory()
        #expect(try await read(directory.write(Compressed.zstd(text, windowLog: 27), to: "zstd")) == text)
    }

    @Test func readsMembersAndFramesOneBehindTheOther() async throws {
        let directory = try TemporaryDirectory()
        #expect(
            try await read(directory.write(Compressed.gzip("a\n") + Compressed.gzip("b\n"), to: "gzip")) == "a\nb\n")
        #expect(
            try await read(directory.write(Compressed.zstd("a\n") + Compressed.zstd("b\n"), to: "zstd")) == "a\nb\n")
    }

    @Test func decompressesWhatIsFarSmallerOnDisk() async throws {
        let directory = try TemporaryDirectory()
        let long = String(repeating: "0", count: 3 << 20) + "\n"
        #expect(try await read(directory.write(Compressed.gzip(long), to: "gzip")) == long)
        #expect(try await read(directory.write(Compressed.zstd(long), to: "zstd")) == long)
    }

    @Test func cutOrDamagedDataIsToldAndNotTakenForTheEnd() async throws {
        let directory = try TemporaryDirectory()
        // zstd carries a checksum only when asked to; gzip always does.
        var damaged = Compressed.gzip(text)
        damaged[damaged.count / 2] ^= 0xFF
        let files = [
            try directory.write(Compressed.gzip(text).dropLast(9), to: "gzip"),
            try directory.write(Compressed.zstd(text).dropLast(9), to: "zstd"),
            try directory.write(damaged, to: "damaged"),
        ]
        for file in files {
            let failure = try await #require(throws: CommandFailure.self) { try await read(file) }
            #expect(failure.status == .dataError)
        }
    }

    @Test func tellsWhyItCannotBeDecompressed() async throws {
        let directory = try TemporaryDirectory()
        // A frame with a window of 2 GiB and one empty block (RFC 8878, section 3.1.1).
        let window: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x01, 0x00, 0x00]
        for (bytes, message) in [
            (window, "this is no zstd data, or its window is too large"),
            (Compressed.gzip(text).dropLast(9), "the gzip data ends early"),
        ] {
            let path = try directory.write(bytes, to: "file")
            let failure = try await #require(throws: CommandFailure.self) { try await read(path) }
            #expect(failure.status == .dataError)
            #expect(failure.message == "\(path): \(message)")
        }
    }

    @Test func emptyFileHasNoLines() async throws {
        let directory = try TemporaryDirectory()
        #expect(try await read(directory.write("", to: "empty")) == "")
    }

    @Test func missingFileAndDirectoryAreNoInput() throws {
        let directory = try TemporaryDirectory()
        for path in [directory.path + "/nothing", directory.path] {
            let failure = try #require(throws: CommandFailure.self) {
                try LineSource(name: path, standardInputIdentity: "")
            }
            #expect(failure.status == .noInput)
        }
    }

    @Test func sameFileByAnotherPathIsTheSameSource() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("a\n", to: "file")
        let other = directory.path + "/../" + URL(filePath: directory.path).lastPathComponent + "/file"
        #expect(
            try LineSource(name: file, standardInputIdentity: "").identity
                == LineSource(name: other, standardInputIdentity: "").identity)
    }
}
