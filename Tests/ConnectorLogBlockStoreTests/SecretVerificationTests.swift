import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import GRDB
import Testing

@testable import ConnectorLogBlockStore

/// Secrets that are registered after they were stored: found where they stand, and taken out.
@Suite struct SecretVerificationTests {
    /// With characters that all encodings change.
    private static let value = "Tr0ub4dor&\"3/staple+horse"
    private static let other = "another-secret-of-crm-9182"
    private static let key = Array(UInt8(0)..<32)

    private static func owned(_ value: String, _ name: String, team: Int64 = 1, connector: String? = nil) -> OwnedSecret
    {
        let bytes = Array(value.utf8)
        let placeholder = bytes.withUnsafeBytes { Placeholders(key: key, team: team).placeholder(for: $0) }
        return OwnedSecret(
            team: team, connector: connector,
            secret: .init(name: name, known: KnownSecret(value: bytes), placeholder: placeholder))
    }

    private static let scopes = SecretScopes([
        owned(value, "sec_000000001"), owned(other, "sec_000000002", connector: "crm"),
    ])

    private static var percentEncoded: String {
        value.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static var jsonEscaped: String {
        value.replacing("\"", with: "\\\"").replacing("/", with: "\\/").replacing("&", with: "\\u0026")
    }

    private static var base64: String { Data(("user:" + value).utf8).base64EncodedString() }

    private static func clean(_ number: Int, _ time: Timestamp) -> SampleEntry {
        var entry = SampleEntry(team: 1, at: time.advanced(byMicroseconds: Int64(number)), connector: "crm")
        entry.event = "load"
        entry.stateID = "state-\(number / 10)"
        entry.flowID = "flow"
        entry.uri = "https://api.example.com/\(number)"
        entry.requestBody = .text("{\"n\":\(number)}")
        return entry
    }

    /// One field of an entry each, and how often the secret stands there.
    private static let plants: [(field: String, plant: @Sendable (inout SampleEntry) -> Void)] = [
        ("uri", { $0.uri = "https://api.example.com/a?q=\(percentEncoded)&r=1" }),
        ("event", { $0.event = "load \(value)" }),
        ("request_headers", { $0.requestHeaders = [HeaderField(name: "X-Note", value: "a \(value) b")] }),
        ("response_headers", { $0.responseHeaders = [HeaderField(name: "X-Note", value: base64)] }),
        ("request_body", { $0.requestBody = .text("{\"note\":\"\(jsonEscaped)\"}") }),
        ("response_body", { $0.responseBody = .text("<a>\(base64)</a>") }),
        ("error_message", { $0.errorMessage = "refused \(value)" }),
        ("attributes", { $0.attributesJSON = "{\"note\":\"\(jsonEscaped)\"}" }),
        ("request_id", { $0.requestID = "r-\(value)" }),
        ("flow_name", { $0.flowName = "Flow \(value)" }),
        ("state_id", { $0.stateID = "st-\(value)" }),
        ("connector_identifier", { $0.connector = other }),
    ]

    private static func fault(_ time: Timestamp) -> RootFault {
        var fault = Fixtures.fault(team: 1, at: time, name: "Gateway \(value)", state: "st-\(value)")
        fault.connectorIdentifier = "crm"
        fault.message = "said \(base64)"
        fault.responseHeaders = [HeaderField(name: "X-Note", value: value)]
        fault.responseBody = Body(
            bytes: Array(percentEncoded.utf8), isBinary: false, originalSize: 1, isTruncated: false)
        return fault
    }

    private static func change(_ time: Timestamp) -> StateChange {
        var change = Fixtures.change(team: 1, state: "st-\(value)", at: time, status: .failed, flow: "f-\(value)")
        change.currentStep = "step \(value)"
        change.user = "user \(value)"
        change.joinURI = "https://example.com/\(percentEncoded)"
        return change
    }

    private static func fill(_ store: BlockStore, _ clock: ManualClock) async throws {
        _ = try await store.createTeam(name: "Team \(value)", id: 1, at: clock.now)
        for number in 0..<6 {
            var batch = (0..<40).map { clean(number * 1000 + $0, clock.now) }
            for (index, plant) in plants.enumerated() where index % 6 == number {
                var entry = clean(number * 1000 + 100 + index, clock.now)
                plant.plant(&entry)
                batch.append(entry)
            }
            _ = try await store.append(
                Fixtures.batch(
                    batch, faults: number == 3 ? [fault(clock.now)] : [], states: number == 4 ? [change(clock.now)] : []
                ),
                idempotency: nil)
        }
    }

    private func filled(isCompacted: Bool) async throws -> TemporaryStore {
        let temporary = TemporaryStore()
        let store = try await temporary.open()
        try await Self.fill(store, temporary.clock)
        if isCompacted {
            while try await store.maintenance.compactor.step(isQuiet: true) {}
        }
        try await store.close()
        return temporary
    }

    private func erase(_ temporary: TemporaryStore) async throws -> SecretErasure {
        let store = try await temporary.open()
        let erasure = try await store.eraseSecrets(Self.scopes)
        try await store.close()
        return erasure
    }

    private func search(_ temporary: TemporaryStore, _ scopes: SecretScopes = scopes) throws -> SecretReport {
        try SecretVerification.run(temporary.directory, scopes: scopes)
    }

    // MARK: - Searching

    @Test(arguments: [false, true])
    func findsWhatWasRegisteredLate(isCompacted: Bool) async throws {
        let temporary = try await filled(isCompacted: isCompacted)
        defer { temporary.remove() }
        let report = try search(temporary)
        #expect(report.damage.isEmpty)
        #expect(report.entries == 6 * 40 + Self.plants.count)
        let store = try await temporary.open()
        for (field, _) in Self.plants where field != "connector_identifier" {
            let found = report.findings.filter { finding in
                if case .entry = finding.place { finding.field == field } else { false }
            }
            #expect(found.count == 1, "\(field)")
            guard let finding = found.first, case .entry(let block, let row, let id?) = finding.place else { continue }
            #expect(finding.secret == "sec_000000001" && finding.team == 1 && finding.count == 1)
            #expect(block > 0 && row >= 0)
            #expect(try await store.entry(team: 1, id: id) != nil)
        }
        try await store.close()
        let rows = Set(
            report.findings.compactMap { finding in
                if case .row(let table, _) = finding.place { "\(table).\(finding.field)" } else { nil }
            })
        #expect(
            rows.isSuperset(of: [
                "fault.name", "fault.state_id", "fault.message", "fault.response_headers", "fault.response_body",
                "flow_state.state_id", "flow_state.current_step", "flow_state.user", "flow_state.join_uri",
                "flow_text.text", "team.name", "connector.identifier",
            ]), "\(rows)")
        #expect(
            report.findings.contains { finding in
                if case .file(StoreBackup.fileName, _) = finding.place { true } else { false }
            })
        let told = "\(report)"
        #expect(!told.contains(Self.value) && !told.contains(Self.base64) && !told.contains(Self.other))
    }

    @Test func aConnectorsSecretIsItsOwn() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        for (number, connector) in ["crm", "erp"].enumerated() {
            var entry = Self.clean(number, temporary.clock.now)
            entry.connector = connector
            entry.event = "said \(Self.other)"
            _ = try await store.append(Fixtures.batch([entry]), idempotency: nil)
        }
        try await store.close()
        let found = try search(temporary).findings.filter { finding in
            if case .entry = finding.place { true } else { false }
        }
        #expect(found.count == 1 && found.first?.secret == "sec_000000002")
        // The bytes of the file tell of the other one; erasing takes out both.
        _ = try await erase(temporary)
        #expect(try search(temporary).isClean)
    }

    @Test func placeholdersAndOtherTeamsAreNoFinds() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        var entry = Self.clean(1, temporary.clock.now)
        entry.event = "a [secret:k3f9c2] b"
        var others = Self.clean(2, temporary.clock.now)
        others.teamID = 2
        others.event = Self.value
        _ = try await store.append(Fixtures.batch([entry, others]), idempotency: nil)
        try await store.close()
        let scopes = SecretScopes([Self.owned("k3f9c2", "sec_000000003"), Self.owned(Self.value, "sec_000000001")])
        let entries = try search(temporary, scopes).findings.filter { finding in
            if case .entry = finding.place { true } else { false }
        }
        #expect(entries.isEmpty)
    }

    @Test func aDamagedBlockIsToldAndTheRestSearched() async throws {
        let temporary = try await filled(isCompacted: false)
        defer { temporary.remove() }
        let store = try await temporary.open()
        let block = try #require(store.directory.blocks.map(\.id).min())
        try await store.damage(block: block, part: .detail)
        try await store.close()
        let report = try search(temporary)
        #expect(Set(report.damage.compactMap(\.block)) == [block])
        let fields = Set(
            report.findings.compactMap { finding in
                if case .entry = finding.place { finding.field } else { nil }
            })
        // Of the first block, what lies in its other part is found all the same.
        #expect(fields.isSuperset(of: ["uri", "event", "state_id", "error_message"]))
    }

    // MARK: - Erasing

    @Test(arguments: [false, true])
    func afterErasingNothingIsFoundAnyMore(isCompacted: Bool) async throws {
        let temporary = try await filled(isCompacted: isCompacted)
        defer { temporary.remove() }
        let before = try await contents(temporary)
        let erasure = try await erase(temporary)
        #expect(erasure.fields >= Self.plants.count - 1 && erasure.entries >= Self.plants.count - 1)
        var report = try search(temporary)
        if !report.isClean {
            let store = try await temporary.open()
            try await store.rebuild()
            try await store.close()
            report = try search(temporary)
        }
        #expect(report.isClean, "\(report.findings)")
        #expect(report.unsearched.isEmpty)
        let check = try StoreCheck.run(temporary.directory)
        #expect(check.isSound, "\(check.faults)")
        // All entries are there, with what is no secret.
        let after = try await contents(temporary)
        #expect(after.map(\.summary.id) == before.map(\.summary.id))
        #expect(after.map(\.summary.logTime) == before.map(\.summary.logTime))
        let mark = Fixtures.placeholder(of: Self.value, team: 1)
        #expect(after.contains { $0.summary.event == "load \(mark)" })
        #expect(after.contains { $0.summary.uri == "https://api.example.com/a?q=\(mark)&r=1" })
        #expect(
            after.contains {
                $0.requestBody.map { String(decoding: $0.bytes, as: UTF8.self) } == "{\"note\":\"\(mark)\"}"
            })
        #expect(after.contains { $0.requestHeaders == [HeaderField(name: "X-Note", value: "a \(mark) b")] })
        let unchanged = zip(before, after).count { $0 == $1 }
        #expect(unchanged >= 6 * 40)
        let store = try await temporary.open()
        let state = try await store.state(team: 1, id: "st-\(mark)")
        #expect(state?.calls == 1)
        let faults = try await store.faults(FaultQuery(teamID: 1)).rows
        #expect(faults.first?.name == "Gateway \(mark)" && faults.first?.stateID == "st-\(mark)")
        try await store.close()
    }

    /// What was stored after a secret was registered has the names that erasing gives to what was stored before.
    @Test func rowsThatWereOneAllAlongBecomeOne() async throws {
        let temporary = try await filled(isCompacted: false)
        defer { temporary.remove() }
        let mark = Fixtures.placeholder(of: Self.value, team: 1)
        let store = try await temporary.open()
        var entry = Self.clean(9, temporary.clock.now)
        entry.stateID = "st-\(mark)"
        entry.flowID = "f-\(mark)"
        _ = try await store.append(Fixtures.batch([entry]), idempotency: nil)
        _ = try await store.state(team: 1, id: "st-\(mark)")
        try await store.close()
        _ = try await erase(temporary)
        let again = try await temporary.open()
        #expect(try await again.state(team: 1, id: "st-\(mark)")?.calls == 2)
        #expect(try await again.flows(FlowQuery(teamID: 1)).rows.count { $0.flowID == "f-\(mark)" } == 1)
        try await again.close()
        #expect(try StoreCheck.run(temporary.directory).isSound)
    }

    @Test func erasingNothingChangesNothing() async throws {
        let temporary = TemporaryStore()
        defer { temporary.remove() }
        let store = try await temporary.open()
        _ = try await store.append(
            Fixtures.batch((0..<50).map { Self.clean($0, temporary.clock.now) }), idempotency: nil)
        try await store.close()
        let before = try await contents(temporary)
        #expect(try await erase(temporary) == SecretErasure())
        #expect(try await contents(temporary) == before)
    }

    @Test func aBackupIsSearchedByTheSecretsOfTheStore() async throws {
        let temporary = try await filled(isCompacted: true)
        defer { temporary.remove() }
        let file = temporary.directory + "/copy.sqlite"
        try StoreBackup.copy(from: temporary.directory, to: file) { _, _ in }
        let report = try SecretVerification.run(file, scopes: Self.scopes)
        #expect(report.files == 1 && !report.isClean)
        #expect(
            report.findings.contains { finding in
                if case .file("copy.sqlite", _) = finding.place { true } else { false }
            })
    }

    private func contents(_ temporary: TemporaryStore) async throws -> [LogEntry] {
        let store = try await temporary.open()
        var query = EntryQuery(teamID: 1, limit: 1000)
        query.order = .oldestFirst
        var entries: [LogEntry] = []
        for row in try await store.entries(query).rows {
            if let entry = try await store.entry(team: 1, id: row.id) { entries.append(entry) }
        }
        try await store.close()
        return entries.sorted { $0.summary.id < $1.summary.id }
    }
}

@Suite struct RawFilesTests {
    /// Wherever chunks of the file end, each find is told once, with its place.
    @Test func findsAreToldOnceAcrossChunks() throws {
        let directory = FileManager.default.temporaryDirectory.path + "/connectorlog-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let value = "a-value-to-be-found"
        var random = SeededRandom(seed: 3)
        var bytes = (0..<(3 << 20)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let places = [
            0, 100, (1 << 20) - 7, (1 << 20) + 40, (2 << 20) - 1, 2 << 20 + 19, bytes.count - value.utf8.count,
        ]
        .filter { $0 + value.utf8.count <= bytes.count }
        for place in places { bytes.replaceSubrange(place..<place + value.utf8.count, with: value.utf8) }
        try Data(bytes).write(to: URL(filePath: directory + "/file"))
        let scopes = SecretScopes([
            OwnedSecret(
                team: 1, connector: nil,
                secret: .init(
                    name: "sec_000000001", known: KnownSecret(value: Array(value.utf8)),
                    placeholder: Placeholders(key: [], team: 1).placeholder(
                        for: UnsafeRawBufferPointer(start: nil, count: 0))))
        ])
        var report = SecretReport()
        try RawFiles(of: directory).run(scopes, into: &report) { _ in }
        let found = report.findings.compactMap { finding in
            if case .file("file", let offset) = finding.place { offset } else { nil }
        }
        #expect(found == places.sorted())
        #expect(report.bytes == bytes.count)
    }
}
