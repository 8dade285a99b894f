import ConnectorLogCore
import ConnectorLogTesting

/// Lines with secrets in them, each with a time of its own, by which what became of it is found again.
struct PlantedTraffic: Sendable {
    struct Line: Sendable {
        var json: String
        var planted: PlantedLine
        var secrets: [PlantedSecret]
        var isState: Bool
        /// `log_time` of entries and faults, `updated_at` of states.
        var time: Timestamp
    }

    let known: [PlantedKnownSecret]
    let lines: [Line]
    /// What could have been planted and was not.
    let missing: Set<PlantedSecret.Combination>

    init(seed: UInt64, lines count: Int, from start: Timestamp) {
        var planter = SecretPlanter(seed: seed) { coding, bytes in
            switch coding {
            case .gzip: Compressed.gzip(bytes)
            case .deflate: Compressed.deflate(bytes)
            case .zstd: Compressed.zstd(bytes)
            }
        }
        var missing = Set(planter.combinations)
        lines = (0..<count).map { number in
            let line = planter.next()
            missing.subtract(line.secrets.map(\.combination))
            let isState = line.secrets[0].place.line == .state
            let time = start.advanced(bySeconds: Int64(number))
            let member = isState ? "updated_at" : "log_time"
            return Line(
                json: #"{"\#(member)":"\#(time)","# + line.json.dropFirst(), planted: line, secrets: line.secrets,
                isState: isState, time: time)
        }
        known = planter.known
        self.missing = missing
    }

    /// The ids of states that lines are about. No secret stands there.
    var states: [String] {
        lines.filter(\.isState).compactMap { $0.json.firstMatch(of: /"state_id":"([^"]+)"/).map { String($0.1) } }
    }

    var secretCount: Int { lines.reduce(0) { $0 + $1.secrets.count } }
}
