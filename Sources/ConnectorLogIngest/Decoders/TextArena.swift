import ConnectorLogCore

/// Memory for the texts of one entry that come from several places: what was given away stays where it is until `reset`.
struct TextArena: ~Copyable {
    typealias Text = UnsafeRawBufferPointer

    /// Chunks are this large, or as large as the one text that needs more.
    private static let chunkBytes = 1 << 16

    private var chunks: [UnsafeMutableRawBufferPointer] = []
    /// Bytes of the last chunk that are in use.
    private var used = 0

    init() {}

    deinit {
        for chunk in chunks { chunk.deallocate() }
    }

    /// Bytes held.
    var byteCount: Int { chunks.reduce(0) { $0 + $1.count } }

    /// The first chunk's texts, in which most of an entry lies.
    var firstStretch: Text {
        guard let first = chunks.first else { return Text(start: nil, count: 0) }
        return Text(rebasing: first[..<(chunks.count == 1 ? used : first.count)])
    }

    /// Takes all back; keeps one chunk of the common size.
    mutating func reset() {
        while let last = chunks.last, chunks.count > 1 || last.count > Self.chunkBytes {
            last.deallocate()
            chunks.removeLast()
        }
        used = 0
    }

    /// Room for `count` bytes, all zero at first sight of the chunk and undefined later.
    mutating func take(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if chunks.isEmpty || chunks[chunks.count - 1].count - used < count {
            let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, Self.chunkBytes), alignment: 16)
            // The first stretch is read as a whole, also where a text did not fit behind the others.
            chunk.initializeMemory(as: UInt8.self, repeating: 0)
            chunks.append(chunk)
            used = 0
        }
        defer { used += count }
        return UnsafeMutableRawBufferPointer(rebasing: chunks[chunks.count - 1][used..<used + count])
    }

    /// Gives the end of what was taken last back.
    mutating func giveBack(_ count: Int) {
        used -= count
    }

    mutating func copy(_ text: Text) -> Text {
        let room = take(text.count)
        room.copyMemory(from: text)
        return Text(room)
    }

    mutating func copy(_ text: String) -> Text {
        var text = text
        return text.withUTF8 { copy(Text($0)) }
    }
}
