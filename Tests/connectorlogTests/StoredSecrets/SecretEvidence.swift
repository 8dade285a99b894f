import ConnectorLogTesting
import Synchronization

/// All that was planted, and where any of it was seen.
final class SecretEvidence: Sendable {
    /// Shorter ones turn up by chance among random ids and compressed bytes. Those are looked for in the record that they
    /// were planted in alone.
    private static let minimumBytes = 8

    private let search: NeedleSearch
    /// What each needle is of.
    private let owners: [String]
    private let found = Mutex<[String: String]>([:])
    private let looked = Mutex<(pieces: Int, bytes: Int)>((0, 0))

    init(_ secrets: [(what: String, needles: [[UInt8]])]) {
        var owners: [[UInt8]: String] = [:]
        for secret in secrets {
            for needle in secret.needles where needle.count >= Self.minimumBytes && owners[needle] == nil {
                owners[needle] = secret.what
            }
        }
        let sorted = owners.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        search = NeedleSearch(sorted.map(\.key))
        self.owners = sorted.map(\.value)
    }

    /// How much was looked through.
    var extent: (pieces: Int, bytes: Int) { looked.withLock { $0 } }

    /// A line for each secret and place.
    var findings: [String] { found.withLock { $0.values.sorted() } }

    func look(in bytes: [UInt8], at place: @autoclosure () -> String) {
        looked.withLock { $0 = ($0.pieces + 1, $0.bytes + bytes.count) }
        for index in search.occurring(in: bytes) {
            let place = place()
            found.withLock {
                let needle = String(decoding: search.needles[index].prefix(80), as: UTF8.self)
                $0["\(owners[index]) \(place)"] = "\(owners[index]): \(needle) at \(place)"
            }
        }
    }

    func look(in text: String, at place: @autoclosure () -> String) {
        look(in: Array(text.utf8), at: place())
    }
}
