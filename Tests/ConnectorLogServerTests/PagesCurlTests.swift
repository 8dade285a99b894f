import ConnectorLogCore
import ConnectorLogServer
import ConnectorLogTesting
import Foundation
import Testing

/// The command is run by real shells, with a function in curl's place that tells what it was given.
@Suite struct PagesCurlTests {
    private static func entry(
        _ method: String?, _ uri: String?, headers: [(String, String)] = [], body: Body? = nil
    ) -> LogEntry {
        var summary = EntrySummary(
            id: EntryID(high: 1, low: 2), teamID: 1, logTime: PagesFixtures.now, connectorIdentifier: "c", outcome: .ok)
        (summary.method, summary.uri) = (method, uri)
        var entry = LogEntry(summary: summary)
        entry.requestHeaders = headers.map { HeaderField(name: $0.0, value: $0.1) }
        entry.requestBody = body
        return entry
    }

    private static func body(_ text: String, isBinary: Bool = false, isTruncated: Bool = false) -> Body {
        let bytes = Array(text.utf8)
        return Body(bytes: bytes, isBinary: isBinary, originalSize: bytes.count, isTruncated: isTruncated)
    }

    private static func text(of entry: LogEntry) throws -> String {
        try #require(CurlCommand(entry)).text
    }

    // MARK: - What it says

    @Test func makesTheCallAgain() throws {
        let entry = Self.entry(
            "POST", "https://api.example/v1/things?q=[1]",
            headers: [
                ("Host", "API.example"), ("Content-Type", "application/json"), ("Content-Length", "7"),
                ("Accept-Encoding", "gzip"), ("Connection", "close"), ("X-Empty", ""),
                ("Authorization", "Bearer [secret:abc123]"), ("X-Again", "[secret:abc123]"), ("X-Old", "[redacted]"),
            ], body: Self.body(#"{"a":"it's"}"#))
        #expect(
            try Self.text(of: entry) == #"""
                # SECRET_1 is what was removed as [secret:abc123]
                # SECRET_2 is what was removed as [redacted]
                curl \
                  --request 'POST' \
                  --globoff \
                  --url 'https://api.example/v1/things?q=[1]' \
                  --header 'Content-Type: application/json' \
                  --header 'X-Empty;' \
                  --header 'Authorization: Bearer '"$SECRET_1" \
                  --header 'X-Again: '"$SECRET_1" \
                  --header 'X-Old: '"$SECRET_2" \
                  --compressed \
                  --data-raw '{"a":"it'\''s"}'
                """#)
    }

    @Test func leavesOutWhatCannotBeSent() throws {
        let entry = Self.entry(
            "GET", "/v1/a b\u{7}",
            headers: [("X-Bad", "a\r\nb"), ("X <b>", "1"), (":path", "/"), ("@x", "1"), ("X-Good", "@/etc/passwd")])
        #expect(
            try Self.text(of: entry) == #"""
                # The header field X-Bad is left out: its value holds control characters.
                # A header field is left out: its name is none of HTTP.
                # A header field is left out: its name is none of HTTP.
                # BASE_URL is the scheme and host, such as https://api.example.com
                curl \
                  --globoff \
                  --url "$BASE_URL"'/v1/a%20b%07' \
                  --header 'X-Good: @/etc/passwd'
                """#)
    }

    @Test(arguments: [
        (body("a", isTruncated: true), "Of the body only the beginning was kept"),
        (body("a", isBinary: true), "binary"),
        (body(String(repeating: "a", count: 100_001)), "too large"), (body("a\u{1b}[201~"), "control characters"),
        (body("a\u{9b}"), "control characters"), (body("a\r\n"), "control characters"), (body("a\u{0}"), "control"),
        (Body(bytes: [0xFF, 0x27], isBinary: false, originalSize: 2, isTruncated: false), "control"),
    ])
    func takesABodyThatIsNoTextFromAFile(body: Body, reason: String) throws {
        let text = try Self.text(of: Self.entry("PUT", "https://a.example/", body: body))
        #expect(text.contains(reason))
        #expect(text.hasSuffix("--header 'Content-Type:' \\\n  --data-binary '@body.bin'"))
    }

    @Test(arguments: [
        nil, "file:///etc/passwd", "ftp://a.example/", "", "//a.example/", "-K/etc/passwd", "a.example/x",
    ])
    func callsTheWebAlone(uri: String?) {
        #expect(CurlCommand(Self.entry("GET", uri)) == nil)
    }

    @Test func asksForHeadersAlone() throws {
        #expect(try Self.text(of: Self.entry("HEAD", "https://a.example/")).contains("--head \\\n"))
        #expect(try Self.text(of: Self.entry("G ET", "https://a.example/")).hasPrefix("# The method is left out"))
    }

    // MARK: - What shells make of it

    /// Ends a command's arguments: none holds a control character.
    private static let end = "\u{1}"

    /// The arguments of each command as a shell passes them on, with `SECRET_n` set to something that must not run either.
    private static func run(_ commands: [CurlCommand], shell: String, in folder: URL) throws -> [[String]] {
        var script = "curl() { for argument in \"$@\" '\(end)'; do printf '%s\\0' \"$argument\"; done; }\n"
        for command in commands {
            for variable in command.variables { script += "\(variable.name)='\(secret(variable.name))'\n" }
            script += command.text + "\n"
        }
        let file = folder.appending(path: "command.sh")
        try script.write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: shell)
        process.arguments = [file.path()]
        process.currentDirectoryURL = folder
        let output = Pipe()
        let errors = Pipe()
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        #expect(errors.fileHandleForReading.readDataToEndOfFile().isEmpty)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let arguments = data.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
        return arguments.split(separator: end, omittingEmptySubsequences: false).dropLast().map(Array.init)
    }

    private static func secret(_ name: String) -> String { "$(touch secret-ran) \(name) *" }

    private static let hostile = [
        "'", "\"", "\\", "$(touch ran)", "`touch ran`", "${IFS}", "$SECRET_1", "\n", "\t", "; touch ran;", "&", "|",
        "!!",
        "*", "~", "'\u{301}", "\"\u{308}", "[secret:abc123]", "[secret:zzz999]", "[redacted]", "@/etc/passwd", "--",
        "#",
        "é", "\u{202e}", "🚀", " ", "a", "%", "\\\n", "\u{0}", "\r", "\u{1b}", "\u{9b}", "<", ">", "]", "[secret:",
    ]

    @Test(arguments: ["/bin/sh", "/bin/bash"])
    func passesOnWhatWasStoredAndRunsNothing(shell: String) throws {
        guard FileManager.default.isExecutableFile(atPath: shell) else { return }
        let folder = FileManager.default.temporaryDirectory.appending(path: "curl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var random = SeededRandom(seed: 11)
        func text(_ count: Int) -> String {
            (0..<Int.random(in: 0...count, using: &random)).map { _ in
                Self.hostile.randomElement(using: &random) ?? ""
            }.joined()
        }
        let entries = (0..<400).map { _ in
            Self.entry(
                ["GET", "POST", "PATCH", "X'Y", text(3)].randomElement(using: &random), "https://a.example/" + text(8),
                headers: [("X-A", text(6)), (text(2), "1"), ("X-B'\u{60}", text(6))],
                body: Bool.random(using: &random) ? Self.body(text(12)) : nil)
        }
        let commands = try entries.map { try #require(CurlCommand($0)) }
        // One process: a thread that waits for many holds up other tests.
        let given = try Self.run(commands, shell: shell, in: folder)
        try #require(given.count == commands.count)
        for (index, command) in commands.enumerated() {
            #expect(given[index] == Self.expected(command), "\(command.text)")
            #expect(Self.isWholeBody(entries[index], given[index], command), "\(command.text)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path()) == ["command.sh"])
    }

    private static func expected(_ command: CurlCommand) -> [String] {
        command.options.flatMap { option in
            [option.name]
                + (option.value.map { parts in
                    [
                        parts.map { part in
                            switch part {
                            case .text(let text): text
                            case .variable(let name): secret(name)
                            }
                        }.joined()
                    ]
                } ?? [])
        }
    }

    /// Whether the body came through byte by byte, but for its placeholders; or says that it did not.
    private static func isWholeBody(_ entry: LogEntry, _ given: [String], _ command: CurlCommand) -> Bool {
        guard let body = entry.requestBody, !body.bytes.isEmpty else { return !given.contains("--data-raw") }
        guard let option = given.lastIndex(of: "--data-raw") else { return given.last == "@body.bin" }
        var text = body.text
        for variable in command.variables {
            text = text.replacingOccurrences(
                of: variable.placeholder ?? "", with: secret(variable.name), options: .literal)
        }
        return Array(given[option + 1].utf8) == Array(text.utf8)
    }
}
