import ArgumentParser
import ConnectorLogAPI
import ConnectorLogBlockStore
import ConnectorLogCore

struct CheckCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Verify every checksum and count of a store.",
        discussion: """
            Reads the whole store, changes nothing, and may run beside a server. Exit code 65 says that damage was found;
            docs/operations.md says what to do then.
            """)

    @OptionGroup var location: StoreLocation

    @Flag(help: "Write a JSON document.")
    var json = false

    private static let columns: [Column<CheckReport.Fault>] = [
        Column("BLOCK", alignment: .right) { $0.block.map(String.init) ?? "-" },
        Column("PLACE") { $0.place },
        Column("FAULT", isFlexible: true) { $0.what },
    ]

    func run(in context: CommandContext) async throws {
        let path = location.path(environment: context.environment)
        let report: CheckReport
        do {
            let meter = StepMeter("blocks", console: context.console, now: context.now)
            defer { meter.finish() }
            report = try CheckReport.check(path, progress: meter.note)
        }
        if json {
            try context.console.show(document: JSONWriter.bytes(of: CheckDocument(report: report)))
        } else {
            try show(report, on: context.console)
        }
        // The report says what there is to say.
        if !report.isSound { throw ExitCode(ExitReason.dataError.rawValue) }
    }

    private func show(_ report: CheckReport, on console: Console) throws(CommandFailure) {
        if !report.isSound {
            for line in Table(columns: Self.columns, rows: report.faults).lines(on: console.output) {
                try console.say(line)
            }
            if report.faultCount > report.faults.count {
                try console.say("and \(report.faultCount - report.faults.count) more")
            }
        }
        let retired = report.retiredBlocks == 0 ? "" : " (and \(report.retiredBlocks) that wait for deletion)"
        try console.say(
            "\(report.blocks) blocks\(retired), \(report.entries) entries, \(report.bytes) bytes, "
                + "\(report.rootFaults) root faults, \(report.flowStates) flow states")
        try console.say(report.isSound ? "no damage found" : "\(report.faultCount) faults found")
        for note in report.notes { try console.tell("note: " + note) }
        for text in report.unchecked { try console.tell("not checked: " + text) }
    }
}

extension CheckReport {
    fileprivate static func check(_ path: String, progress: (Int, Int) -> Void) throws(CommandFailure) -> CheckReport {
        do {
            return try StoreCheck.run(path, progress: progress)
        } catch let error as StoreError {
            throw CommandFailure(error)
        } catch {
            throw CommandFailure(.ioError, "cannot read \(path)")
        }
    }
}

/// What `check --json` writes.
private struct CheckDocument: JSONWritable {
    let report: CheckReport

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("sound", report.isSound)
            for (name, count) in [
                ("blocks", report.blocks), ("retired_blocks", report.retiredBlocks), ("entries", report.entries),
                ("bytes", report.bytes), ("root_faults", report.rootFaults), ("flow_states", report.flowStates),
                ("fault_count", report.faultCount),
            ] {
                json.name(name)
                json.write(Int64(count))
            }
            json.name("faults")
            json.array { json in
                for fault in report.faults { Self.write(fault, to: &json) }
            }
            for (name, texts) in [("notes", report.notes), ("not_checked", report.unchecked)] {
                json.name(name)
                json.array { json in
                    for text in texts { json.write(text) }
                }
            }
        }
    }

    private static func write(_ fault: CheckReport.Fault, to json: inout JSONWriter) {
        json.object { json in
            for (name, number) in [("block", fault.block), ("column", fault.column.map(Int64.init))] {
                json.name(name)
                if let number { json.write(number) } else { json.writeNull() }
            }
            json.member("place", fault.place)
            json.member("fault", fault.what)
        }
    }
}
