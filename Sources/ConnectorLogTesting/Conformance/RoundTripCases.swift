import ConnectorLogCore

/// What goes in comes out.
enum RoundTripCases {
    static let all = [
        StoreConformanceCase("everyFieldOfAnEntryComesBack", everyFieldOfAnEntryComesBack),
        StoreConformanceCase("absentFieldsStayAbsent", absentFieldsStayAbsent),
        StoreConformanceCase("emptyTextsAreNotAbsent", emptyTextsAreNotAbsent),
        StoreConformanceCase("textsKeepTheirBytes", textsKeepTheirBytes),
        StoreConformanceCase("statusesAndOutcomesComeBack", statusesAndOutcomesComeBack),
        StoreConformanceCase("durationsComeBack", durationsComeBack),
        StoreConformanceCase("timesComeBackToTheMicrosecond", timesComeBackToTheMicrosecond),
        StoreConformanceCase("receiptsComeBack", receiptsComeBack),
        StoreConformanceCase("mixedRowsKeepTheirOwnFields", mixedRowsKeepTheirOwnFields),
    ]

    /// Stores the samples in one batch, and expects each back, in the list and whole.
    static func expectRoundTrip(of samples: [SampleEntry], in store: StoreUnderTest, team: Int64) async throws {
        try await store.append(samples)
        let rows = try await store.entriesByArrival(team: team)
        try expectEqual(rows.count, samples.count, "rows")
        for (row, sample) in zip(rows, samples) {
            let expected = sample.stored(id: row.id)
            try expectEqual(row, expected.summary, "a listed entry")
            try expectEqual(row.textBytes, expected.summary.textBytes, "bytes of a listed entry's texts")
            try expectSame(try await store.reader.entry(team: team, id: row.id), expected, "an entry")
        }
    }

    static func fullSample(team: Int64, at time: Timestamp) -> SampleEntry {
        var sample = SampleEntry(team: team, at: time, connector: "Hub-Spot_1", status: 429)
        sample.event = "data.load"
        sample.method = "POST"
        sample.uri = "https://api.example.com/crm/v3/objects?limit=100&after=7"
        sample.durationMicroseconds = 123_456
        sample.requestID = "1f0c2f9e-5a30-4d55-a1bb-5c02f3c6a001"
        sample.flowID = "flow-1"
        sample.flowName = "Nightly import"
        sample.flowVersion = "12"
        sample.stateID = "state-1"
        sample.traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
        sample.spanID = "00f067aa0ba902b7"
        sample.errorName = "RateLimited"
        sample.errorMessage = "Too many requests, try again in 7 s"
        sample.requestHeaders = [HeaderField(name: "Accept", value: "application/json")]
        sample.responseHeaders = [
            HeaderField(name: "Content-Type", value: "application/json"),
            HeaderField(name: "X-HubSpot-Correlation-Id", value: "vendor-77"),
        ]
        sample.requestBody = .text(#"{"properties":{"city":"Zürich"}}"#)
        sample.responseBody = .text(#"{"status":"error"}"#)
        sample.attributesJSON = #"{"retry":3,"region":"eu-1"}"#
        return sample
    }

    private static func everyFieldOfAnEntryComesBack(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await expectRoundTrip(of: [fullSample(team: team, at: store.now)], in: store, team: team)
    }

    private static func absentFieldsStayAbsent(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let sample = SampleEntry(team: team, at: store.now, connector: "a", status: nil)
        try await expectRoundTrip(of: [sample], in: store, team: team)
    }

    private static func emptyTextsAreNotAbsent(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var sample = SampleEntry(team: team, at: store.now)
        sample.event = ""
        sample.method = ""
        sample.uri = ""
        sample.requestID = ""
        sample.flowName = ""
        sample.flowVersion = ""
        sample.traceID = ""
        sample.spanID = ""
        sample.errorName = ""
        sample.errorMessage = ""
        sample.requestHeaders = [HeaderField(name: "X-Empty", value: "")]
        sample.requestBody = .text("")
        sample.responseBody = .binary([])
        let bare = SampleEntry(team: team, at: store.now.advanced(bySeconds: 1))
        try await expectRoundTrip(of: [sample, bare, sample.moved(bySeconds: 2)], in: store, team: team)
    }

    private static func textsKeepTheirBytes(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let texts = [
            "caf\u{E9}", "cafe\u{301}", "\u{1F469}\u{200D}\u{1F4BB}", "\u{0}\u{1}\u{7F}", "\u{FFFD}\u{FEFF}",
            "\u{10FFFF}", "שלום", "日本語", "line\nbreak\ttab\r\n", "\\\"quoted\\\"",
        ]
        let samples = texts.enumerated().map { index, text in
            var sample = SampleEntry(team: team, at: store.now.advanced(bySeconds: Int64(index)))
            sample.event = text
            sample.uri = text
            sample.requestID = text
            sample.flowName = text
            sample.errorMessage = text
            sample.requestHeaders = [HeaderField(name: "X-Text", value: text)]
            sample.responseBody = .text(text)
            sample.attributesJSON = "{\"text\":\"é\(index)e\u{301}\"}"
            return sample
        }
        try await expectRoundTrip(of: samples, in: store, team: team)
    }

    private static func statusesAndOutcomesComeBack(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var samples = (100...599).map { (status: Int) in
            SampleEntry(team: team, at: store.now, connector: "c\(status)", status: status)
        }
        for (index, outcome) in Outcome.allCases.enumerated() {
            for (offset, status) in [nil, 200, 500].enumerated() {
                var sample = SampleEntry(team: team, at: store.now, connector: "o\(index)\(offset)", status: status)
                sample.outcome = outcome
                samples.append(sample)
            }
        }
        var failing = SampleEntry(team: team, at: store.now, connector: "e", status: 200)
        failing.errorName = "Truncated answer"
        try await expectRoundTrip(of: samples + [failing], in: store, team: team)
    }

    private static func durationsComeBack(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let durations: [Int64?] = [nil, 0, 1, 999, 1000, 123_456_789, 86_400_000_000]
        let samples = durations.enumerated().map { index, duration in
            var sample = SampleEntry(team: team, at: store.now, connector: "c\(index)")
            sample.durationMicroseconds = duration
            return sample
        }
        try await expectRoundTrip(of: samples, in: store, team: team)
    }

    private static func timesComeBackToTheMicrosecond(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let times = [
            .epoch, Timestamp(microseconds: 1), store.now, store.now.advanced(byMicroseconds: -1),
            store.now.advanced(byMicroseconds: 123_457), Timestamp(microseconds: 951_782_399_999_999),
            store.now.advanced(bySeconds: Limits.secondsAhead),
        ]
        try await expectRoundTrip(of: times.map { SampleEntry(team: team, at: $0) }, in: store, team: team)
    }

    private static func receiptsComeBack(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var sample = SampleEntry(team: team, at: store.now)
        sample.uri = "https://api.example.com/items?api_key=made-up-1&page=2"
        sample.requestHeaders = [HeaderField(name: "Authorization", value: "Bearer made-up-value-22")]
        sample.responseBody = .text(#"{"access_token":"made-up-3","ok":true}"#)
        try await store.append([sample, SampleEntry(team: team, at: store.now.advanced(bySeconds: 1))])
        let rows = try await store.entriesByArrival(team: team)
        try expectEqual(rows.count, 2, "rows")
        let entry = try await store.reader.entry(team: team, id: rows[0].id)
        try expectEqual(
            entry?.receipt.map(\.field).sorted(),
            ["request_headers.Authorization", "response_body.access_token", "uri.api_key"], "fields of the receipt")
        try expectEqual(entry?.receipt.map(\.count), [1, 1, 1], "counts of the receipt")
        try expectEqual(
            entry?.summary.uri?.withPlainPlaceholders, "https://api.example.com/items?api_key=[redacted]&page=2", "uri")
        try expectEqual(entry?.requestHeaders.first?.value.withPlainPlaceholders, "Bearer [redacted]", "header")
        try expectEqual(
            entry?.responseBody?.text.withPlainPlaceholders, #"{"access_token":"[redacted]","ok":true}"#, "body")
        let other = try await store.reader.entry(team: team, id: rows[1].id)
        try expectEqual(other?.receipt, [], "receipt of an entry without secrets")
    }

    private static func mixedRowsKeepTheirOwnFields(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var generator = SampleGenerator(seed: 11, start: store.now)
        var samples: [SampleEntry] = []
        for index in 0..<300 {
            var sample = generator.entry(team: team)
            // Far enough apart that no tie moves a time.
            sample.logTime = store.now.advanced(bySeconds: Int64(index))
            samples.append(sample)
        }
        try await expectRoundTrip(of: samples, in: store, team: team)
    }
}
