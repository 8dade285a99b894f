import Foundation
import NIOCore

/// One line of the flat form, read back by another reader of JSON than ours.
struct JSONRecord: Equatable, CustomStringConvertible {
    let value: NSDictionary

    static func lines(_ bytes: ByteBuffer) -> [JSONRecord] {
        String(buffer: bytes).split(separator: "\n").map { line in
            let value = try? JSONSerialization.jsonObject(with: Data(line.utf8))
            return JSONRecord(value: value as? NSDictionary ?? ["no JSON": String(line)])
        }
    }

    var description: String { "\(value)" }
    var names: Set<String> { Set(value.allKeys.compactMap { $0 as? String }) }

    subscript(name: String) -> String? { value[name] as? String }
    func number(_ name: String) -> Double? { value[name] as? Double }
    func flag(_ name: String) -> Bool { value[name] as? Bool ?? false }
    func object(_ name: String) -> [String: AnyHashable] { value[name] as? [String: AnyHashable] ?? [:] }
}
