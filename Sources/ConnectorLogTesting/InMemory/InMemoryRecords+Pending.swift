import ConnectorLogCore

extension InMemoryRecords {
    mutating func hold(_ parts: [PendingPart], now: Timestamp) {
        let oldest = now.advanced(bySeconds: -86_400)
        for part in parts {
            if let told = toldEvents[part.key.event], told >= oldest { continue }
            toldEvents[part.key.event] = now
            lastPendingNumber += 1
            pendingParts.append((lastPendingNumber, part))
        }
    }

    func pendingCounts(team: Int64?) -> PendingCounts {
        let parts = pendingParts.filter { team == nil || $0.part.key.teamID == team }
        return PendingCounts(parts: parts.count, bytes: parts.reduce(0) { $0 + $1.part.entry.bytes.count })
    }

    func pendingCalls(arrivedBefore time: Timestamp, limit: Int, bytes: Int) -> [[StoredPendingPart]] {
        struct Call: Hashable {
            var team: Int64
            var call: [UInt8]
        }
        let calls = Dictionary(grouping: pendingParts) { Call(team: $0.part.key.teamID, call: $0.part.key.call) }
        let ready = calls.values.filter { parts in
            parts.contains { $0.part.arrivedAt < time }
                || Set(parts.map(\.part.key.kind.isAnswer)).count == 2
        }
        var answer: [[StoredPendingPart]] = []
        var read = 0
        for parts in ready.sorted(by: { $0[0].number < $1[0].number }).prefix(limit) where read < bytes {
            read += parts.reduce(0) { $0 + $1.part.entry.bytes.count }
            answer.append(parts.map { StoredPendingPart(number: $0.number, $0.part) })
        }
        return answer
    }
}
