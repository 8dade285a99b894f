import ArgumentParser
import ConnectorLogBlockStore
import ConnectorLogCore
import Foundation

struct BackupCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy a store, beside a running server.",
        discussion: """
            The copy holds everything that was acknowledged before it began. --to names a directory, which is made as a data
            directory with the store and the keys' files, or, when it ends in .sqlite, a file for the store alone. Nothing
            is overwritten. A copy is as secret as the store: it has mode 0700 or 0600.
            """)

    @Option(help: ArgumentHelp("Directory or FILE.sqlite to make.", valueName: "path"))
    var to: String

    @OptionGroup var location: StoreLocation

    func validate() throws {
        if to.isEmpty || to == "/" { throw ValidationError("--to has to name what is to be made") }
    }

    func run(in context: CommandContext) async throws {
        umask(0o077)
        let source = location.path(environment: context.environment)
        var target = to
        while target.hasSuffix("/") { target.removeLast() }
        let draft = target + ".partial"
        try Self.expectNothing(at: target)
        guard !FileManager.default.fileExists(atPath: draft) else {
            throw CommandFailure(
                .cannotCreate, "\(draft) is left of a backup that was cut short, or one is under way: remove it first")
        }
        let meter = StepMeter("pages", console: context.console, now: context.now)
        do {
            defer { meter.finish() }
            if target.hasSuffix(".sqlite") {
                try Self.copy(from: source, to: draft, meter)
            } else {
                try BackupDirectory(path: draft).fill(from: source) { file in
                    try Self.copy(from: source, to: file, meter)
                }
            }
            try Self.expectNothing(at: target)
            guard rename(draft, target) == 0 else { throw CommandFailure(.ioError, "cannot make \(target)") }
            try BackupDirectory.sync(URL(filePath: target).deletingLastPathComponent().path(percentEncoded: false))
        } catch {
            try? FileManager.default.removeItem(atPath: draft)
            throw error
        }
        try context.console.say("copied to \(target)")
        try context.console.tell("verify it with: connectorlog check --data \(target)")
    }

    private static func copy(from source: String, to file: String, _ meter: StepMeter) throws(CommandFailure) {
        do {
            try StoreBackup.copy(from: source, to: file, progress: meter.note)
        } catch let error as StoreError {
            throw CommandFailure(error)
        } catch {
            throw CommandFailure(.ioError, "cannot copy the store")
        }
    }

    private static func expectNothing(at path: String) throws(CommandFailure) {
        if FileManager.default.fileExists(atPath: path) {
            throw CommandFailure(.cannotCreate, "\(path) exists: nothing is overwritten")
        }
    }
}

/// A copy of a data directory: the store, the keys' files, and a word on how to restore it.
struct BackupDirectory {
    static let secretFiles = ["admin-key", "signing-key"]
    static let guide = """
        A backup of Connector Log: a data directory, complete. It is as secret as the server's own.

        To look into it:    connectorlog check --data HERE
        To restore it:      stop the server, move its data directory away, copy this directory to its place
                            (cp -a HERE /var/lib/connectorlog; chown -R to the server's user), start the server.

        """

    let path: String

    /// - Parameter copy: makes the store's file.
    func fill(from source: String, copy: (_ file: String) throws -> Void) throws {
        guard mkdir(path, 0o700) == 0 else { throw CommandFailure(.cannotCreate, "cannot make \(path)") }
        try copy(path + "/" + StoreBackup.fileName)
        for name in Self.secretFiles {
            guard let bytes = try SecretFile.read(source + "/" + name) else { continue }
            try SecretFile.create(path + "/" + name, bytes: bytes)
        }
        try SecretFile.create(path + "/RESTORE.txt", bytes: Array(Self.guide.utf8))
        try Self.sync(path)
    }

    static func sync(_ directory: String) throws(CommandFailure) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure(.ioError, "cannot open \(directory)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw CommandFailure(.ioError, "cannot sync \(directory)") }
    }
}
