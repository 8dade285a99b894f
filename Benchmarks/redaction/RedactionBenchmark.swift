import ConnectorLogCore
import Foundation

/// What redaction costs an entry: the same drafts go through the wall, and are only copied. One thread, CPU time, the best
/// of several rounds; as JSON on standard output.
///
///     redaction-benchmark FULL.ndjson [ROUNDS]
///     redaction-benchmark --linear           time against size, up to 10 MB, on texts made to be slow
@main
enum RedactionBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "--linear" {
            try print(Linearity.table())
        } else if let path = arguments.first {
            try print(EntryCost(path: path).measure(rounds: arguments.dropFirst().first.flatMap { Int($0) } ?? 15))
        } else {
            FileHandle.standardError.write(Data("redaction-benchmark FULL.ndjson [ROUNDS] | --linear\n".utf8))
            exit(64)
        }
    }

    static func print(_ value: [String: Any]) throws {
        let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys])
        FileHandle.standardOutput.write(data + Data("\n".utf8))
    }
}

/// CPU seconds of this thread.
func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// So many secrets as vendors give out: 20 to 60 characters.
func makeSecrets(_ count: Int) -> [KnownSecret] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func next(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~+/".utf8)
    return (0..<count).map { _ in
        KnownSecret(value: (0..<20 + next(41)).map { _ in letters[next(letters.count)] })
    }
}
