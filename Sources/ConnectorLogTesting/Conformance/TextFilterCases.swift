import ConnectorLogCore

/// The filter `text` finds substrings, where it says, and nowhere else.
enum TextFilterCases {
    static let all = [
        StoreConformanceCase("textIsFoundInItsFields", textIsFoundInItsFields),
        StoreConformanceCase("textIsNotFoundElsewhere", textIsNotFoundElsewhere),
        StoreConformanceCase("textMatchesLettersOfASCIIInEitherCase", textMatchesLettersOfASCIIInEitherCase),
        StoreConformanceCase("textIsLiteral", textIsLiteral),
        StoreConformanceCase("textOfAnyLengthIsFound", textOfAnyLengthIsFound),
        StoreConformanceCase("wordsAreFoundWhole", wordsAreFoundWhole),
    ]

    private static func connectors(
        _ text: String, in store: StoreUnderTest, team: Int64
    ) async throws -> [String] {
        var query = EntryQuery(teamID: team, limit: 1000)
        query.text = text
        return try await store.allEntries(query).map(\.connectorIdentifier).sorted()
    }

    private static func wordsAreFoundWhole(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let bodies = [
            "begin": "Needle in hay", "end": "hay with a needle", "middle": "{\"a\":\"needle\"}", "longer": "needles",
            "behind": "haneedle", "digit": "needle7", "beyond": "éneedle", "twice": "needles and a needle",
            "parted": "a_needle-b", "id": "7f3a-needle-00ff00ff00ff00ff",
        ]
        try await store.append(
            bodies.sorted { $0.key < $1.key }.map { name, body in
                var sample = SampleEntry(team: team, at: store.now, connector: name)
                sample.responseBody = .text(body)
                return sample
            })
        func found(_ word: String) async throws -> [String] {
            var query = EntryQuery(teamID: team, limit: 1000)
            query.word = word
            return try await store.allEntries(query).map(\.connectorIdentifier).sorted()
        }
        let whole = ["begin", "end", "id", "middle", "parted", "twice"]
        try expectEqual(try await found("needle"), whole, "entries with the word")
        try expectEqual(try await found("NEEDLE"), whole, "entries with the word in capitals")
        try expectEqual(try await found("a needle"), ["end", "twice"], "entries with the words")
        try expectEqual(try await found("_needle-"), ["parted"], "entries with the word and what parts it")
        try expectEqual(try await found("00FF00ff00ff00ff"), ["id"], "entries with the id")
        try expectEqual(try await found("00ff00ff"), [], "entries with a part of the id")
        try expectEqual(try await found("").count, bodies.count, "entries that an empty word takes")
    }

    private static func textIsFoundInItsFields(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let make: [(String, (inout SampleEntry) -> Void)] = [
            ("uri", { $0.uri = "https://api.example.com/a-needle-b" }),
            ("name", { $0.errorName = "Needle" }),
            ("message", { $0.errorMessage = "lost a needle" }),
            ("request", { $0.requestBody = .text(#"{"a":"needle"}"#) }),
            ("response", { $0.responseBody = .text("needle") }),
            ("long", { $0.responseBody = .text(String(repeating: "hay ", count: 30_000) + "needle") }),
            ("hay", { $0.responseBody = .text(String(repeating: "needl ", count: 1000)) }),
        ]
        try await store.append(
            make.map { name, set in
                var sample = SampleEntry(team: team, at: store.now, connector: name)
                set(&sample)
                return sample
            })
        try expectEqual(
            try await connectors("needle", in: store, team: team),
            ["long", "message", "name", "request", "response", "uri"], "entries with the text")
        try expectEqual(
            try await connectors("", in: store, team: team).count, make.count, "entries that an empty text takes")
    }

    private static func textIsNotFoundElsewhere(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var sample = SampleEntry(team: team, at: store.now, connector: "needle")
        sample.event = "needle"
        sample.method = "NEEDLE"
        (sample.flowName, sample.flowID, sample.stateID) = ("needle", "needle", "needle")
        sample.requestID = "needle"
        sample.requestHeaders = [HeaderField(name: "needle", value: "needle")]
        sample.responseHeaders = sample.requestHeaders
        sample.requestBody = .binary(Array("needle".utf8))
        sample.attributesJSON = #"{"needle":"needle"}"#
        // No field holds it, though it stands across their borders.
        sample.uri = "https://api.example.com/nee"
        sample.errorName = "dle"
        sample.errorMessage = "nee"
        sample.responseBody = .text("dle")
        try await store.append([sample, sample, sample])
        try expectEqual(try await connectors("needle", in: store, team: team), [], "entries with the text")
        try expectEqual(try await connectors("nee", in: store, team: team).count, 3, "entries with half of it")
    }

    private static func textMatchesLettersOfASCIIInEitherCase(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for (name, text) in [("upper", "RATE LIMIT ÄÖ [Z]"), ("lower", "rate limit äö {z}")] {
            var sample = SampleEntry(team: team, at: store.now, connector: name)
            sample.errorMessage = text
            try await store.append([sample])
        }
        let expected: [(String, [String])] = [
            ("Rate Limit", ["lower", "upper"]), ("rAtE", ["lower", "upper"]), ("LIMIT ÄÖ", ["upper"]),
            ("limit Äö", []), ("limit äö", ["lower"]), ("[z]", ["upper"]), ("{Z}", ["lower"]),
            ("ratelimit", []),
        ]
        for (text, names) in expected {
            try expectEqual(try await connectors(text, in: store, team: team), names, "entries with \(text)")
        }
    }

    private static func textIsLiteral(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let texts = [
            "100% sure", "100 sure", "a_b", "axb", "a*b", "c:\\path", "it's", "\"quoted\"", "x\u{0}y", "e\u{301}",
        ]
        try await store.append(
            texts.enumerated().map { index, text in
                var sample = SampleEntry(team: team, at: store.now, connector: "c\(index)")
                sample.responseBody = .text(text)
                return sample
            })
        let expected: [(String, [String])] = [
            ("100%", ["c0"]), ("%", ["c0"]), ("a_b", ["c2"]), ("_", ["c2"]), ("a*b", ["c4"]), ("\\", ["c5"]),
            ("'", ["c6"]), ("\"quoted\"", ["c7"]), ("x\u{0}y", ["c8"]), ("\u{E9}", []), ("\u{301}", ["c9"]),
            ("[a-z]", []), (".*", []),
        ]
        for (text, names) in expected {
            try expectEqual(try await connectors(text, in: store, team: team), names, "entries with \(text)")
        }
    }

    private static func textOfAnyLengthIsFound(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var random = SeededRandom(seed: 8)
        let body = (0..<400).map { _ in random.hex(12) }.joined(separator: " ")
        var sample = SampleEntry(team: team, at: store.now, connector: "long")
        sample.requestBody = .text(body)
        var other = SampleEntry(team: team, at: store.now, connector: "other")
        other.requestBody = .text("unlike")
        try await store.append([sample, other])
        for length in [2, 3, 4, 7, 8, 9, 31, 64, 500, 5000] {
            for start in [0, 1, body.count / 2, body.count - length] where start + length <= body.count {
                let needle = String(body.dropFirst(start).prefix(length))
                try expectEqual(
                    try await connectors(needle, in: store, team: team), ["long"], "entries with \(length) characters")
            }
        }
        try expectEqual(try await connectors(body + "0", in: store, team: team), [], "entries with a longer text")
    }
}
