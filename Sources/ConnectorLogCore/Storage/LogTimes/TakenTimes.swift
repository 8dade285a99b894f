/// A set of times, as runs of neighbours in ascending order, in chunks: neither a long run nor times that come backwards
/// cost more than a few hundred steps each.
package struct TakenTimes {
    private typealias Run = ClosedRange<Int64>

    /// A chunk that grows beyond this is halved.
    private static let chunkSize = 512

    /// No chunk is empty. Runs touch each other at most across the border of two chunks.
    private var chunks: [[Run]] = []
    package private(set) var count = 0

    package init(_ times: some Sequence<Int64> = []) {
        for time in times.sorted() { append(time) }
    }

    /// - Precondition: no time of the set is later.
    private mutating func append(_ time: Int64) {
        let last = chunks.count - 1
        guard last >= 0, let run = chunks[last].last else {
            chunks = [[time...time]]
            count = 1
            return
        }
        if run.upperBound == time { return }
        count += 1
        if run.upperBound + 1 == time {
            chunks[last][chunks[last].count - 1] = run.lowerBound...time
        } else if chunks[last].count < Self.chunkSize {
            chunks[last].append(time...time)
        } else {
            chunks.append([time...time])
        }
    }

    /// The number of the chunk that holds `time`, or would.
    private func chunk(of time: Int64) -> Int {
        // Nearly always the last.
        guard let last = chunks.last?.first, time < last.lowerBound else { return max(0, chunks.count - 1) }
        return max(0, chunks.firstIndex(rising: { $0[0].lowerBound > time }) - 1)
    }

    /// The first run of a chunk that ends at `time` or later.
    private static func place(in chunk: [Run], endingAtOrAfter time: Int64) -> Int {
        guard let last = chunk.last, time <= last.upperBound else { return chunk.count }
        return chunk.firstIndex(rising: { $0.upperBound >= time })
    }

    /// The first time at or after `time` that is not in the set.
    package func firstFree(atOrAfter time: Int64) -> Int64 {
        guard !chunks.isEmpty else { return time }
        var time = time
        for chunk in chunks[chunk(of: time)...] {
            let place = Self.place(in: chunk, endingAtOrAfter: time)
            // A run goes on in the next chunk only when it ends this one.
            guard place < chunk.count else { continue }
            guard chunk[place].contains(time) else { return time }
            time = chunk[place].upperBound + 1
            if place + 1 < chunk.count { return time }
        }
        return time
    }

    /// - Precondition: the set does not hold `time`.
    package mutating func insert(_ time: Int64) {
        count += 1
        guard !chunks.isEmpty else {
            chunks = [[time...time]]
            return
        }
        let number = chunk(of: time)
        if let last = chunks[number].last, last.upperBound + 1 < time, number == chunks.count - 1 {
            // Nearly always: entries come in order.
            if chunks[number].count < Self.chunkSize {
                chunks[number].append(time...time)
            } else {
                chunks.append([time...time])
            }
            return
        }
        let place = Self.place(in: chunks[number], endingAtOrAfter: time)
        let joinsBefore = place > 0 && chunks[number][place - 1].upperBound + 1 == time
        let joinsAfter = place < chunks[number].count && chunks[number][place].lowerBound - 1 == time
        switch (joinsBefore, joinsAfter) {
        case (true, true):
            chunks[number][place - 1] = chunks[number][place - 1].lowerBound...chunks[number][place].upperBound
            chunks[number].remove(at: place)
        case (true, false):
            chunks[number][place - 1] = chunks[number][place - 1].lowerBound...time
        case (false, true):
            chunks[number][place] = time...chunks[number][place].upperBound
        case (false, false):
            chunks[number].insert(time...time, at: place)
            if chunks[number].count > Self.chunkSize { halve(number) }
        }
    }

    private mutating func halve(_ number: Int) {
        let half = chunks[number].count / 2
        chunks.insert(Array(chunks[number][half...]), at: number + 1)
        chunks[number].removeLast(chunks[number].count - half)
    }

    /// Removes the earliest times, but none at or after `limit`, until `kept` are left; returns the latest that went.
    package mutating func removeEarliest(keeping kept: Int, before limit: Int64) -> Int64? {
        var latest: Int64?
        while let first = chunks.first {
            var gone = 0
            for run in first {
                guard count > kept, run.lowerBound < limit else { break }
                let last = min(run.upperBound, limit - 1, run.lowerBound + Int64(count - kept) - 1)
                latest = last
                count -= Int(last - run.lowerBound) + 1
                if last < run.upperBound {
                    chunks[0][gone] = last + 1...run.upperBound
                    break
                }
                gone += 1
            }
            guard gone == first.count else {
                chunks[0].removeFirst(gone)
                break
            }
            chunks.removeFirst()
        }
        return latest
    }

    /// - Precondition: the set holds `times`.
    package mutating func remove(_ times: some Collection<Int64>) {
        for time in times { remove(time) }
    }

    private mutating func remove(_ time: Int64) {
        let number = chunk(of: time)
        guard number < chunks.count else { return }
        let place = Self.place(in: chunks[number], endingAtOrAfter: time)
        guard place < chunks[number].count, chunks[number][place].contains(time) else { return }
        count -= 1
        let run = chunks[number][place]
        var rest: [Run] = []
        if run.lowerBound < time { rest.append(run.lowerBound...time - 1) }
        if time < run.upperBound { rest.append(time + 1...run.upperBound) }
        chunks[number].replaceSubrange(place...place, with: rest)
        if chunks[number].isEmpty {
            chunks.remove(at: number)
        } else if chunks[number].count > Self.chunkSize {
            halve(number)
        }
    }
}
