import ConnectorLogCore

/// Connectors of the catalog.
enum ConnectorCases {
    static let all = [
        StoreConformanceCase("connectorsAreRegisteredOnFirstSight", connectorsAreRegisteredOnFirstSight),
        StoreConformanceCase("connectorsComeBackAsCreated", connectorsComeBackAsCreated),
        StoreConformanceCase("identifiersAreTakenOnceInATeam", identifiersAreTakenOnceInATeam),
        StoreConformanceCase("updatesChangeWhatTheyName", updatesChangeWhatTheyName),
        StoreConformanceCase("configurationsCountTheirVersions", configurationsCountTheirVersions),
        StoreConformanceCase("ofTwoReplacementsOneHolds", ofTwoReplacementsOneHolds),
        StoreConformanceCase("logosAreSetAndReplaced", logosAreSetAndReplaced),
        StoreConformanceCase("deletedConnectorsLeaveTheirEntries", deletedConnectorsLeaveTheirEntries),
        StoreConformanceCase("connectorsAreListedByIdentifier", connectorsAreListedByIdentifier),
    ]

    private static func connectorsAreRegisteredOnFirstSight(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let own = Fixtures.connector("own", team: team, at: store.now, json: #"{"a":1}"#)
        try await store.catalog.createConnector(own, logo: nil)
        store.clock.advance(bySeconds: 60)
        var fault = Fixtures.fault(team: team, at: .epoch)
        fault.connectorIdentifier = "by-fault"
        let samples = ["by-entry", "own", "by-entry"].map { SampleEntry(team: team, at: .epoch, connector: $0) }
        try await store.append(samples, faults: [fault])
        let seenAt = store.now
        store.clock.advance(bySeconds: 60)
        try await store.append(samples, faults: [fault])
        let expected = ["by-entry", "by-fault"].map { identifier in
            Connector(
                identifier: identifier, teamID: team, name: identifier, description: nil, logoName: nil,
                createdAt: seenAt, updatedAt: seenAt,
                configuration: Connector.Configuration(version: 1, json: "{}", createdAt: seenAt, updatedAt: seenAt))
        }
        try expectEqual(try await store.catalog.connectors(team: team), expected + [own], "connectors")
    }

    private static func connectorsComeBackAsCreated(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let full = Connector(
            identifier: "T3S70", teamID: team, name: "Nämé", description: "", logoName: "logo.png",
            createdAt: store.now, updatedAt: store.now.advanced(byMicroseconds: 1),
            configuration: Connector.Configuration(
                version: 4, json: #"{ "b": [1, 2], "a": "é" }"#, createdAt: store.now.advanced(byMicroseconds: 2),
                updatedAt: store.now.advanced(byMicroseconds: 3)))
        let logo = Logo(mediaType: "image/png", bytes: Array(0...255))
        try await store.catalog.createConnector(full, logo: logo)
        let plain = Fixtures.connector("t3s70", team: team, at: store.now)
        try await store.catalog.createConnector(plain, logo: nil)
        for expected in [full, plain] {
            let found = try await store.catalog.connector(team: team, identifier: expected.identifier)
            try expectEqual(found, expected, "the connector")
        }
        try expectEqual(try await store.catalog.connectors(team: team), [full, plain], "connectors")
        var bare = [full, plain]
        for index in bare.indices { bare[index].configuration.json = "{}" }
        try expectEqual(
            try await store.catalog.connectors(team: team, withConfigurations: false), bare,
            "connectors without configurations")
        try expectEqual(try await store.catalog.logo(team: team, identifier: "T3S70"), logo, "the logo")
        try expectEqual(try await store.catalog.logo(team: team, identifier: "t3s70"), nil, "no logo")
        try expectEqual(try await store.catalog.connector(team: team, identifier: "none"), nil, "no connector")
        try expectEqual(try await store.catalog.logo(team: team, identifier: "none"), nil, "no connector's logo")
    }

    private static func identifiersAreTakenOnceInATeam(_ store: StoreUnderTest) async throws {
        let (a, b) = (try await store.makeTeam(), try await store.makeTeam())
        try await store.append([SampleEntry(team: a, at: store.now, connector: "seen")])
        let first = Fixtures.connector("made", team: a, at: store.now)
        try await store.catalog.createConnector(first, logo: nil)
        for identifier in ["seen", "made"] {
            var again = Fixtures.connector(identifier, team: a, at: store.now)
            again.name = "Again"
            try await expectThrows(.conflict, "creating a connector that exists") {
                try await store.catalog.createConnector(again, logo: Logo(mediaType: "image/png", bytes: [1]))
            }
            let other = Fixtures.connector(identifier, team: b, at: store.now)
            try await store.catalog.createConnector(other, logo: nil)
        }
        try expectEqual(try await store.catalog.connector(team: a, identifier: "made"), first, "the first connector")
        try expectEqual(try await store.catalog.logo(team: a, identifier: "made"), nil, "its logo")
    }

    private static func updatesChangeWhatTheyName(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var expected = Fixtures.connector("c", team: team, at: store.now)
        let bystander = Fixtures.connector("d", team: team, at: store.now)
        try await store.catalog.createConnector(expected, logo: nil)
        try await store.catalog.createConnector(bystander, logo: nil)
        let steps: [(String?, String??)] = [(nil, "About"), ("Name", nil), (nil, .some(nil)), ("Both", "Again")]
        for (index, (name, description)) in steps.enumerated() {
            let at = store.now.advanced(bySeconds: Int64(index) + 1)
            let result = try await store.catalog.updateConnector(
                team: team, identifier: "c", name: name, description: description, configurationJSON: nil, at: at)
            try expectEqual(result, true, "result of an update")
            if let name { expected.name = name }
            if let description { expected.description = description }
            expected.updatedAt = at
            let found = try await store.catalog.connector(team: team, identifier: "c")
            try expectEqual(found, expected, "the connector after an update")
        }
        let result = try await store.catalog.updateConnector(
            team: team, identifier: "none", name: "Name", description: nil, configurationJSON: "{}", at: store.now)
        try expectEqual(result, false, "result of an update of no connector")
        try expectEqual(try await store.catalog.connectors(team: team), [expected, bystander], "connectors")
    }

    private static func configurationsCountTheirVersions(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        try await store.append([SampleEntry(team: team, at: store.now, connector: "c")])
        guard var expected = try await store.catalog.connector(team: team, identifier: "c") else {
            throw ConformanceFailure("the connector is not registered")
        }
        for (index, json) in [#"{"a":1}"#, #"{"a":1}"#, "{}", #"{"é": "\u00e9"}"#].enumerated() {
            let at = store.now.advanced(bySeconds: Int64(index) + 1)
            _ = try await store.catalog.updateConnector(
                team: team, identifier: "c", name: nil, description: nil, configurationJSON: json, at: at)
            expected.configuration.version = index + 2
            expected.configuration.json = json
            expected.configuration.updatedAt = at
            expected.updatedAt = at
            let found = try await store.catalog.connector(team: team, identifier: "c")
            try expectEqual(found, expected, "the connector after a configuration")
        }
        // An entry of a connector that is known changes nothing.
        try await store.append([SampleEntry(team: team, at: store.now, connector: "c")])
        try expectEqual(try await store.catalog.connector(team: team, identifier: "c"), expected, "the connector")
    }

    private static func ofTwoReplacementsOneHolds(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var expected = Fixtures.connector("c", team: team, at: store.now, json: #"{"a":0}"#)
        try await store.catalog.createConnector(expected, logo: nil)
        let (seen, catalog) = (expected.configuration.version, store.catalog)
        let at = store.now.advanced(bySeconds: 1)
        let results = try await withThrowingTaskGroup(
            of: (String, ConfigurationReplacement).self, returning: [(String, ConfigurationReplacement)].self
        ) { group in
            for number in 1...8 {
                let json = #"{"a":\#(number)}"#
                group.addTask {
                    (
                        json,
                        try await catalog.replaceConfiguration(
                            team: team, identifier: "c", version: seen, json: json, at: at)
                    )
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let held = results.filter { $0.1 == .replaced }
        try expectEqual(held.count, 1, "replacements that hold")
        try expectEqual(results.count(where: { $0.1 == .otherVersion }), 7, "replacements that came too late")
        expected.configuration.version += 1
        expected.configuration.json = held.first?.0 ?? ""
        expected.configuration.updatedAt = at
        expected.updatedAt = at
        try expectEqual(try await catalog.connector(team: team, identifier: "c"), expected, "the connector")
        let next = try await catalog.replaceConfiguration(
            team: team, identifier: "c", version: seen + 1, json: "{}", at: at)
        try expectEqual(next, .replaced, "the next replacement")
        let none = try await catalog.replaceConfiguration(
            team: team, identifier: "none", version: 1, json: "{}", at: at)
        try expectEqual(none, .connectorMissing, "replacing the configuration of no connector")
        _ = try await catalog.deleteConnector(team: team, identifier: "c", at: at)
        let gone = try await catalog.replaceConfiguration(
            team: team, identifier: "c", version: seen + 2, json: "{}", at: at)
        try expectEqual(gone, .connectorMissing, "replacing the configuration of a deleted connector")
    }

    private static func logosAreSetAndReplaced(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        var expected = Fixtures.connector("c", team: team, at: store.now)
        try await store.catalog.createConnector(expected, logo: nil)
        var random = SeededRandom(seed: 4)
        for (index, size) in [10, 300_000, 1].enumerated() {
            let logo = Logo(
                mediaType: index == 1 ? "image/jpeg" : "image/png",
                bytes: (0..<size).map { _ in UInt8(random.next() >> 56) })
            let at = store.now.advanced(bySeconds: Int64(index) + 1)
            let result = try await store.catalog.setLogo(
                team: team, identifier: "c", logo: logo, name: "logo-\(index).png", at: at)
            try expectEqual(result, true, "result of setting a logo")
            (expected.logoName, expected.updatedAt) = ("logo-\(index).png", at)
            try expect(try await store.catalog.logo(team: team, identifier: "c") == logo, "the logo comes back")
            let found = try await store.catalog.connector(team: team, identifier: "c")
            try expectEqual(found, expected, "the connector after a logo")
        }
        let result = try await store.catalog.setLogo(
            team: team, identifier: "none", logo: Logo(mediaType: "image/png", bytes: [1]), name: "x", at: store.now)
        try expectEqual(result, false, "result of setting no connector's logo")
        try expectEqual(try await store.catalog.logo(team: team, identifier: "none"), nil, "no connector's logo")
    }

    private static func deletedConnectorsLeaveTheirEntries(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let sample = SampleEntry(team: team, at: store.now, connector: "c")
        try await store.append([sample])
        _ = try await store.catalog.setLogo(
            team: team, identifier: "c", logo: Logo(mediaType: "image/png", bytes: [1]), name: "x", at: store.now)
        _ = try await store.catalog.updateConnector(
            team: team, identifier: "c", name: "Old", description: "Old", configurationJSON: #"{"a":1}"#, at: store.now)
        try expectEqual(
            try await store.catalog.deleteConnector(team: team, identifier: "c", at: store.now), true, "deleting")
        try expectEqual(
            try await store.catalog.deleteConnector(team: team, identifier: "c", at: store.now), false, "deleting again"
        )
        try expectEqual(try await store.catalog.connector(team: team, identifier: "c"), nil, "the connector")
        try expectEqual(try await store.catalog.connectors(team: team), [], "connectors")
        try expectEqual(try await store.catalog.logo(team: team, identifier: "c"), nil, "its logo")
        try expectEqual(try await store.entriesByArrival(team: team).count, 1, "its entries")
        store.clock.advance(bySeconds: 60)
        try await store.append([sample])
        let anew = try await store.catalog.connector(team: team, identifier: "c")
        try expectEqual(anew?.createdAt, store.now, "time of the new registration")
        try expectEqual(anew.map { [$0.name, $0.description, $0.logoName] }, ["c", nil, nil], "what is known anew")
        try expectEqual(anew?.configuration.version, 1, "version of the new configuration")
        try expectEqual(try await store.catalog.logo(team: team, identifier: "c"), nil, "its new logo")
        // Deleted or not, its entries' times stay taken.
        let times = try await store.entriesByArrival(team: team).map(\.logTime)
        try expectEqual(Set(times).count, 2, "different times")
        _ = try await store.catalog.deleteConnector(team: team, identifier: "c", at: store.now)
        let made = Fixtures.connector("c", team: team, at: store.now)
        try await store.catalog.createConnector(made, logo: nil)
        try expectEqual(try await store.catalog.connectors(team: team), [made], "connectors after creating it")
    }

    private static func connectorsAreListedByIdentifier(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        let identifiers = ["b", "a", "B", "a-1", "a_1", "_", "-", "10", "9"]
        for identifier in identifiers {
            try await store.catalog.createConnector(
                Fixtures.connector(identifier, team: team, at: store.now), logo: nil)
        }
        let listed = try await store.catalog.connectors(team: team).map(\.identifier)
        try expectEqual(listed, ["-", "10", "9", "B", "_", "a", "a-1", "a_1", "b"], "identifiers in order")
        let many = try await store.makeTeam()
        try await store.append(
            (0..<1005).map { SampleEntry(team: many, at: store.now, connector: "c\(10_000 + $0)") })
        let first = try await store.catalog.connectors(team: many).map(\.identifier)
        try expectEqual(first, (0..<1000).map { "c\(10_000 + $0)" }, "the first 1,000 identifiers")
        try expectEqual(try await store.catalog.connectorCount(team: many), 1005, "connectors that there are")
        let last = try await store.catalog.connector(team: many, identifier: "c11004")
        try expect(last != nil, "a connector beyond the list is there")
    }
}
