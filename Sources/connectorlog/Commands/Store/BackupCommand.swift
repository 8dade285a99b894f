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
            is overwritten. A copy is as secret as the store: it has mode 0700 or 0600. It does not hold the master key, so that
            secrets in it stay sealed: keep master-key, or CONNECTORLOG_MASTER_KEY, in another place.
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
        try Self.make(draft, as: target, from: source, meter)
        do {
            try Self.expectNothing(at: target)
            guard rename(draft, target) == 0 else { throw CommandFailure(.ioError, "cannot make \(target)") }
            try BackupDirectory.sync(URL(filePath: target).deletingLastPathComponent().path(percentEncoded: false))
        } catch {
            try? FileManager.default.removeItem(atPath: draft)
            throw error
        }
        try context.console.say("copied to \(target)")
        try context.console.tell(
            "the master key is not in it: keep a copy of that elsewhere, to read the secrets in it")
        try context.console.tell("verify it with: connectorlog check --data \(target)")
    }

    /// When it fails it leaves nothing of its own, and what another run makes under the same name alone.
    private static func make(_ draft: String, as target: String, from source: String, _ meter: StepMeter) throws {
        defer { meter.finish() }
        if target.hasSuffix(".sqlite") { return try copy(from: source, to: draft, meter) }
        try BackupDirectory(path: draft).make(from: source) { file in try copy(from: source, to: file, meter) }
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
        A backup of Connector Log: a data directory, complete but for the master key, under which the secrets in it are
        sealed. It is as secret as the server's own.

        To look into it:    connectorlog check --data HERE
        To restore it:      stop the server, move its data directory away, copy this directory to its place
                            (cp -a HERE /var/lib/connectorlog; chown -R to the server's user), put the master key of the
                            time of this backup there as master-key (mode 0600), or into CONNECTORLOG_MASTER_KEY, and start
                            the server. Without that key: connectorlog store discard-secrets, and register secrets anew.

        """

    let path: String

    /// Removes it again when it throws, unless somebody else had made it.
    /// - Parameters:
    ///   - source: a data directory, or the store's file in one.
    ///   - copy: makes the store's file.
    func make(from source: String, copy: (_ file: String) throws -> Void) throws {
        guard mkdir(path, 0o700) == 0 else { throw CommandFailure(.cannotCreate, "cannot make \(path)") }
        do {
            try fill(from: source, copy: copy)
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
    }

    private func fill(from source: String, copy: (_ file: String) throws -> Void) throws {
        try copy(path + "/" + StoreBackup.fileName)
        let directory = try Self.dataDirectory(of: source)
        for name in Self.secretFiles {
            guard let bytes = try SecretFile.read(directory + "/" + name) else { continue }
            try SecretFile.create(path + "/" + name, bytes: bytes)
        }
        try SecretFile.create(path + "/RESTORE.txt", bytes: Array(Self.guide.utf8))
        try Self.sync(path)
    }

    /// The keys' files lie beside the store's.
    private static func dataDirectory(of source: String) throws -> String {
        let url = URL(filePath: source)
        let isFile = try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile ?? false
        return isFile ? url.deletingLastPathComponent().path(percentEncoded: false) : source
    }

    static func sync(_ directory: String) throws(CommandFailure) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure(.ioError, "cannot open \(directory)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw CommandFailure(.ioError, "cannot sync \(directory)") }
    }
}
