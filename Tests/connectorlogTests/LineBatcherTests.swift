import Testing

@testable import connectorlog

@Suite struct LineBatcherTests {
    private func limits(lines: Int = 1000, bytes: Int = 1 << 20, lineBytes: Int = 1 << 20) -> LineBatcher.Limits {
        var limits = LineBatcher.Limits()
        (limits.lines, limits.bytes, limits.lineBytes) = (lines, bytes, lineBytes)
        return limits
    }

    private func outputs(_ text: String, _ limits: LineBatcher.Limits, piece: Int = .max, cuts: [UInt64] = [])
        -> [LineBatcher.Output]
    {
        var batcher = LineBatcher(limits: limits, cuts: cuts)
        var outputs: [LineBatcher.Output] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            outputs += batcher.feed(rest.prefix(piece))
            rest = rest.dropFirst(piece)
        }
        return outputs + batcher.finish()
    }

    private func batch(_ firstLine: Int, _ lineCount: Int, _ offset: UInt64, _ text: String) -> LineBatcher.Output {
        .batch(
            IngestBatch(
                firstLine: firstLine, lineCount: lineCount, offset: offset, end: offset + UInt64(text.utf8.count),
                bytes: Array((text.hasSuffix("\n") ? text.dropLast() : text[...]).utf8)))
    }

    @Test func cutsAfterTheGivenNumberOfLines() {
        #expect(
            outputs("a\nbb\nccc\n", limits(lines: 2)) == [batch(1, 2, 0, "a\nbb\n"), batch(3, 1, 5, "ccc\n")])
    }

    @Test func cutsBeforeTheLineThatWouldExceedTheBytes() {
        #expect(
            outputs("aaaa\nbbbb\ncc\n", limits(bytes: 9)) == [batch(1, 1, 0, "aaaa\n"), batch(2, 2, 5, "bbbb\ncc\n")])
    }

    @Test func lineLongerThanABatchGoesAlone() {
        #expect(
            outputs("a\nbbbbbbbbbbbb\nc\n", limits(bytes: 6))
                == [batch(1, 1, 0, "a\n"), batch(2, 1, 2, "bbbbbbbbbbbb\n"), batch(3, 1, 15, "c\n")])
    }

    @Test func lastLineNeedsNoLineFeedAndGoesAlone() {
        #expect(outputs("a\nb", limits()) == [batch(1, 1, 0, "a\n"), batch(2, 1, 2, "b")])
    }

    /// Whatever a source ended with, and wherever: once it has grown, the same batches come first.
    @Test(arguments: ["a\nbb\nccc\ndddd\n", "a\r\nbb\r\n\r\nccc\r\n", "\n\n{}\n\n[]\n1\n2\n3\n4\n5\n6\n7\n"])
    func aGrownSourceBeginsWithTheSameBatches(text: String) {
        func keys(_ outputs: [LineBatcher.Output]) -> [String] {
            outputs.compactMap { if case .batch(let batch) = $0 { batch.idempotencyKey(source: "s") } else { nil } }
        }
        let bytes = Array(text.utf8)
        for length in 0...bytes.count {
            let limits = limits(lines: 3)
            let first = outputs(String(decoding: bytes[..<length], as: UTF8.self), limits)
            let again = outputs(text, limits, cuts: first.flatMap(\.cuts))
            // A line that was broken off is another line now; all others are recognised.
            let isWhole = length == bytes.count || [10, 13].contains(bytes[length]) || bytes.prefix(length).last == 10
            let known = keys(first).dropLast(isWhole || length == 0 ? 0 : 1)
            #expect(Array(keys(again).prefix(known.count)) == Array(known), "\(length)")
        }
    }

    @Test func nothingComesOfNothing() {
        #expect(outputs("", limits()) == [])
        #expect(outputs("\n \r\n\n", limits(lines: 2)) == [])
    }

    @Test func blankLinesCount() {
        #expect(
            outputs("\n\n\na\n", limits(lines: 2)) == [batch(3, 2, 2, "\na\n")])
    }

    @Test func oversizedLineIsToldAndTheOthersSent() {
        #expect(
            outputs("a\n" + String(repeating: "x", count: 30) + "\nb\n", limits(lineBytes: 10))
                == [batch(1, 1, 0, "a\n"), .oversizedLine(number: 2), batch(3, 1, 33, "b\n")])
    }

    @Test func oversizedLastLineIsToldToo() {
        #expect(
            outputs("a\n" + String(repeating: "x", count: 30), limits(lineBytes: 10), piece: 7)
                == [batch(1, 1, 0, "a\n"), .oversizedLine(number: 2)])
    }

    @Test(arguments: [1, 2, 3, 5, 7, 11, 64])
    func batchesDoNotDependOnHowTheBytesArrive(piece: Int) {
        let lines = (0..<60).map { String(repeating: "x", count: $0 * 7 % 29) + ($0 % 9 == 0 ? "" : "y") }
        let text = lines.joined(separator: "\n")
        let limits = limits(lines: 7, bytes: 60, lineBytes: 24)
        #expect(outputs(text, limits, piece: piece) == outputs(text, limits))
    }

    @Test func nothingIsLostOrMovedBetweenBatches() {
        let text =
            (0..<200).map { "line \($0) " + String(repeating: "z", count: $0 % 17) }.joined(separator: "\n") + "\n"
        var joined: [UInt8] = []
        var nextLine = 1
        for case .batch(let batch) in outputs(text, limits(lines: 13, bytes: 150), piece: 31) {
            #expect(batch.offset == UInt64(joined.count))
            #expect(batch.firstLine == nextLine)
            joined += batch.bytes + Array("\n".utf8)
            #expect(batch.end == UInt64(joined.count))
            nextLine += batch.lineCount
        }
        #expect(joined == Array(text.utf8))
        #expect(nextLine == 201)
    }

    @Test func idempotencyKeyTellsSourcePlaceAndContentApart() {
        let batch = IngestBatch(firstLine: 1, lineCount: 1, offset: 10, end: 12, bytes: Array("a".utf8))
        var elsewhere = batch
        elsewhere.offset = 11
        var other = batch
        other.bytes = Array("b\n".utf8)
        let keys = [
            batch.idempotencyKey(source: "one"), batch.idempotencyKey(source: "two"),
            elsewhere.idempotencyKey(source: "one"), other.idempotencyKey(source: "one"),
        ]
        #expect(Set(keys).count == 4)
        #expect(batch.idempotencyKey(source: "one") == keys[0])
        #expect(keys.allSatisfy { $0.utf8.count <= 128 })
    }
}
