import ConnectorLogCore

extension Timestamp {
    /// From `from` on, before `to`; nil bounds nothing.
    func isWithin(_ from: Timestamp?, _ to: Timestamp?) -> Bool {
        (from.map { $0 <= self } ?? true) && (to.map { self < $0 } ?? true)
    }
}

extension EntryQuery {
    /// Whether all filters take the entry; order, place and limit do not matter here.
    func matches(_ entry: LogEntry) -> Bool {
        let summary = entry.summary
        return summary.teamID == teamID
            && summary.logTime.isWithin(from, to)
            && String?(summary.connectorIdentifier).matches(filter: connector)
            && summary.stateID.matches(filter: stateID)
            && summary.flowID.matches(filter: flowID)
            && summary.flowVersion.matches(filter: flowVersion)
            && summary.method.matches(filter: method)
            && summary.event.matches(filter: event)
            && (outcome.map { $0 == summary.outcome } ?? true)
            && (status.map { $0.matches(summary.status) } ?? true)
            && (requestID.map { Self.requestIDs(of: entry).contains(where: $0.hasBytes) } ?? true)
            && (text.map { Self.holds($0, entry) } ?? true)
            && (word.map { Self.holds($0, entry, asWord: true) } ?? true)
    }

    /// The sender's and the vendor's.
    private static func requestIDs(of entry: LogEntry) -> [String] {
        let vendors = entry.responseHeaders.filter { VendorRequestID.isName($0.name) }.map(\.value)
        return vendors + (entry.summary.requestID.map { [$0] } ?? [])
    }

    private static func holds(_ text: String, _ entry: LogEntry, asWord: Bool = false) -> Bool {
        let needle = Array(text.utf8)
        if needle.isEmpty { return true }
        let summary = entry.summary
        let texts = [summary.uri, summary.errorName, summary.errorMessage].compactMap { $0.map { Array($0.utf8) } }
        let bodies = [entry.requestBody, entry.responseBody].compactMap { $0 }.filter { !$0.isBinary }.map(\.bytes)
        return (texts + bodies).contains { text in
            asWord ? holds(word: needle, text) : text.contains(ignoringASCIICase: needle)
        }
    }

    private static func holds(word: [UInt8], _ text: [UInt8]) -> Bool {
        guard text.count >= word.count else { return false }
        func isPart(_ place: Int) -> Bool { text.indices.contains(place) && WordBytes.isPart(text[place]) }
        return (0...text.count - word.count).contains { start in
            let end = start + word.count
            return Array(text[start..<end]).contains(ignoringASCIICase: word)
                && !(isPart(start - 1) && isPart(start)) && !(isPart(end - 1) && isPart(end))
        }
    }
}

extension FaultQuery {
    func matches(_ fault: RootFault) -> Bool {
        fault.teamID == teamID
            && fault.occurredAt.isWithin(from, to)
            && fault.stateID.matches(filter: stateID)
            && fault.connectorIdentifier.matches(filter: connector)
            && String?(fault.name).matches(filter: name)
    }
}
