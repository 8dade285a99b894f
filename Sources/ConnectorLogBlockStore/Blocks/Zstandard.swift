import CZstd
import ConnectorLogCore
import Synchronization

/// zstd (RFC 8878) for columns. Contexts are costly to make, so that used ones are kept for the next column.
final class Zstandard: Sendable {
    /// Libzstd's own contexts. Each is used by one caller at a time: taken from the pool, and given back.
    @safe private struct Context: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    /// More than this many at rest are freed: each holds up to some hundred kilobytes.
    private static let kept = 8
    private static let keptMemories = 2

    private let compressors = Mutex<[Context]>([])
    private let decompressors = Mutex<[Context]>([])
    private let memories = Mutex<[LentMemory]>([])

    init() {}

    deinit {
        compressors.withLock { contexts in
            for context in contexts { _ = unsafe ZSTD_freeCCtx(context.pointer) }
        }
        decompressors.withLock { contexts in
            for context in contexts { _ = unsafe ZSTD_freeDCtx(context.pointer) }
        }
    }

    /// Shorter columns are not worth a frame of their own.
    private static let leastToCompress = 48

    /// Nil when it would not pay.
    /// - Parameter prefix: what a reader has decompressed before, as a dictionary of raw content.
    func compressed(_ bytes: [UInt8], level: Int32, behind prefix: ArraySlice<UInt8> = []) -> [UInt8]? {
        bytes.count < Self.leastToCompress ? nil : compress(bytes, level: level, behind: prefix)
    }

    /// Nil when the result would not be smaller than the input.
    func compress(_ bytes: [UInt8], level: Int32, behind prefix: ArraySlice<UInt8> = []) -> [UInt8]? {
        let taken = compressors.withLock { $0.popLast() }
        guard let pointer = unsafe taken?.pointer ?? ZSTD_createCCtx() else { return nil }
        defer { unsafe keep(pointer) }
        // ZSTD_compressBound is more than is needed: a longer result is of no use.
        let result = unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { output, count in
            unsafe bytes.withUnsafeBytes { input in
                let size = unsafe prefix.withUnsafeBytes { prefix in
                    // Without a dictionary this is the same as ZSTD_compressCCtx.
                    unsafe ZSTD_compress_usingDict(
                        pointer, output.baseAddress, output.count, input.baseAddress, input.count, prefix.baseAddress,
                        prefix.count, level)
                }
                count = ZSTD_isError(size) != 0 ? 0 : size
            }
        }
        return result.isEmpty || result.count >= bytes.count ? nil : result
    }

    /// Appends the compressed bytes to `output`; false, and nothing is appended, when it would not pay.
    func compress(_ bytes: UnsafeRawBufferPointer, level: Int32, into output: inout ByteScratch) -> Bool {
        guard bytes.count >= Self.leastToCompress else { return false }
        let taken = compressors.withLock { $0.popLast() }
        guard let pointer = unsafe taken?.pointer ?? ZSTD_createCCtx() else { return false }
        defer { unsafe keep(pointer) }
        let start = output.count
        output.reserve(start + bytes.count)
        let room = unsafe output.take(bytes.count)
        let size = unsafe ZSTD_compressCCtx(
            pointer, room.baseAddress, room.count, bytes.baseAddress, bytes.count, level)
        let isSmaller = ZSTD_isError(size) == 0 && size < bytes.count
        output.removeAll(keepingFirst: isSmaller ? start + size : start)
        return isSmaller
    }

    /// Lends memory for encoding, which is kept for the next block.
    func withCommitMemory<Value>(_ body: (inout CommitMemory) -> Value) -> Value {
        let lent = memories.withLock { $0.popLast() } ?? LentMemory()
        defer {
            lent.memory.giveBack()
            memories.withLock { memories in
                if memories.count < Self.keptMemories { memories.append(lent) }
            }
        }
        return body(&lent.memory)
    }

    /// Used by one caller at a time: taken from the pool, and given back.
    @safe private final class LentMemory: @unchecked Sendable {
        var memory = CommitMemory()
    }

    /// Nil when the bytes are no zstd frame of exactly `size` bytes.
    func decompress(_ bytes: ArraySlice<UInt8>, size: Int, behind prefix: ArraySlice<UInt8> = []) -> [UInt8]? {
        // Before memory is asked for: the frame's own word for its size (our frames have it), and what so few bytes can
        // hold at most. A block of up to 128 KiB takes 4 bytes or more (RFC 8878, section 3.1.1.2).
        let declared = unsafe bytes.withUnsafeBytes { unsafe ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        guard declared == UInt64(size), size >> 17 <= bytes.count >> 2 else { return nil }
        let taken = decompressors.withLock { $0.popLast() }
        guard let pointer = unsafe taken?.pointer ?? ZSTD_createDCtx() else { return nil }
        defer {
            let isKept = decompressors.withLock { contexts in
                guard contexts.count < Self.kept else { return false }
                contexts.append(unsafe Context(pointer: pointer))
                return true
            }
            if !isKept { _ = unsafe ZSTD_freeDCtx(pointer) }
        }
        var isWhole = false
        let result = unsafe [UInt8](unsafeUninitializedCapacity: size) { output, count in
            unsafe bytes.withUnsafeBytes { input in
                let written = unsafe prefix.withUnsafeBytes { prefix in
                    unsafe ZSTD_decompress_usingDict(
                        pointer, output.baseAddress, output.count, input.baseAddress, input.count, prefix.baseAddress,
                        prefix.count)
                }
                isWhole = ZSTD_isError(written) == 0 && written == size
                count = isWhole ? written : 0
            }
        }
        return isWhole ? result : nil
    }

    private func keep(_ pointer: OpaquePointer) {
        let isKept = compressors.withLock { contexts in
            guard contexts.count < Self.kept else { return false }
            contexts.append(unsafe Context(pointer: pointer))
            return true
        }
        if !isKept { _ = unsafe ZSTD_freeCCtx(pointer) }
    }
}
