import ArgumentParser
import ConnectorLogAPI
import ConnectorLogCore

extension Resend: ExpressibleByArgument {}
extension UploadFormat.Kind: ExpressibleByArgument {}

struct IngestCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Send log entries, root faults and flow states from files.",
        discussion: """
            Files hold one JSON object a line (NDJSON), or an HTTP Archive (HAR), which is recognised; or, with --format,
            lines of an access log in JSON. They may be compressed with gzip, zstd or zlib; - is the standard input.
            Good lines are stored though others are bad; bad ones are told by file and line (exit code 65).
            Run the same command again with the same key when it broke off, or when the file has grown: what is stored
            already is recognised by file, place and content, and neither sent nor stored twice. The standard input is
            recognised only with --source NAME. Where each run ended, and what was answered, is noted in the state
            directory ($XDG_STATE_HOME or ~/.local/state, connectorlog/ingest). Lines that were changed, not added, are
            new lines, and so are their neighbours.
            The server recognises for 24 hours what it was sent. Lines that were sent before that and never answered may
            be stored or not: the command stops there, and --resend tells it how to go on.
            """
    )

    /// Rejected lines that people get to read one by one.
    private static let shownRejections = 20

    @Argument(help: ArgumentHelp("Files of lines; - for the standard input.", valueName: "file"))
    var files: [String]

    @Option(
        help: ArgumentHelp("What to call the standard input, so that a second run recognises it.", valueName: "name"))
    var source: String?

    @Option(
        help: ArgumentHelp(
            "What to send of what may be stored: lines of more than a day ago that were never answered (unanswered), "
                + "none of them since they are stored (none), or the whole file anew (all).", valueName: "what"))
    var resend: Resend?

    @Option(
        help: ArgumentHelp(
            "What the files hold: lines, har, nginx-json or envoy-json. Without it, archives are told by their name or "
                + "how they begin, and all else is lines.", valueName: "format"))
    var format: UploadFormat.Kind?

    @OptionGroup var defaults: RecordDefaultOptions
    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Write what was accepted and every rejected line as a JSON document.")
    var json = false

    @Flag(name: .shortAndLong, help: "Write nothing when all is well.")
    var quiet = false

    func validate() throws {
        if files.isEmpty { throw ValidationError("name at least one file, or - for the standard input") }
        if Set(files).count != files.count { throw ValidationError("a file is named twice") }
        if json && quiet { throw ValidationError("--json and --quiet exclude each other") }
    }

    func run(in context: CommandContext) async throws {
        let standardInputIdentity = source ?? "\(context.now())-\(context.random())"
        // All are opened before a line is sent: a misspelt name should not be found after an hour.
        let sources = try files.map { name in
            try LineSource(name: name, standardInputIdentity: standardInputIdentity)
        }
        if Set(sources.map(\.identity)).count != sources.count {
            throw CommandFailure(.usage, "a file is named twice")
        }
        try await connection.withClient(in: context) { client in
            let sizes = sources.map(\.size)
            let console = context.console
            let meter = ProgressMeter(
                totalBytes: sizes.contains(nil) ? nil : sizes.compactMap(\.self).reduce(0, +),
                width: json || quiet ? nil : console.error.width, now: context.now
            ) { text in
                // A progress line that cannot be drawn is no reason to stop.
                try? console.emit(text, to: .error)
            }
            let upload = UploadRun(
                client: client, clock: context.clock, random: context.random, now: context.now,
                journalDirectory: UploadJournal.directory(in: context.environment), isStandardInputNamed: source != nil,
                kind: format, defaults: defaults.resolve(), resend: resend)
            let (report, failure) = await upload.run(sources, meter: meter)
            meter.finish()
            try show(report, isWhole: failure == nil, on: console)
            if let failure {
                throw CommandFailure(
                    failure.status,
                    // What the same command would run into again is not to be repeated but to be mended.
                    [.unavailable, .temporaryFailure, .internalError, .ioError].contains(failure.status)
                        ? failure.message + "; run the same command again to go on: nothing is stored twice"
                        : failure.message)
            }
            if report.exitReason != .success { throw ExitCode(report.exitReason.rawValue) }
        }
    }

    private func show(_ report: UploadReport, isWhole: Bool, on console: Console) throws {
        if json { return try console.show(document: JSONWriter.bytes(of: report)) }
        for rejection in report.rejected.prefix(Self.shownRejections) {
            let field = rejection.field.map { " in \($0.withoutControls)" } ?? ""
            try console.tell(
                "\(rejection.file):\(rejection.line): \(rejection.code)\(field): \(rejection.message.withoutControls)")
        }
        let hidden = report.rejected.count - Self.shownRejections
        if hidden > 0 { try console.tell("and \(hidden) more rejected \(report.noun); --json lists all") }
        guard !quiet || !report.rejected.isEmpty || !isWhole else { return }
        let skipped = report.skipped > 0 ? ", \(report.skipped) of them by an earlier run" : ""
        try console.tell("\(report.accepted) \(report.noun) stored, \(report.rejected.count) rejected\(skipped)")
    }
}
