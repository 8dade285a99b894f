import ConnectorLogCore
import Hummingbird
import NIOCore

/// Entries as the body of an answer, in the form of an HTTP Archive. Each is read whole when it is its turn and written
/// before the next: memory stays bounded whatever there is to write, and a slow reader is waited for.
struct ArchiveBody: Sendable {
    /// Entries that are listed at once.
    static let page = 200

    let reader: any LogReader
    let teamID: Int64
    let first: Page<EntrySummary>
    /// The query of `first`; nil when no page follows it.
    var following: EntryQuery?
    /// By which a client asks for what is behind the archive's entries.
    var nextCursor: String?

    var response: ResponseBody {
        ResponseBody { writer in
            try await writer.write(ByteBuffer(bytes: HARDocument.head(nextCursor: nextCursor)))
            var page = first
            var query = following
            var separator: [UInt8] = []
            while true {
                for summary in page.rows {
                    // One that was erased meanwhile is left out.
                    guard let entry = try await reader.entry(team: teamID, id: summary.id) else { continue }
                    try await writer.write(ByteBuffer(bytes: separator + HARDocument.entry(entry)))
                    separator = HARDocument.separator
                }
                query?.after = page.next
                guard let query, page.next != nil else { break }
                page = try await reader.entries(query)
            }
            try await writer.write(ByteBuffer(bytes: HARDocument.tail))
            try await writer.finish(nil)
        }
    }
}
