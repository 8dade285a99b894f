import ConnectorLogCore

/// Each filter takes what it says, alone and with another.
enum FilterCases {
    static let all = [
        StoreConformanceCase("eachFilterTakesWhatItSays", eachFilterTakesWhatItSays),
        StoreConformanceCase("filtersTogetherTakeWhatAllTake", filtersTogetherTakeWhatAllTake),
        StoreConformanceCase("rangesHoldTheirBeginAndNotTheirEnd", rangesHoldTheirBeginAndNotTheirEnd),
        StoreConformanceCase("filtersCompareBytes", filtersCompareBytes),
        StoreConformanceCase("absentFieldsPassNoFilter", absentFieldsPassNoFilter),
        StoreConformanceCase("requestIdsAreTheSendersAndTheVendors", requestIdsAreTheSendersAndTheVendors),
    ]

    /// Stores `count` generated entries in batches of several sizes, and answers them as a reader should.
    private static func generate(_ count: Int, in store: StoreUnderTest, seed: UInt64) async throws -> [LogEntry] {
        let team = try await store.makeTeam()
        let other = try await store.makeTeam()
        var generator = SampleGenerator(seed: seed, start: store.now)
        var samples: [SampleEntry] = []
        while samples.count < count {
            let size = generator.random.pick([1, 17, 200, 400])
            let batch = (0..<size).map { _ in generator.entry(team: team) }
            try await store.append(batch + [generator.entry(team: other)])
            samples += batch
            store.clock.advance(byMicroseconds: 350)
        }
        let rows = try await store.entriesByArrival(team: team)
        try expectEqual(rows.count, samples.count, "rows")
        let entries = zip(samples, rows).map { $0.stored(id: $1.id, logTime: $1.logTime) }
        try expectEqual(rows, entries.map(\.summary), "entries by arrival")
        return entries
    }

    private static func expectMatches(
        _ query: EntryQuery, among entries: [LogEntry], in store: StoreUnderTest, _ subject: String, atLeast: Int = 0
    ) async throws {
        let expected = entries.filter(query.matches).map(\.summary).sorted { a, b in
            query.order == .oldestFirst ? (a.logTime, a.id) < (b.logTime, b.id) : (a.logTime, a.id) > (b.logTime, b.id)
        }
        try expect(expected.count >= atLeast, "\(subject): the generated entries hold too few")
        try expectEqual(try await store.allEntries(query).map(\.id), expected.map(\.id), subject)
    }

    /// One filter each, with values that occur and values that do not.
    private static func filters(team: Int64, from start: Timestamp) -> [(name: String, query: EntryQuery)] {
        var queries: [(String, EntryQuery)] = []
        func add(_ name: String, _ set: (inout EntryQuery) -> Void) {
            var query = EntryQuery(
                teamID: team, order: queries.count % 2 == 0 ? .newestFirst : .oldestFirst, limit: 313)
            set(&query)
            queries.append((name, query))
        }
        for value in ["stripe", "Stripe", "none"] { add("connector \(value)") { $0.connector = value } }
        for value in ["state-3", "state-1", "state"] { add("state \(value)") { $0.stateID = value } }
        for value in SampleGenerator.flows { add("flow \(value)") { $0.flowID = value } }
        for value in ["1", "9", "10"] { add("flow version \(value)") { $0.flowVersion = value } }
        for value in Outcome.allCases { add("outcome \(value)") { $0.outcome = value } }
        for value in ["GET", "get", "DELETE"] { add("method \(value)") { $0.method = value } }
        for value in ["data.load", "DATA.load", "data"] { add("event \(value)") { $0.event = value } }
        for value in [
            EntryQuery.StatusFilter.none, .exactly(404), .exactly(418), .hundred(2), .hundred(5), .hundred(1),
        ] { add("status \(value)") { $0.status = value } }
        for value in ["request-shared", "vendor-7", "vendor-700"] { add("request \(value)") { $0.requestID = value } }
        for value in ["orders", "zÜRICH", "ärger", "timeout", "100%", "\"note\":\"inv", "no such text"] {
            add("text \(value)") { $0.text = value }
        }
        for value in ["orders", "ORDERS", "order", "zürich", "timeout", "v1/orders", "invoice", "no such word", "e"] {
            add("word \(value)") { $0.word = value }
        }
        add("from") { $0.from = start.advanced(bySeconds: 3600) }
        add("to") { $0.to = start.advanced(bySeconds: 3600) }
        add("nothing in range") {
            ($0.from, $0.to) = (start.advanced(bySeconds: 9000), start.advanced(bySeconds: 9001))
        }
        return queries
    }

    private static func eachFilterTakesWhatItSays(_ store: StoreUnderTest) async throws {
        let start = store.now
        let entries = try await generate(2000, in: store, seed: 31)
        let team = entries[0].summary.teamID
        let filters = filters(team: team, from: start)
        try await expectMatches(EntryQuery(teamID: team), among: entries, in: store, "no filter", atLeast: 2000)
        for (name, query) in filters {
            try await expectMatches(query, among: entries, in: store, name)
        }
        let answers = filters.map { filter in entries.count { filter.query.matches($0) } }
        try expect(answers.count { $0 > 20 } > 20, "the generated entries pass most filters")
    }

    private static func filtersTogetherTakeWhatAllTake(_ store: StoreUnderTest) async throws {
        let start = store.now
        let entries = try await generate(2000, in: store, seed: 32)
        let singles: [(String, (inout EntryQuery) -> Void)] = [
            ("connector", { $0.connector = "hubspot" }), ("state", { $0.stateID = "state-5" }),
            ("flow", { $0.flowID = "flow-orders" }), ("outcome", { $0.outcome = .failed }),
            ("method", { $0.method = "POST" }), ("status", { $0.status = .hundred(4) }),
            ("event", { $0.event = "data.save" }), ("request", { $0.requestID = "request-shared" }),
            ("text", { $0.text = "INVOICE" }), ("word", { $0.word = "timeout" }),
            ("from", { $0.from = start.advanced(bySeconds: 1800) }),
            ("to", { $0.to = start.advanced(bySeconds: 5400) }),
        ]
        for (index, first) in singles.enumerated() {
            for second in singles[(index + 1)...] {
                var query = EntryQuery(teamID: entries[0].summary.teamID, limit: 1000)
                query.order = index % 2 == 0 ? .newestFirst : .oldestFirst
                first.1(&query)
                second.1(&query)
                try await expectMatches(query, among: entries, in: store, "\(first.0) and \(second.0)")
            }
        }
        var all = EntryQuery(teamID: entries[0].summary.teamID, limit: 2)
        (all.outcome, all.from, all.to) = (.failed, start.advanced(bySeconds: 600), start.advanced(bySeconds: 6600))
        all.text = "e"
        all.connector = "stripe"
        try await expectMatches(all, among: entries, in: store, "five filters", atLeast: 5)
    }

    private static func rangesHoldTheirBeginAndNotTheirEnd(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await store.append((0..<10).map { SampleEntry(team: team, at: store.now.advanced(byMicroseconds: $0)) })
        func offsets(_ from: Int64?, _ to: Int64?) async throws -> [Int64] {
            var query = EntryQuery(teamID: team, order: .oldestFirst)
            query.from = from.map(store.now.advanced(byMicroseconds:))
            query.to = to.map(store.now.advanced(byMicroseconds:))
            return try await store.reader.entries(query).rows.map { $0.logTime.microseconds - store.now.microseconds }
        }
        try expectEqual(try await offsets(3, 6), [3, 4, 5], "a range")
        try expectEqual(try await offsets(9, nil), [9], "a range from the last entry on")
        try expectEqual(try await offsets(nil, 0), [], "a range up to the first entry")
        try expectEqual(try await offsets(nil, 1), [0], "a range just beyond the first entry")
        try expectEqual(try await offsets(4, 4), [], "an empty range")
        try expectEqual(try await offsets(6, 3), [], "a range that ends before it begins")
    }

    private static func filtersCompareBytes(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let spellings = ["caf\u{E9}", "cafe\u{301}", "CAF\u{E9}", "caf\u{E9} "]
        try await store.append(
            spellings.enumerated().map { index, text in
                var sample = SampleEntry(team: team, at: store.now, connector: "c\(index)")
                (sample.flowID, sample.stateID, sample.event, sample.requestID) = (text, text, text, text)
                return sample
            })
        let fields: [WritableKeyPath<EntryQuery, String?>] = [
            \.flowID, \.stateID, \.event, \.requestID,
        ]
        for field in fields {
            for (index, text) in spellings.enumerated() {
                var query = EntryQuery(teamID: team)
                query[keyPath: field] = text
                let rows = try await store.reader.entries(query).rows
                try expectEqual(rows.map(\.connectorIdentifier), ["c\(index)"], "entries with this spelling")
            }
        }
        for text in spellings {
            let state = try await store.state(text, team: team)
            try expectEqual(state.calls, 1, "calls of the state with this spelling")
            try expect(state.stateID.hasBytes(of: text), "the state has this spelling")
        }
    }

    private static func absentFieldsPassNoFilter(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await store.append([SampleEntry(team: team, at: store.now, status: nil)])
        try expectEqual(try await store.reader.entries(EntryQuery(teamID: team)).rows.count, 1, "entries")
        let fields: [WritableKeyPath<EntryQuery, String?>] = [
            \.flowID, \.stateID, \.event, \.requestID, \.method,
        ]
        for field in fields {
            for value in ["", "x"] {
                var query = EntryQuery(teamID: team)
                query[keyPath: field] = value
                try expectEqual(try await store.reader.entries(query).rows, [], "entries without the field")
            }
        }
    }

    private static func requestIdsAreTheSendersAndTheVendors(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var sent = SampleEntry(team: team, at: store.now, connector: "sent")
        sent.requestID = "id-1"
        sent.requestHeaders = [HeaderField(name: "X-Request-Id", value: "id-of-a-request-header")]
        var answered = SampleEntry(team: team, at: store.now, connector: "answered")
        answered.responseHeaders = [
            HeaderField(name: "cf-ray", value: "id-2"), HeaderField(name: "X-REQUEST-ID", value: "id-1"),
            HeaderField(name: "Request-Id", value: "id-3"), HeaderField(name: "X-Other-Id", value: "id-4"),
        ]
        try await store.append([sent, answered])
        let expected: [(String, [String])] = [
            ("id-1", ["answered", "sent"]), ("id-2", ["answered"]), ("id-3", ["answered"]), ("id-4", []),
            ("id", []), ("ID-1", []), ("id-of-a-request-header", []),
        ]
        for (id, connectors) in expected {
            var query = EntryQuery(teamID: team)
            query.requestID = id
            let rows = try await store.reader.entries(query).rows
            try expectEqual(rows.map(\.connectorIdentifier).sorted(), connectors, "entries with request id \(id)")
        }
    }
}
