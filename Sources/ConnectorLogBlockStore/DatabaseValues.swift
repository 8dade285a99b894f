import ConnectorLogCore
import Foundation
import GRDB

extension [UInt8] {
    /// GRDB binds and gives blobs as `Data`.
    var databaseBytes: Data { Data(self) }
}

extension Row {
    /// The value of a column. A damaged page gives values of any type, or none, whatever the definition of its table says,
    /// and GRDB's own subscripts trap on those.
    func value<Value: DatabaseValueConvertible>(_ column: String) throws(BlockError) -> Value {
        guard let value = try valueIfAny(column) as Value? else {
            throw BlockError(.missing, "database column \(column)")
        }
        return value
    }

    /// Like `value`, nil for NULL.
    func valueIfAny<Value: DatabaseValueConvertible>(_ column: String) throws(BlockError) -> Value? {
        guard let stored = self[column] as DatabaseValue? else {
            throw BlockError(.missing, "database column \(column)")
        }
        if stored.isNull { return nil }
        guard let value = Value.fromDatabaseValue(stored) else { throw BlockError(.value, "database column \(column)") }
        return value
    }

    /// Whatever is stored, to name the row by it.
    func stored(_ column: String) -> DatabaseValue { self[column] as DatabaseValue? ?? .null }

    /// Empty when the column is no blob.
    func bytes(_ column: String) -> [UInt8] { [UInt8](Self.blob(self[column] as DatabaseValue?)) }
    func bytes(_ index: Int) -> [UInt8] { [UInt8](Self.blob(self[index] as DatabaseValue?)) }

    private static func blob(_ value: DatabaseValue?) -> Data {
        if case .blob(let data)? = value?.storage { data } else { Data() }
    }
}

extension EntryID {
    /// 16 bytes, big-endian, so that blobs sort as ids do.
    var databaseBytes: Data {
        var bytes = Data(capacity: 16)
        for word in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes
    }

    init?(databaseBytes bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: word(bytes[..<8]), low: word(bytes[8...]))
    }
}
