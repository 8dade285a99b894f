import ConnectorLogCore

/// Who changed what.
enum AuditCases {
    static let all = [
        StoreConformanceCase("auditRecordsComeBackNewestFirst", auditRecordsComeBackNewestFirst),
        StoreConformanceCase("auditPagesCoverTheList", auditPagesCoverTheList),
    ]

    static let durable = [
        StoreConformanceCase("auditOutlivesTheStore", auditOutlivesTheStore)
    ]

    private static func record(_ name: String, team: Int64?, at: Timestamp, target: String? = nil) -> AuditRecord {
        AuditRecord(
            at: at, teamID: team, keyID: "key-\(name)", keyName: "Schl\u{FC}ssel \(name)", action: "revokeKey",
            target: target, requestID: "request-\(name)")
    }

    private static func auditRecordsComeBackNewestFirst(_ store: StoreUnderTest) async throws {
        let (team, other) = (try await store.makeTeam(), try await store.makeTeam())
        var expected: [Int64?: [AuditRecord]] = [team: [], other: [], nil: [], 999: []]
        let owners = [team, other, nil, team, nil, 999, team]
        for (index, owner) in owners.enumerated() {
            // Also when the clock goes back.
            var record = record(
                "\(index)", team: owner, at: store.now.advanced(bySeconds: -Int64(index)),
                target: index % 2 == 0 ? "target \(index)" : nil)
            // What the caller says of it counts for nothing.
            record.number = 77
            try await store.catalog.note(record)
            expected[owner, default: []].insert(record, at: 0)
        }
        var numbers: [Int64] = []
        for (owner, records) in expected {
            let found = try await store.catalog.audit(team: owner, before: nil, limit: 100)
            try expectEqual(found.map(\.requestID), records.map(\.requestID), "records")
            for (record, expected) in zip(found, records) {
                var expected = expected
                expected.number = record.number
                try expectEqual(record, expected, "a record")
            }
            try expectEqual(found.map(\.number), found.map(\.number).sorted(by: >), "numbers")
            numbers += found.map(\.number)
        }
        try expectEqual(Set(numbers).count, owners.count, "different numbers")
        try expect(numbers.allSatisfy { $0 >= 1 }, "numbers begin at 1")
        _ = try await store.catalog.deleteTeam(id: team)
        let left = try await store.catalog.audit(team: team, before: nil, limit: 100)
        try expectEqual(left.count, 3, "records of a deleted team")
    }

    private static func auditPagesCoverTheList(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for index in 0..<20 {
            try await store.catalog.note(record("\(index)", team: index % 4 == 3 ? nil : team, at: store.now))
        }
        for owner in [team, nil] {
            let whole = try await store.catalog.audit(team: owner, before: nil, limit: 1000)
            try expectEqual(whole.count, owner == nil ? 5 : 15, "records")
            for limit in [1, 4, 15] {
                var paged: [AuditRecord] = []
                while true {
                    let page = try await store.catalog.audit(team: owner, before: paged.last?.number, limit: limit)
                    try expect(page.count <= limit, "a page of \(limit) holds \(page.count)")
                    if page.isEmpty || paged.count > 20 { break }
                    paged += page
                }
                try expectEqual(paged, whole, "records of pages of \(limit)")
            }
        }
    }

    private static func auditOutlivesTheStore(_ store: StoreUnderTest) async throws {
        let team = try await store.makeTeam()
        for name in ["a", "b"] { try await store.catalog.note(record(name, team: team, at: store.now, target: name)) }
        let before = try await store.catalog.audit(team: team, before: nil, limit: 10)
        let reopened = try await store.reopened()
        try expectEqual(try await reopened.catalog.audit(team: team, before: nil, limit: 10), before, "records")
        try expectEqual(before.count, 2, "records")
        try await reopened.catalog.note(record("c", team: nil, at: store.now))
        let next = try await reopened.catalog.audit(team: nil, before: nil, limit: 10).first?.number ?? 0
        try expect(next > before[0].number, "numbers rise when the store is opened again")
    }
}
