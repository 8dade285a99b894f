import ConnectorLogCore

/// Does the same random operations to a store and to an `InMemoryStore`, and compares every answer.
///
/// Ids differ between the two, so each of the store's is paired with the model's at its first sight; from then on the
/// pair has to hold.
package struct ModelTest {
    let subject: StoreUnderTest
    let model: StoreUnderTest
    var random: SeededRandom
    var generator: SampleGenerator
    /// Ids that were given, also of teams that are deleted since.
    var teams: [Int64] = []
    var entryIDs = PairedIDs()
    var faultIDs = PairedIDs()
    private var keyCount: UInt64 = 0
    let start: Timestamp

    private init(subject: StoreUnderTest, seed: UInt64) {
        self.subject = subject
        let store = InMemoryStore(clock: subject.clock)
        model = StoreUnderTest(
            writer: store, reader: store, catalog: store, keeper: store, pending: store, clock: subject.clock)
        random = SeededRandom(seed: seed)
        start = subject.now
        generator = SampleGenerator(seed: seed &+ 1, start: start, seconds: 900)
    }

    private init(_ other: ModelTest, reopened: StoreUnderTest) {
        (subject, model) = (reopened, other.model)
        (random, generator, teams) = (other.random, other.generator, other.teams)
        (entryIDs, faultIDs) = (other.entryIDs, other.faultIDs)
        (keyCount, start) = (other.keyCount, other.start)
    }

    /// - Parameters:
    ///   - operations: how many of appends, changes of the catalog and queries together.
    ///   - reopens: whether the store is opened again now and then.
    package static func run(
        seed: UInt64, operations: Int, reopens: Bool, on store: StoreUnderTest
    ) async throws {
        var test = ModelTest(subject: store, seed: seed)
        for _ in 0..<2 { try await test.createTeam() }
        for number in 0..<operations {
            do {
                switch test.random.next() % 100 {
                case 0..<40: try await test.append()
                case 40..<72: try await test.query()
                // A store that is opened again may give the times of erased entries once more, and the model does not.
                case 72..<76 where !reopens: try await test.erase()
                case 72..<94: try await test.changeCatalog()
                case 94..<98: test.moveClock()
                default:
                    if reopens { test = ModelTest(test, reopened: try await test.subject.reopened()) }
                }
            } catch let failure as ConformanceFailure {
                throw ConformanceFailure("seed \(seed), operation \(number): \(failure)")
            }
        }
        try await test.compareAll()
    }

    // MARK: - Operations

    /// What a call answered, or the code of its error.
    enum Answer<Value: Equatable & Sendable>: Equatable, Sendable {
        case value(Value)
        case error(StoreError.Code)
    }

    /// Does the same to both, and expects the same answer.
    @discardableResult
    func same<Value: Equatable & Sendable>(
        _ name: String, _ call: (StoreUnderTest) async throws -> Value
    ) async throws -> Answer<Value> {
        func answer(of store: StoreUnderTest) async throws -> Answer<Value> {
            do {
                return .value(try await call(store))
            } catch let error as StoreError {
                return .error(error.code)
            }
        }
        let expected = try await answer(of: model)
        try expectEqual(try await answer(of: subject), expected, name)
        return expected
    }

    private mutating func append() async throws {
        var entries: [SampleEntry] = []
        var faults: [RootFault] = []
        var states: [StateChange] = []
        for _ in 0..<random.pick([0, 1, 1, 2, 5, 30]) { entries.append(generator.entry(team: random.pick(teams))) }
        for _ in 0..<random.pick([0, 0, 1, 3]) { faults.append(generator.fault(team: random.pick(teams))) }
        for _ in 0..<random.pick([0, 0, 1, 4]) { states.append(generator.change(team: random.pick(teams))) }
        let batch = Fixtures.batch(entries, faults: faults, states: states)
        var idempotency: IdempotentAnswer?
        if random.chance(40) {
            idempotency = IdempotentAnswer(
                token: Fixtures.digest(random.next() % 30), fingerprint: Fixtures.digest(random.next() % 2),
                answer: [UInt8(truncatingIfNeeded: random.next())])
        }
        try await same("append") { [idempotency] in try await $0.writer.append(batch, idempotency: idempotency) }
    }

    /// Of a team that exists: nobody can ask for the rows of another.
    private mutating func erase() async throws {
        let team = random.pick(teams)
        guard model.catalog.hasTeam(team) else { return }
        let now = subject.now
        let entry = entryIDs.random(&random)
        let state = random.pick(SampleGenerator.states)
        let connector = random.pick(SampleGenerator.connectors)
        let kind = random.pick([ErasureTarget.Kind.entry, .entry, .entry, .state, .connector])
        func target(isModel: Bool) -> ErasureTarget? {
            switch kind {
            case .entry: entry.map { .entry(isModel ? $0.model : $0.subject) }
            case .state: .state(state)
            case .connector: .connector(connector)
            }
        }
        guard let subjects = target(isModel: false), let models = target(isModel: true) else { return }
        func rows(_ store: StoreUnderTest, _ target: ErasureTarget) async throws -> [Int] {
            let erasure = try await store.keeper.erase(target, team: team, keyID: "key", at: now)
            return [erasure.entries, erasure.faults, erasure.states]
        }
        let expected = try await rows(model, models)
        try expectEqual(try await rows(subject, subjects), expected, "rows erased of \(kind.rawValue)")
    }

    private mutating func moveClock() {
        subject.clock.advance(byMicroseconds: Int64.random(in: -50_000...200_000, using: &random))
    }

    private mutating func createTeam(id: Int64? = nil) async throws {
        let now = subject.now
        let created = try await same("create team") { store in
            try await store.catalog.createTeam(name: "Team", id: id, at: now)
        }
        if case .value(let team) = created { teams.append(team.id) }
    }

    private mutating func changeCatalog() async throws {
        let (team, now) = (random.pick(teams), subject.now)
        let identifier = random.pick(SampleGenerator.connectors)
        let mark = Int.random(in: 0..<1000, using: &random)
        switch random.next() % 20 {
        case 0: try await createTeam(id: random.chance(30) ? team + Int64(mark % 3) : nil)
        case 1 where mark < 250: try await same("delete team") { try await $0.catalog.deleteTeam(id: team) }
        case 1, 2: try await same("rename team") { try await $0.catalog.renameTeam(id: team, name: "Team \(mark)") }
        case 3...6:
            keyCount += 1
            let key = Fixtures.key("key-\(keyCount % 20)", team: random.chance(20) ? nil : team, at: now)
            let hash = Fixtures.digest(keyCount % 25)
            // A team has to exist to be given a key.
            if key.teamID == nil || model.catalog.hasTeam(team) {
                try await same("create key") { store in
                    try await store.catalog.createKey(key, hash: hash)
                    return true
                }
            }
        case 7, 8: try await same("revoke key") { try await $0.catalog.revokeKey(team: team, id: "key-\(mark % 20)") }
        case 9:
            try await same("note use") { store in
                store.catalog.noteUse(ofKey: "key-\(mark % 20)", at: now)
                return true
            }
        case 10,
            11 where model.catalog.hasTeam(team):
            let connector = Fixtures.connector(identifier, team: team, at: now, json: #"{"mark":\#(mark)}"#)
            let logo = random.chance(50) ? Logo(mediaType: "image/png", bytes: [UInt8(mark % 256)]) : nil
            try await same("create connector") { store in
                try await store.catalog.createConnector(connector, logo: logo)
                return true
            }
        case 12...14:
            let name = random.chance(50) ? "Name \(mark)" : nil
            let description: String?? = random.chance(50) ? .some(random.chance(50) ? "About \(mark)" : nil) : nil
            let json = random.chance(50) ? #"{"mark":\#(mark)}"# : nil
            try await same("update connector") { store in
                try await store.catalog.updateConnector(
                    team: team, identifier: identifier, name: name, description: description, configurationJSON: json,
                    at: now)
            }
        case 15:
            try await same("replace configuration") { store in
                try await store.catalog.replaceConfiguration(
                    team: team, identifier: identifier, version: 1 + mark % 3, json: #"{"mark":\#(mark)}"#, at: now)
            }
        case 16:
            try await same("delete connector") { store in
                try await store.catalog.deleteConnector(team: team, identifier: identifier, at: now)
            }
        default:
            let logo = Logo(mediaType: "image/jpeg", bytes: [UInt8(mark % 256), 1])
            try await same("set logo") { store in
                try await store.catalog.setLogo(
                    team: team, identifier: identifier, logo: logo, name: "logo-\(mark)", at: now)
            }
        }
    }
}

/// Ids of the store under test with the model's of the same rows.
struct PairedIDs {
    private var models: [EntryID: EntryID] = [:]
    private var subjects: [EntryID: EntryID] = [:]

    mutating func pair(subject: EntryID, model: EntryID) throws(ConformanceFailure) {
        try expect(
            models[subject, default: model] == model && subjects[model, default: subject] == subject,
            "a row has another id than before, or the id of another row")
        (models[subject], subjects[model]) = (model, subject)
    }

    func random(_ random: inout SeededRandom) -> (subject: EntryID, model: EntryID)? {
        // The order of a dictionary changes from run to run; that of ids does not.
        let known = subjects.keys.sorted()
        guard !known.isEmpty else { return nil }
        let model = random.pick(known)
        return subjects[model].map { ($0, model) }
    }
}
