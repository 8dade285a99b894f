import HTTPTypes
import NIOCore
import NIOPosix

/// Bytes as no HTTP client would send them.
enum RawConnection {
    /// Sends `bytes` and returns what comes back until the server closes, or so many whole answers are there.
    ///
    /// - Parameters:
    ///   - afterContinue: sent once the server said to continue.
    ///   - closingOutput: tells the server that nothing more will be sent.
    ///   - untilClosed: waits for the server to close, whatever came.
    ///   - watch: is told all that came, whenever more did.
    static func exchange(
        _ bytes: [UInt8], afterContinue: [UInt8] = [], answers: Int = 1, closingOutput: Bool = false,
        untilClosed: Bool = false, port: Int, watch: @Sendable (String) async throws -> Void = { _ in }
    ) async throws -> String {
        try await connect(port: port, halfCloses: closingOutput).executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            if closingOutput { outbound.finish() }
            var received = ""
            for try await chunk in inbound {
                received += String(buffer: chunk)
                try await watch(received)
                if received == "HTTP/1.1 100 Continue\r\n\r\n" {
                    try await outbound.write(ByteBuffer(bytes: afterContinue))
                }
                if !untilClosed, RawAnswer.all(in: received).count >= answers { break }
            }
            return received
        }
    }

    /// Sends `bytes` and then `more` again and again until the server takes no more, and returns what it said.
    ///
    /// - Parameter pause: how long nothing is read.
    static func flood(
        _ bytes: [UInt8], with more: [UInt8], readingAfter pause: Duration = .zero, port: Int
    ) async throws -> String {
        try await connect(port: port).executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    // Ends with an error: the server closes.
                    try? await outbound.write(ByteBuffer(bytes: bytes))
                    while (try? await outbound.write(ByteBuffer(bytes: more))) != nil {}
                }
                var received = ""
                try await Task.sleep(for: pause)
                do {
                    for try await chunk in inbound { received += String(buffer: chunk) }
                } catch is IOError {
                    // Reset, since it was still sending.
                }
                try await group.waitForAll()
                return received
            }
        }
    }

    /// Sends `bytes`, and closes once `body` has returned.
    static func leave(_ bytes: [UInt8], port: Int, after body: @Sendable () async throws -> Void) async throws {
        try await connect(port: port).executeThenClose { _, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            try await body()
        }
    }

    private static func connect(port: Int, halfCloses: Bool = false) async throws -> NIOAsyncChannel<
        ByteBuffer, ByteBuffer
    > {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(isOutboundHalfClosureEnabled: halfCloses))
                }
            }
    }
}

/// One answer as it came over the wire.
struct RawAnswer {
    var status: Int
    var fields: [(name: String, value: String)]
    var body: String

    /// The whole answers with a `Content-Length` that `text` begins with; those that say to continue are left out.
    static func all(in text: String) -> [RawAnswer] {
        var answers: [RawAnswer] = []
        var rest = text[...]
        while let end = rest.firstRange(of: "\r\n\r\n") {
            let lines = rest[..<end.lowerBound].split(separator: "\r\n")
            guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { break }
            let fields = lines.dropFirst().map { line in
                let name = line.prefix { $0 != ":" }
                return (String(name), line.dropFirst(name.count + 1).trimmingPrefix(" ").description)
            }
            rest = rest[end.upperBound...]
            var answer = RawAnswer(status: status, fields: fields, body: "")
            if status == 100 { continue }
            guard let length = answer.header("Content-Length").flatMap({ Int($0) }), rest.utf8.count >= length else {
                break
            }
            answer.body = String(decoding: rest.utf8.prefix(length), as: UTF8.self)
            rest = rest[rest.utf8.index(rest.startIndex, offsetBy: length)...]
            answers.append(answer)
        }
        return answers
    }

    func header(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    var envelope: TestAnswer {
        var headers = HTTPFields()
        for (name, value) in fields {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return TestAnswer(status: status, headers: headers, bytes: Array(body.utf8))
    }
}
