@testable import ConnectorLogBlockStore

/// A part in memory.
struct MemoryPart: PartSource {
    let stored: [UInt8]

    var count: Int { stored.count }
    func bytes(_ range: Range<Int>) -> [UInt8] { Array(stored[range]) }
}
