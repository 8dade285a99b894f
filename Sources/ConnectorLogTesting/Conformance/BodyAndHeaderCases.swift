import ConnectorLogCore

/// Bodies of any bytes, headers of any number.
enum BodyAndHeaderCases {
    static let all = [
        StoreConformanceCase("binaryBodiesComeBack", binaryBodiesComeBack),
        StoreConformanceCase("cutsOfBodiesAreSaid", cutsOfBodiesAreSaid),
        StoreConformanceCase("headersKeepOrderAndRepeats", headersKeepOrderAndRepeats),
        StoreConformanceCase("entriesAtTheirLimitsComeBack", entriesAtTheirLimitsComeBack),
    ]

    private static func binaryBodiesComeBack(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var random = SeededRandom(seed: 3)
        let bodies: [[UInt8]] = [
            Array(0...255), [0], [0xFF, 0xFE, 0xC0, 0x80], [], (0..<70_000).map { _ in UInt8(random.next() >> 56) },
        ]
        let samples = bodies.enumerated().map { index, bytes in
            var sample = SampleEntry(team: team, at: store.now, connector: "c\(index)")
            sample.requestBody = .binary(bytes)
            sample.responseBody = index % 2 == 0 ? nil : .binary(bytes.reversed())
            return sample
        }
        try await RoundTripCases.expectRoundTrip(of: samples, in: store, team: team)
    }

    private static func cutsOfBodiesAreSaid(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var sample = SampleEntry(team: team, at: store.now)
        sample.requestBody = SampleEntry.SampleBody(
            bytes: Array("begins".utf8), originalSize: 5_000_000_000, isTruncated: true)
        sample.responseBody = SampleEntry.SampleBody(bytes: [1, 2], isBinary: true, originalSize: 2, isTruncated: true)
        try await RoundTripCases.expectRoundTrip(of: [sample], in: store, team: team)

        var long = SampleEntry(team: team, at: store.now.advanced(bySeconds: 1))
        long.requestBody = .text("0123456789")
        long.responseBody = .text("01234é")
        try await store.append([long], bodyLimit: 6)
        let row = try await store.reader.entries(EntryQuery(teamID: team, limit: 1)).rows.first
        guard let row, let entry = try await store.reader.entry(team: team, id: row.id) else {
            throw ConformanceFailure("the entry is missing")
        }
        let cut = Body(bytes: Array("012345".utf8), isBinary: false, originalSize: 10, isTruncated: true)
        try expectEqual(entry.requestBody, cut, "a body that was cut")
        let cutCharacter = Body(bytes: Array("01234".utf8), isBinary: false, originalSize: 7, isTruncated: true)
        try expectEqual(entry.responseBody, cutCharacter, "a body that was cut before a character")
    }

    private static func headersKeepOrderAndRepeats(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var repeated = SampleEntry(team: team, at: store.now)
        repeated.requestHeaders = [
            HeaderField(name: "Via", value: "b"), HeaderField(name: "via", value: "a"),
            HeaderField(name: "Via", value: "b"), HeaderField(name: "Accept", value: ""),
            HeaderField(name: "", value: "no name"), HeaderField(name: "VIA", value: "ä"),
        ]
        repeated.responseHeaders = repeated.requestHeaders.reversed()
        var many = SampleEntry(team: team, at: store.now.advanced(bySeconds: 1))
        many.responseHeaders = (0..<Limits.headerFields).map { index in
            HeaderField(name: "X-Field-\(index % 40)", value: String(repeating: "v\(index) ", count: index % 30))
        }
        var long = SampleEntry(team: team, at: store.now.advanced(bySeconds: 2))
        long.requestHeaders = [127, 128, 129, 16_383, 16_384, 30_000].map { count in
            HeaderField(name: "X-Long", value: String(repeating: "x", count: count))
        }
        try await RoundTripCases.expectRoundTrip(of: [repeated, many, long], in: store, team: team)
    }

    private static func entriesAtTheirLimitsComeBack(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let wide = "\u{10348}"
        var sample = SampleEntry(
            team: team, at: store.now, connector: String(repeating: "c", count: Limits.connectorIdentifier))
        sample.event = String(repeating: wide, count: Limits.event)
        sample.uri = String(repeating: wide, count: Limits.uri)
        sample.requestID = String(repeating: wide, count: Limits.identifier)
        sample.flowID = String(repeating: wide, count: Limits.identifier)
        sample.stateID = String(repeating: wide, count: Limits.identifier)
        sample.flowName = String(repeating: wide, count: Limits.name)
        sample.errorMessage = String(repeating: wide, count: Limits.message)
        sample.requestBody = .text(String(repeating: wide, count: Limits.bodyBytes / 4))
        sample.responseBody = .binary(Array(repeating: 0xAA, count: Limits.bodyBytes))
        try await RoundTripCases.expectRoundTrip(of: [sample], in: store, team: team)
    }
}
