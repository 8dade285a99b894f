import ConnectorLogCore

/// A value that a path selects.
struct SelectedValue: Hashable {
    var path: Int
    var range: Range<Int>
    var isString: Bool

    init(_ path: Int, _ range: Range<Int>, isString: Bool) {
        (self.path, self.range, self.isString) = (path, range, isString)
    }

    static func all(_ paths: [String], _ text: [UInt8]) throws -> [SelectedValue] {
        let set = JSONPathSet(try paths.map { path throws(PatternError) in try JSONPath(path) })
        var values: [SelectedValue] = []
        text.withUnsafeBytes {
            set.forEachValue(in: $0) { values.append(SelectedValue($0, $1, isString: $2)) }
        }
        return values
    }

    /// Strings with quotes around them.
    static func texts(_ paths: [String], _ text: String) throws -> [String] {
        let bytes = Array(text.utf8)
        return try all(paths, bytes).map { value in
            let text = String(decoding: bytes[value.range], as: UTF8.self)
            return value.isString ? "\"\(text)\"" : text
        }
    }
}
