import ConnectorLogCore
import Crypto

/// Tells root faults that a state brings for the first time from those that are stored: a state is reported again and
/// again, with all of its faults each time.
struct NewFaults: Sendable {
    private let reader: any LogReader
    private let book: RedactionBook
    private let bodyLimit: Int
    /// From the look at what is stored until the new ones are, nobody else looks.
    let slot = AsyncSlots(count: 1, maximumWaiting: 1000)

    /// Faults of a state that are looked through; one that has more gets no further ones.
    private static let mostOfState = 1000
    /// Faults that are read at once: each may have a body of the largest size.
    private static let page = 20

    init(reader: any LogReader, book: RedactionBook, bodyLimit: Int) {
        (self.reader, self.book, self.bodyLimit) = (reader, book, bodyLimit)
    }

    /// Those of `faults` that are not stored, each once, as they came: what is compared is without its secrets, as what is
    /// stored is. Of what is stored no more is in memory than one page of faults and the marks of one state.
    func among(_ faults: [RootFault]) async throws(StoreError) -> [RootFault] {
        var builder = RedactingBatchBuilder(book: book, decompressor: BodyDecompressor(), bodyLimit: bodyLimit)
        for fault in faults { builder.append(fault) }
        let marks = builder.finish().faults.map(Mark.init)
        var ofState: [State: [Int]] = [:]
        for (index, fault) in faults.enumerated() {
            guard let id = fault.stateID else { continue }
            ofState[State(team: fault.teamID, id: id), default: []].append(index)
        }
        var new: [Int] = []
        for (state, indices) in ofState {
            guard var known = try await self.marks(of: state) else { continue }
            new += indices.filter { known.insert(marks[$0]).inserted }
        }
        return new.sorted().map { faults[$0] }
    }

    /// Nil when there are so many that no further ones are taken.
    private func marks(of state: State) async throws(StoreError) -> Set<Mark>? {
        var marks: Set<Mark> = []
        var count = 0
        var query = FaultQuery(teamID: state.team, limit: Self.page)
        query.stateID = state.id
        repeat {
            let page = try await reader.faults(query)
            marks.formUnion(page.rows.map(Mark.init))
            count += page.rows.count
            guard count < Self.mostOfState else { return nil }
            query.after = page.next
        } while query.after != nil
        return marks
    }

    private struct State: Hashable {
        var team: Int64
        var id: String
    }

    /// What makes two reports of a fault one, as a digest: messages are long. Its body and headers are left out: retention
    /// removes them before the rest.
    private struct Mark: Hashable {
        private var digest: SHA256.Digest

        init(_ fault: RootFault) {
            var hash = SHA256()
            let texts = [fault.name, fault.message, fault.uri, fault.kind, fault.invokeType, fault.action]
            for text in texts + [fault.statusCode.map(String.init)] {
                withUnsafeBytes(of: Int64(text?.utf8.count ?? -1).littleEndian) { hash.update(bufferPointer: $0) }
                hash.update(data: Array((text ?? "").utf8))
            }
            digest = hash.finalize()
        }
    }
}
