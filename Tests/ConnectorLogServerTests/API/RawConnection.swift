import NIOCore
import NIOPosix

/// Bytes as no HTTP client would send them.
enum RawConnection {
    /// Sends `bytes` and returns what comes back until the server closes, or an answer's head and its body are there.
    ///
    /// - Parameter afterContinue: sent once the server said to continue.
    static func exchange(_ bytes: [UInt8], afterContinue: [UInt8] = [], port: Int) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            var answer = ""
            for try await chunk in inbound {
                answer += String(buffer: chunk)
                if answer == "HTTP/1.1 100 Continue\r\n\r\n" {
                    try await outbound.write(ByteBuffer(bytes: afterContinue))
                }
                if isWhole(answer) { break }
            }
            return answer
        }
    }

    private static func isWhole(_ answer: String) -> Bool {
        guard let length = answer.firstMatch(of: /(?i)\r\ncontent-length: ([0-9]+)\r\n/),
            let count = Int(length.1), let end = answer[length.range.lowerBound...].firstRange(of: "\r\n\r\n")
        else { return false }
        return answer[end.upperBound...].utf8.count >= count
    }
}
