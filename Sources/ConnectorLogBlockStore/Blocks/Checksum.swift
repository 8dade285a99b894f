import CZlib

/// CRC-32 (ISO 3309, as in gzip): finds every change of up to 32 bits in a row, and all but one in four billion others.
enum Checksum {
    static func crc32(_ bytes: ArraySlice<UInt8>, continuing crc: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe crc32($0, continuing: crc) }
    }

    static func crc32(_ bytes: UnsafeRawBufferPointer, continuing crc: UInt32 = 0) -> UInt32 {
        let start = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress
        return UInt32(truncatingIfNeeded: unsafe crc32_z(UInt(crc), start, bytes.count))
    }
}
