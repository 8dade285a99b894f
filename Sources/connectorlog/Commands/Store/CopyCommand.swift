import ArgumentParser
import ConnectorLogCore
import ConnectorLogSecrets
import ConnectorLogServer
import Foundation
import UnixSignals

struct CopyCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Copy a whole store into an empty one, of the same kind or the other.",
        discussion: """
            Stop the servers of both first. --from and --to each name a data directory, or ClickHouse with PostgreSQL \
            (--from clickhouse://... --from-catalog postgres://...), whose tables store migrate has made; --from may be a \
            backup, too. Everything is copied as it is, with its ids and times, and in the end every count and checksum \
            is compared. Records of deleted teams are left out.

            Cut short anywhere, by Ctrl-C or a power cut, the same command goes on where it stopped. Until it has ended no \
            server starts on the copy. The source must not change meanwhile: when it does, the copy says so, and has to \
            begin anew on an empty store.

            Passwords come from CONNECTORLOG_FROM_STORE_PASSWORD, CONNECTORLOG_FROM_CATALOG_PASSWORD, \
            CONNECTORLOG_TO_STORE_PASSWORD and CONNECTORLOG_TO_CATALOG_PASSWORD. Both stores have to have one master key \
            (CONNECTORLOG_MASTER_KEY, or the file master-key in a data directory); where \
            CONNECTORLOG_FROM_MASTER_KEY and CONNECTORLOG_TO_MASTER_KEY differ, secrets are sealed anew.

            Exit code 73 says that the target is not empty, 65 that the copy is not like the source or that the source \
            has changed, 75 that the same command may be given again.
            """)

    @Option(
        help: ArgumentHelp(
            "Data directory, backup, or clickhouse://user@host:port/database to copy.", valueName: "store"))
    var from: String

    @Option(help: ArgumentHelp("postgres://user@host:port/database that goes with --from.", valueName: "url"))
    var fromCatalog: String?

    @Option(
        help: ArgumentHelp(
            "Data directory to make, or clickhouse://user@host:port/database to fill.", valueName: "store"))
    var to: String

    @Option(help: ArgumentHelp("postgres://user@host:port/database that goes with --to.", valueName: "url"))
    var toCatalog: String?

    @Flag(help: "Compare both stores, and change nothing.")
    var verifyOnly = false

    func validate() throws {
        let problem = CopyEnd.problem(.from, from, catalog: fromCatalog) ?? CopyEnd.problem(.to, to, catalog: toCatalog)
        if let problem { throw ValidationError(problem) }
    }

    func run(in context: CommandContext) async throws {
        umask(0o077)
        let source = try CopyEnd(.from, from, catalog: fromCatalog, environment: context.environment)
        let target = try CopyEnd(.to, to, catalog: toCatalog, environment: context.environment)
        let meter = CopyMeter(console: context.console, now: context.now)
        let work = CopyWork(source: source, target: target, context: context) { meter.note($0) }
        do {
            defer { meter.finish() }
            if verifyOnly {
                let rows = try await Self.untilSignal { try await work.compare() }
                meter.finish()
                try Self.show(rows, on: context.console)
                try context.console.say("both stores are the same: every count and checksum was compared")
            } else {
                let summary = try await Self.untilSignal { try await work.copy() }
                meter.finish()
                try Self.show(summary, on: context.console)
            }
        } catch let failure as CopyFailure {
            try Self.explain(failure, on: context.console)
        } catch let error as StoreError {
            throw CommandFailure(error)
        }
    }

    /// Runs `body`; a signal to end cancels it, so that it ends behind the chunk that is under way.
    private static func untilSignal<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm])
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals { return nil }
                return nil
            }
            while let ended = try await group.next() {
                group.cancelAll()
                if let value = ended { return value }
            }
            throw CopyFailure(.stopped)
        }
    }

    // MARK: - What is told

    private static let columns: [Column<(name: String, rows: Int)>] = [
        Column("KIND") { $0.name },
        Column("ROWS", alignment: .right) { String($0.rows) },
    ]

    private static func show(_ counts: [CopyKind: Int], on console: Console) throws(CommandFailure) {
        let rows = CopyKind.allCases.filter { $0 != .numbers }.map { (name: $0.name, rows: counts[$0] ?? 0) }
        for line in Table(columns: columns, rows: rows).lines(on: console.output) { try console.say(line) }
    }

    private static func show(_ summary: StoreCopy.Summary, on console: Console) throws(CommandFailure) {
        if summary.wasFinished {
            return try console.say("the copy was finished before: nothing was done")
        }
        try show(summary.rows, on: console)
        if summary.resumedAt > 0 {
            try console.say("went on behind \(summary.resumedAt) rows that an earlier run had copied")
        }
        try console.say("copied \(summary.copied) rows; every count and checksum is that of the source")
        try console.tell("start servers on the copy alone from now on: what the old store takes does not come here")
    }

    /// Differences that are told one by one.
    private static let mostDifferences = 20

    private static func explain(_ failure: CopyFailure, on console: Console) throws -> Never {
        switch failure.reason {
        case .source(let error): throw CommandFailure(error, of: "the source")
        case .target(let error): throw CommandFailure(error, of: "the target")
        case .sealing(let error): throw CommandFailure(error, of: "what is sealed")
        case .occupied:
            throw CommandFailure(
                .cannotCreate,
                "the target is not empty, and holds no copy of this source that could go on: nothing is overwritten")
        case .sourceChanged:
            throw CommandFailure(
                .dataError,
                "the source has changed since the copy began: stop its servers, empty the target, and begin anew")
        case .different(let differences):
            for difference in differences.prefix(mostDifferences) { try console.say("\(difference)") }
            if differences.count > mostDifferences {
                try console.say("and \(differences.count - mostDifferences) more")
            }
            throw CommandFailure(.dataError, "the copy is not like the source, in \(differences.count) places")
        case .contradictory(let places):
            for place in places.prefix(mostDifferences) { try console.say(place) }
            throw CommandFailure(.dataError, "the copy contradicts itself, in \(places.count) places")
        case .stopped:
            throw CommandFailure(.temporaryFailure, "stopped: the same command goes on where this one ended")
        }
    }
}

extension CommandFailure {
    /// - Parameter what: of the two stores.
    fileprivate init(_ error: StoreError, of what: String) {
        self.init(error)
        message = "\(what): \(message)"
    }
}

/// Opens both stores, copies or compares, and closes them.
struct CopyWork: Sendable {
    let source: CopyEnd
    let target: CopyEnd
    let context: CommandContext
    let report: @Sendable (StoreCopy.Step) -> Void

    func copy() async throws -> StoreCopy.Summary {
        let holds = [try hold(ofSource: source), try hold(ofTarget: target)]
        defer { withExtendedLifetime(holds) {} }
        let now = context.now
        return try await using(source, isCopy: false) { opened in
            let sealing = try await sealing(opened, mayMake: true)
            let filled = try await Self.side(.target) { () async throws(StoreError) in
                try await Wiring.openCopyTarget(target, now: now)
            }
            let copy = StoreCopy(
                from: opened, to: filled,
                readBack: { [target] () async throws(StoreError) in
                    try await Wiring.openCopySource(target, isCopy: true)
                }, sealing: sealing, now: now, report: report)
            let result: Result<StoreCopy.Summary, CopyFailure>
            do throws(CopyFailure) { result = .success(try await copy.run()) } catch { result = .failure(error) }
            await filled.close()
            return try result.get()
        }
    }

    /// Returns the rows of each kind.
    func compare() async throws -> [CopyKind: Int] {
        let holds = [try hold(ofSource: source), try hold(ofSource: target)]
        defer { withExtendedLifetime(holds) {} }
        return try await using(source, isCopy: false) { opened in
            try await using(target, isCopy: true) { other in
                let sealing = try await sealing(opened, mayMake: false)
                return try await CopyComparison(source: opened, copy: other, sealing: sealing, report: report).run()
            }
        }
    }

    private func hold(ofSource end: CopyEnd) throws(CommandFailure) -> HeldDirectory? {
        guard case .directory(let path) = end else { return nil }
        return try HeldDirectory.ofSource(path)
    }

    private func hold(ofTarget end: CopyEnd) throws(CommandFailure) -> HeldDirectory? {
        guard case .directory(let path) = end else { return nil }
        return try HeldDirectory(path)
    }

    private static func side<Value: Sendable>(
        _ side: CopySide, _ body: () async throws(StoreError) -> Value
    ) async throws(CopyFailure) -> Value {
        do throws(StoreError) { return try await body() } catch {
            throw CopyFailure(side == .source ? .source(error) : .target(error))
        }
    }

    private func using<Value: Sendable>(
        _ end: CopyEnd, isCopy: Bool, _ body: (any CopySource) async throws -> Value
    ) async throws -> Value {
        let store = try await Self.side(isCopy ? .target : .source) { () async throws(StoreError) in
            try await Wiring.openCopySource(end, isCopy: isCopy)
        }
        let result: Result<Value, any Error>
        do { result = .success(try await body(store)) } catch { result = .failure(error) }
        await store.close()
        return try result.get()
    }

    private func sealing(_ store: any CopySource, mayMake: Bool) async throws -> (any CopySealing)? {
        var secrets: [SecretRecord] = []
        var keys: [String: [UInt8]] = [:]
        for kind in [CopyKind.secrets, .sealedKeys] {
            var place: CopyPlace?
            while let chunk = try await store.chunk(kind, after: place) {
                if case .secrets(let rows) = chunk.rows { secrets += rows }
                if case .sealedKeys(let rows) = chunk.rows { for key in rows { keys[key.name] = key.sealed } }
                place = chunk.place
            }
        }
        let all = CopyKeys(
            environment: context.environment, source: source, target: target,
            random: ServerDependencies.systemRandomBytes)
        return try all.sealing(of: SealedStore(secrets, keys: keys), mayMake: mayMake)
    }
}
