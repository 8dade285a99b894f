/// Distinct times in ascending order, in chunks, so that neither a run of neighbours nor times that come backwards cost more
/// than a few hundred steps each.
struct TakenTimes {
    /// A chunk that grows beyond this is halved.
    private static let chunkSize = 512

    private var chunks: [[Int64]] = []
    private(set) var count = 0

    init(_ times: some Sequence<Int64> = []) {
        var chunk: [Int64] = []
        for time in times.sorted() where time != chunk.last ?? chunks.last?.last {
            chunk.append(time)
            count += 1
            if chunk.count == Self.chunkSize {
                chunks.append(chunk)
                chunk = []
            }
        }
        if !chunk.isEmpty { chunks.append(chunk) }
    }

    var first: Int64? { chunks.first?.first }

    /// The number of the chunk that holds `time`, or would.
    private func chunk(of time: Int64) -> Int {
        // Nearly always the last.
        guard let last = chunks.last?.first, time < last else { return max(0, chunks.count - 1) }
        var (low, high) = (0, chunks.count)
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle][0] <= time { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    /// The first time at or after `time` that is not in the set.
    func firstFree(atOrAfter time: Int64) -> Int64 {
        guard !chunks.isEmpty else { return time }
        var time = time
        for chunk in chunks[chunk(of: time)...] {
            let start = chunk.firstIndex(notBefore: time)
            guard start < chunk.count else { continue }
            guard chunk[start] == time else { return time }
            // Neighbours rise by one a place: the run ends where the distance first exceeds the number of places.
            var (low, high) = (start, chunk.count)
            while low < high {
                let middle = (low + high) / 2
                if chunk[middle] - time == Int64(middle - start) { low = middle + 1 } else { high = middle }
            }
            time += Int64(low - start)
            if low < chunk.count { return time }
        }
        return time
    }

    /// - Precondition: the set does not hold `time`.
    mutating func insert(_ time: Int64) {
        count += 1
        guard !chunks.isEmpty else {
            chunks = [[time]]
            return
        }
        let number = chunk(of: time)
        chunks[number].insert(time, at: chunks[number].firstIndex(notBefore: time))
        guard chunks[number].count > Self.chunkSize else { return }
        let half = chunks[number].count / 2
        chunks.insert(Array(chunks[number][half...]), at: number + 1)
        chunks[number].removeLast(chunks[number].count - half)
    }

    /// Removes the earliest times, but none at or after `limit`, until `kept` are left; returns the latest that went.
    mutating func removeEarliest(keeping kept: Int, before limit: Int64) -> Int64? {
        var latest: Int64?
        while count > kept, let chunk = chunks.first {
            let end = min(chunk.firstIndex(notBefore: limit), count - kept)
            guard end > 0 else { break }
            latest = chunk[end - 1]
            count -= end
            if end == chunk.count {
                chunks.removeFirst()
            } else {
                chunks[0].removeFirst(end)
                break
            }
        }
        return latest
    }

    mutating func remove(_ times: Set<Int64>) {
        for number in chunks.indices { chunks[number].removeAll(where: times.contains) }
        chunks.removeAll(where: \.isEmpty)
        count = chunks.reduce(0) { $0 + $1.count }
    }
}

extension [Int64] {
    /// The first place of a sorted array whose time is `time` or later.
    fileprivate func firstIndex(notBefore time: Int64) -> Int {
        guard let last, time <= last else { return count }
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
