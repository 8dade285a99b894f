import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Testing

@Suite
struct IdempotencyTests {
    private let good = "{\"connector_identifier\":\"a\"}\n"

    private func send(
        _ body: String, key: String?, to writer: MemoryWriter, identity: String = "key-1", cuts: [Int] = [],
        isAnnounced: Bool = true, book: RedactionBook = Fixtures.redactionBook()
    ) async throws(IngestError) -> IngestResult {
        let caller = IngestCaller(defaultTeam: 1, identity: identity) { _ in nil }
        var session = IngestRun.pipeline(writer, book: book).makeSession(
            format: IngestFormat(media: .ndjson, encoding: .identity), caller: caller,
            hasIdempotencyKey: isAnnounced && key != nil)
        try session.feed(Array(body.utf8), cuts: cuts)
        return try await session.finish(idempotencyKey: key) { outcome in
            Array("accepted \(outcome.accepted), rejected \(outcome.rejected.count)".utf8)
        }
    }

    private func answer(_ result: IngestResult) -> String {
        switch result {
        case .stored(let outcome): "stored \(outcome.accepted) \(outcome.rejected.count)"
        case .replayed(let answer): "replayed " + String(decoding: answer, as: UTF8.self)
        }
    }

    @Test func aRepeatedRequestIsAnsweredTheSameAndStoredOnce() async throws {
        let writer = MemoryWriter()
        let body = good + "bad\n" + good
        #expect(answer(try await send(body, key: "k", to: writer)) == "stored 2 1")
        #expect(answer(try await send(body, key: "k", to: writer, cuts: [3, 20])) == "replayed accepted 2, rejected 1")
        #expect(writer.batches.map(\.count) == [2])
    }

    /// What is kept of a body, secrets included, says nothing to who has not the server's key.
    @Test func keepsAFingerprintOfTheServersOwn() async throws {
        let books = [Fixtures.redactionBook(), RedactionBook(placeholderKey: Array(repeating: 9, count: 32))]
        var fingerprints: Set<[UInt8]> = []
        for book in books {
            let writer = MemoryWriter()
            _ = try await send(good, key: "k", to: writer, book: book)
            #expect(writer.fingerprints.count == 1)
            fingerprints.formUnion(writer.fingerprints)
        }
        #expect(fingerprints.count == 2)
    }

    @Test func withoutAKeyEachRequestCounts() async throws {
        let writer = MemoryWriter()
        _ = try await send(good, key: nil, to: writer)
        _ = try await send(good, key: nil, to: writer)
        #expect(writer.batches.count == 2)
        #expect(writer.tokens.isEmpty)
    }

    @Test func theSameKeyWithAnotherBodyIsAConflict() async throws {
        let writer = MemoryWriter()
        _ = try await send(good, key: "k", to: writer)
        do {
            _ = try await send(good + good, key: "k", to: writer)
            Issue.record("taken")
        } catch {
            guard case .idempotencyMismatch = error.code else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(writer.batches.count == 1)
    }

    @Test func keysOfCallersAreApart() async throws {
        let writer = MemoryWriter()
        for (identity, key) in [("a", "bc"), ("ab", "c"), ("abc", ""), ("a", "b"), ("b", "b")] {
            _ = try await send(good, key: key, to: writer, identity: identity)
        }
        #expect(writer.batches.count == 5)
        #expect(writer.tokens.count == 5)
        #expect(writer.tokens.allSatisfy { $0.count == 32 })
    }

    @Test func anAnswerWithoutAGoodLineIsRememberedToo() async throws {
        let writer = MemoryWriter()
        #expect(answer(try await send("bad\n", key: "k", to: writer)) == "stored 0 1")
        #expect(answer(try await send("bad\n", key: "k", to: writer)) == "replayed accepted 0, rejected 1")
        #expect(writer.batches.isEmpty)
    }

    @Test func withoutAGoodLineAndAKeyTheStoreIsNotAsked() async throws {
        let writer = MemoryWriter()
        #expect(answer(try await send("bad\n", key: nil, to: writer)) == "stored 0 1")
        #expect(writer.appends == 0)
    }

    @Test func aKeyThatWasNotAnnouncedIsRefusedRatherThanConfused() async throws {
        let writer = MemoryWriter()
        await #expect(throws: IngestError.self) {
            try await send(good, key: "k", to: writer, isAnnounced: false)
        }
        #expect(writer.appends == 0)
    }

    @Test(arguments: [StoreError.Code.overloaded, .idempotencyMismatch, .full, .failed, .closed, .damaged])
    func mapsWhatTheStoreRefuses(code: StoreError.Code) async throws {
        let writer = MemoryWriter()
        writer.fail(with: StoreError(code, "why"))
        do {
            _ = try await send(good, key: "k", to: writer)
            Issue.record("taken")
        } catch {
            switch (code, error.code) {
            case (.overloaded, .overloaded), (.idempotencyMismatch, .idempotencyMismatch): break
            case (_, .store(let cause)): #expect(cause.code == code)
            default: Issue.record("\(error)")
            }
        }
    }
}
