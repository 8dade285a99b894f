/// Which entries of a team, in which order, and where to go on.
package struct EntryQuery: Hashable, Sendable {
    package enum StatusFilter: Hashable, Sendable {
        /// No response came.
        case none
        case exactly(Int)
        /// 4 is 400...499.
        case hundred(Int)

        package func matches(_ status: Int?) -> Bool {
            switch self {
            case .none: status == nil
            case .exactly(let wanted): status == wanted
            case .hundred(let hundred): status.map { $0 / 100 == hundred } ?? false
            }
        }

        /// `404`, `5xx` or `none`.
        package init?(_ text: some StringProtocol) {
            if text == "none" {
                self = .none
            } else if text.utf8.count == 3, text.utf8.allSatisfy({ $0 &- 48 <= 9 }), let status = Int(text),
                (100...599).contains(status)
            {
                self = .exactly(status)
            } else if text.utf8.count == 3, text.lowercased().hasSuffix("xx"),
                let hundred = text.first?.wholeNumberValue,
                (1...5).contains(hundred)
            {
                self = .hundred(hundred)
            } else {
                return nil
            }
        }
    }

    package var teamID: Int64
    package var connector: String?
    package var stateID: String?
    package var flowID: String?
    package var flowVersion: String?
    package var outcome: Outcome?
    package var method: String?
    package var status: StatusFilter?
    package var event: String?
    /// The sender's request id, or a vendor's from a response header.
    package var requestID: String?
    /// A substring of the URI, the error or a body; letters of ASCII match in either case.
    package var text: String?
    /// Like `text`, but where neither side of it lies within a word (`WordBytes`). Stores know where a word cannot be.
    package var word: String?
    /// Inclusive.
    package var from: Timestamp?
    /// Exclusive.
    package var to: Timestamp?
    package var order: PageOrder
    /// Entries strictly behind this place, in `order`.
    package var after: PagePosition?
    /// 1...1000.
    package var limit: Int

    /// What the caller wants to know of each entry.
    package enum Fields: Hashable, Sendable {
        case all
        /// The call alone; what ties it to a run or tells its error may be left nil.
        case call
    }

    package var fields = Fields.all

    /// Whether its filters look into headers or bodies.
    package var readsDetail: Bool { requestID != nil || readsTexts }

    private var readsTexts: Bool { !(text ?? "").isEmpty || !(word ?? "").isEmpty }

    /// Whether it may take the reading of very many entries to find a page: what it asks for may be rare, and stores keep
    /// no filter over it, or one that leaves more hope than others.
    package var mayReadAll: Bool {
        guard stateID == nil, requestID == nil else { return false }
        return status != nil || method != nil || event != nil || flowVersion != nil && flowID == nil || readsTexts
    }

    package init(teamID: Int64, order: PageOrder = .newestFirst, limit: Int = 100) {
        self.teamID = teamID
        self.order = order
        self.limit = limit
    }
}

package enum PageOrder: Hashable, Sendable {
    case newestFirst
    case oldestFirst
}

/// A place in a list that is ordered by time and then by id (keyset paging: it names the last row of the page before, so
/// rows that arrive later neither shift nor repeat what follows).
package struct PagePosition: Hashable, Sendable {
    package var time: Timestamp
    package var id: EntryID

    package init(time: Timestamp, id: EntryID) {
        (self.time, self.id) = (time, id)
    }

    /// Whether the row at (`time`, `id`) comes strictly behind this place in `order`.
    package func precedes(time other: Timestamp, id otherID: EntryID, in order: PageOrder) -> Bool {
        switch order {
        case .newestFirst: (other, otherID) < (time, id)
        case .oldestFirst: (other, otherID) > (time, id)
        }
    }
}

/// Some rows, and the place to go on from when there may be more.
package struct Page<Row: Sendable>: Sendable {
    package var rows: [Row]
    package var next: PagePosition?

    package init(rows: [Row], next: PagePosition?) {
        (self.rows, self.next) = (rows, next)
    }
}

extension Page: Equatable where Row: Equatable {}

extension EntryQuery.Fields {
    /// The texts of a summary that may be none: their fields, and where each goes.
    package var texts: [(field: EntryTextField, path: WritableKeyPath<EntrySummary, String?>)] {
        let texts: [(EntryTextField, WritableKeyPath<EntrySummary, String?>)] = [
            (.event, \.event), (.method, \.method), (.uri, \.uri), (.requestID, \.requestID),
        ]
        if self == .call { return texts }
        return texts + [
            (.flowID, \.flowID), (.flowName, \.flowName), (.flowVersion, \.flowVersion), (.stateID, \.stateID),
            (.traceID, \.traceID), (.spanID, \.spanID), (.errorName, \.errorName), (.errorMessage, \.errorMessage),
        ]
    }
}
