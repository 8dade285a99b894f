import ConnectorLogCore

/// What a store did against its contract.
package struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    package var message: String
    /// Where in the battery.
    package var place: String

    package init(_ message: String, file: StaticString = #fileID, line: Int = #line) {
        (self.message, place) = (message, "\(file):\(line)")
    }

    package var description: String { "\(message) (\(place))" }
}

func expect(
    _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: Int = #line
) throws(ConformanceFailure) {
    if !condition { throw ConformanceFailure(message(), file: file, line: line) }
}

func expectEqual<Value: Equatable>(
    _ actual: Value, _ expected: Value, _ subject: @autoclosure () -> String, file: StaticString = #fileID,
    line: Int = #line
) throws(ConformanceFailure) {
    guard actual != expected else { return }
    func short(_ value: Value) -> String {
        let text = String(describing: value)
        return text.utf8.count > 1500 ? text.prefix(1500) + "..." : text
    }
    throw ConformanceFailure(
        "\(subject()): is \(short(actual)), should be \(short(expected))", file: file, line: line)
}

func expectThrows(
    _ code: StoreError.Code, _ subject: @autoclosure () -> String, file: StaticString = #fileID, line: Int = #line,
    _ body: () async throws -> Void
) async throws {
    do {
        try await body()
    } catch let error as StoreError {
        try expectEqual(error.code, code, "error of \(subject())", file: file, line: line)
        return
    }
    throw ConformanceFailure("\(subject()) does not throw", file: file, line: line)
}

/// Equal, and each text equal byte by byte.
func expectSame(
    _ actual: LogEntry?, _ expected: LogEntry, _ subject: @autoclosure () -> String, file: StaticString = #fileID,
    line: Int = #line
) throws(ConformanceFailure) {
    try expectEqual(actual, expected, subject(), file: file, line: line)
    try expect(
        actual?.textBytes == expected.textBytes, "\(subject()): a text has changed its bytes", file: file, line: line)
}

extension EntrySummary {
    /// `==` of texts does not tell spellings of one character apart; these bytes do.
    var textBytes: [[UInt8]?] {
        [
            connectorIdentifier, event, method, uri, requestID, flowID, flowName, flowVersion, stateID, traceID, spanID,
            errorName, errorMessage,
        ].map { $0.map { Array($0.utf8) } }
    }
}

extension LogEntry {
    var textBytes: [[UInt8]?] {
        let headers = (requestHeaders + responseHeaders).flatMap { [$0.name, $0.value] }
        return summary.textBytes + [attributesJSON.map { Array($0.utf8) }] + headers.map { Array($0.utf8) }
    }
}
