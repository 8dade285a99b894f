import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Foundation

/// One input of libFuzzer (llvm.org/docs/LibFuzzer.html): the first byte says how the text behind it is taken. It never
/// returns when something does not hold; libFuzzer then keeps the input in a file, and shows it in hexadecimal digits.
@_cdecl("LLVMFuzzerTestOneInput") public func fuzzText(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let start, count > 0 else { return 0 }
    FuzzedText(manner: start[0], text: Array(UnsafeBufferPointer(start: start + 1, count: count - 1))).run()
    return 0
}

/// With `CONNECTORLOG_FUZZ_CORPUS` the first inputs are written into that directory, and nothing else is done.
@_cdecl("LLVMFuzzerInitialize") public func initializeFuzzer(
    _ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?
) -> Int32 {
    if let directory = ProcessInfo.processInfo.environment["CONNECTORLOG_FUZZ_CORPUS"] {
        FuzzCorpus.write(to: directory)
        exit(0)
    }
    return 0
}

private struct FuzzedText {
    let manner: UInt8
    let text: [UInt8]

    // libFuzzer calls from one thread.
    nonisolated(unsafe) private static let properties: RedactionProperties = {
        do { return try RedactionProperties() } catch { fatalError("\(error)") }
    }()
    private static let book = Fixtures.redactionBook()

    /// A trap is how libFuzzer learns that something does not hold.
    func run() {
        if let fault = Self.properties.fault(in: text, RedactionProperties.Manner(bits: manner)) { fatalError(fault) }
        // The same bytes as a body that may be compressed or cut, as a header and as a URI: a batch can be made of them.
        let string = String(decoding: text, as: UTF8.self)
        var entry = SampleEntry(team: 1, at: .epoch)
        entry.responseBody = .init(bytes: text, isBinary: manner & 16 != 0, isTruncated: manner & 4 != 0)
        let name = ["Cookie", "Set-Cookie", "Content-Encoding", "Authorization"][Int(manner >> 5 & 3)]
        entry.responseHeaders = [HeaderField(name: name, value: string), HeaderField(name: string, value: name)]
        (entry.uri, entry.method, entry.connector) = (string, string, string)
        var builder = RedactingBatchBuilder(book: Self.book, decompressor: BodyDecompressor())
        builder.append(entry)
        let batch = builder.finish()
        precondition(batch.entries.count == 1)
    }
}
