import ConnectorLogAPI
import ConnectorLogCore
import Logging

/// The server's own log: one line a message, either for people or as JSON.
///
///     2026-01-31T12:00:00.123456Z info listening address=127.0.0.1:8080
struct ServerLog: LogHandler {
    typealias Format = ServeConfiguration.LogFormat

    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    private let format: Format
    private let now: @Sendable () -> Timestamp
    private let write: @Sendable (String) -> Void

    /// `write` gets one whole line with its line feed, from any thread.
    init(
        level: Logger.Level, format: Format, now: @escaping @Sendable () -> Timestamp,
        write: @escaping @Sendable (String) -> Void
    ) {
        logLevel = level
        self.format = format
        self.now = now
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let given = event.metadata { fields.merge(given) { $1 } }
        if let error = event.error { fields["error"] = "\(error)" }
        let sorted = fields.sorted { $0.key < $1.key }
        switch format {
        case .line: write(line(event, sorted))
        case .json: write(document(event, sorted))
        }
    }

    private func line(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
        var line = "\(now()) \(event.level.rawValue) \(event.message.description.withoutControls)"
        for (key, value) in fields {
            let text = value.description
            let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
            line += " \(key)="
            if isPlain {
                line += text
            } else {
                var quoted = JSONWriter(capacity: text.utf8.count + 2)
                quoted.write(text)
                line += String(decoding: quoted.bytes, as: UTF8.self)
            }
        }
        return line + "\n"
    }

    private func document(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
        var json = JSONWriter()
        json.object { json in
            json.member("time", now())
            json.member("level", event.level.rawValue)
            json.member("message", event.message.description)
            json.name("metadata")
            json.object { json in
                for (key, value) in fields {
                    json.name(key)
                    json.write(value.description)
                }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}
