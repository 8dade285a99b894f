import ArgumentParser
import ConnectorLogClickHouse
import ConnectorLogCore
import ConnectorLogPostgres

struct MigrateCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Make the tables that servers share, or bring them to this version.",
        discussion: """
            May be given again, by several at once, and while servers run. Nothing is ever removed. Passwords come from \
            CONNECTORLOG_STORE_PASSWORD and CONNECTORLOG_CATALOG_PASSWORD, or with the whole address from \
            CONNECTORLOG_STORE and CONNECTORLOG_CATALOG. The embedded store needs no migration: a server that opens it \
            does what there is to do.
            """)

    @OptionGroup var addresses: SharedStoreOptions

    @Flag(help: "Print the statements, and change nothing.")
    var dryRun = false

    func run(in context: CommandContext) async throws {
        let (clickHouse, postgres) = try addresses.resolve(context.environment)
        do {
            let entries = try await ClickHouseMigration(clickHouse)
            let steps = try await PostgresMigrations.pending(postgres)
            guard dryRun else {
                try await PostgresMigrations.migrate(postgres)
                try await entries.run(on: clickHouse)
                let done = steps.isEmpty ? "up to date already" : steps.map(\.name).joined(separator: ", ")
                try context.console.say("PostgreSQL: \(done)")
                return try context.console.say("ClickHouse: \(entries.statements.count) statements")
            }
            try context.console.say("-- PostgreSQL")
            for step in steps {
                for statement in step.statements { try context.console.say(statement + ";") }
            }
            try context.console.say("-- ClickHouse")
            for statement in entries.statements { try context.console.say(statement + ";") }
        } catch let error as StoreError {
            throw CommandFailure(error)
        }
    }
}

/// Where the databases of a shared store are, for commands that work on them without a server.
struct SharedStoreOptions: ParsableArguments {
    @Option(help: ArgumentHelp("As --store of serve (CONNECTORLOG_STORE).", valueName: "url"))
    var store: String?

    @Option(help: ArgumentHelp("As --catalog of serve (CONNECTORLOG_CATALOG).", valueName: "url"))
    var catalog: String?

    func validate() throws {
        for (setting, url) in [(Setting.store, store), (.catalog, catalog)] {
            guard let url, let problem = StorageAddresses.problem(ofFlag: setting, url) else { continue }
            throw ValidationError(problem)
        }
    }

    func resolve(
        _ environment: [String: String]
    ) throws(CommandFailure) -> (ClickHouseAddress, PostgresConfiguration) {
        func value(_ setting: Setting) -> String? {
            environment[setting.environmentName].flatMap { $0.isEmpty ? nil : $0 }
        }
        let addresses = try StorageAddresses(
            store: store ?? value(.store), storePassword: value(.storePassword), catalog: catalog ?? value(.catalog),
            catalogPassword: value(.catalogPassword))
        guard case .shared(let clickHouse, let postgres) = addresses else {
            throw CommandFailure(
                .usage, "say where the databases are: --store clickhouse://... --catalog postgres://...")
        }
        return (clickHouse, postgres)
    }
}
