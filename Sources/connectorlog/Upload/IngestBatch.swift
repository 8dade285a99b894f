import ConnectorLogCore
import Crypto

/// Some lines of one source, to be sent as one request.
struct IngestBatch: Equatable, Sendable {
    /// The number of the first line in its source, from 1.
    var firstLine: Int
    var lineCount: Int
    /// Where the first line begins in the source's decompressed bytes; of an archive, how many entries are before it.
    var offset: UInt64
    /// Where the last line ends there, with its line feed if it has one; of an archive, the last entry's number.
    var end: UInt64
    /// The lines, without the end of the last one: a line whose line feed is not written yet stays the same line. Or a
    /// whole archive.
    var bytes: [UInt8]

    /// The same for the same lines at the same place of the same source, and for nothing else: sent again after a break,
    /// the batch is recognised and not stored twice. The content alone would not do: two sources may hold equal lines that
    /// are both meant.
    func idempotencyKey(source: String) -> String {
        var hash = SHA256()
        hash.update(data: Array(source.utf8))
        hash.update(data: [0])
        withUnsafeBytes(of: offset.littleEndian) { hash.update(bufferPointer: $0) }
        hash.update(data: Array(SHA256.hash(data: bytes)))
        return "cli-" + hash.finalize().hexadecimal
    }
}
