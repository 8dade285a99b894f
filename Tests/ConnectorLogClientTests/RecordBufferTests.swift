import NIOCore
import Testing

@testable import ConnectorLogClient

@Suite struct RecordBufferTests {
    private func buffer(records: Int = 100, bytes: Int = 1 << 20, batch: Int = 10) throws -> RecordBuffer {
        var configuration = try ConnectorLogRecorder.Configuration(baseURL: "http://log.example", apiKey: "clk_x")
        configuration.bufferedRecords = records
        configuration.bufferedBytes = bytes
        configuration.batchRecords = batch
        return RecordBuffer(configuration)
    }

    private func record(_ number: Int = 0, bodyBytes: Int = 0) -> Record {
        var entry = ConnectorLogEntry.numbered(number)
        if bodyBytes > 0 { entry.responseBody = ConnectorLogBody(ByteBuffer(repeating: 0x61, count: bodyBytes)) }
        return .entry(entry)
    }

    private func uris(_ held: [RecordBuffer.Held]) -> [String?] {
        held.map { held in
            guard case .entry(let entry) = held.record else { return nil }
            return entry.uri
        }
    }

    @Test func fullOfRecordsItDropsTheNewest() throws {
        var buffer = try buffer(records: 3)
        let admissions = (0..<5).map { buffer.append(record($0)) }
        #expect(admissions == [.full, .full, .full, .dropped(.bufferFull), .dropped(.bufferFull)])
        #expect(uris(buffer.takeAll()) == ["/0", "/1", "/2"])
        #expect(buffer.statistics.dropped == [.bufferFull: 2])
    }

    @Test func fullOfBytesItDropsTheNewest() throws {
        var buffer = try buffer(bytes: 300_000)
        #expect(buffer.append(record(bodyBytes: 200_000)) == .full)
        #expect(buffer.append(record(bodyBytes: 200_000)) == .dropped(.bufferFull))
        #expect(buffer.append(record()) == .full)
        #expect(buffer.statistics.waiting == 2)
    }

    @Test func whatIsUnderWayTakesRoomUntilItIsSettled() throws {
        var buffer = try buffer(records: 2)
        _ = buffer.append(record(0))
        _ = buffer.append(record(1))
        let taken = buffer.takeAll()
        #expect(buffer.append(record(2)) == .dropped(.bufferFull))
        buffer.settle(byteCount: taken[0].byteCount, accepted: 1, dropped: 0, .rejected)
        #expect(buffer.append(record(3)) == .full)
        #expect(uris(buffer.takeAll()) == ["/3"])
    }

    @Test func bytesOfSettledRecordsAreFree() throws {
        var buffer = try buffer(bytes: 300_000)
        for _ in 0..<5 {
            #expect(buffer.append(record(bodyBytes: 200_000)) == .full)
            let taken = buffer.takeAll()
            buffer.settle(byteCount: taken[0].byteCount, accepted: 0, dropped: 1, .refused)
        }
        #expect(buffer.statistics.dropped == [.refused: 5])
    }

    @Test func saysWhenABatchIsFull() throws {
        var buffer = try buffer(batch: 3)
        #expect((0..<4).map { buffer.append(record($0)) } == [.admitted, .admitted, .full, .full])
        _ = buffer.takeAll()
        #expect(buffer.append(record()) == .admitted)
    }

    @Test func closedItDropsEverything() throws {
        var buffer = try buffer()
        _ = buffer.append(record())
        buffer.close()
        #expect(buffer.append(record()) == .dropped(.shutdown))
        #expect(buffer.takeAll().count == 1)
    }

    @Test func everyRecordIsAccountedFor() throws {
        var buffer = try buffer(records: 4)
        for number in 0..<6 { _ = buffer.append(record(number)) }
        let taken = buffer.takeAll()
        buffer.settle(
            byteCount: taken.prefix(3).reduce(0) { $0 + $1.byteCount }, accepted: 2, dropped: 1, .rejected)
        let statistics = buffer.statistics
        #expect(statistics.recorded == 6)
        #expect(statistics.accepted == 2)
        #expect(statistics.dropped == [.bufferFull: 2, .rejected: 1])
        #expect(statistics.waiting == 1)
    }

    @Test func aBodyCountsWithTheMemoryThatItHolds() {
        let small = record().byteCount
        #expect(record(bodyBytes: 100_000).byteCount >= small + 100_000)
    }
}
