import ConnectorLogCore

/// Headers say again what other columns of their entry say: the request id, and the trace id within a `traceparent` (W3C Trace
/// Context, section 3.2). In the table a mark stands in their place, for such ids do not compress.
///
/// A value that begins with a null byte by itself, as none that came over HTTP does, gets another before it.
struct HeaderReferences {
    private static let escape: UInt8 = 0
    private static let requestMark = UInt8(ascii: "R")
    private static let traceMark = UInt8(ascii: "T")
    private static let traceParentStart = Array("00-".utf8)

    /// Nil or empty stands for none.
    var requestID: ArraySlice<UInt8>?
    var traceID: ArraySlice<UInt8>?

    /// Of a header list, which may be empty.
    func compacted(_ headers: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        HeaderList.forEach(headers) { name, value in
            name.withUnsafeBytes { HeaderList.append($0, to: &bytes) }
            mark(value).withUnsafeBytes { HeaderList.append($0, to: &bytes) }
        }
    }

    private func mark(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        if value.first == Self.escape { return [Self.escape] + value }
        if let requestID, !requestID.isEmpty, value == requestID { return [Self.escape, Self.requestMark] }
        if let traceID, !traceID.isEmpty, value.starts(with: Self.traceParentStart) {
            let rest = value.dropFirst(Self.traceParentStart.count)
            if rest.starts(with: traceID) { return [Self.escape, Self.traceMark] + rest.dropFirst(traceID.count) }
        }
        return value
    }

    /// What `compacted` was given.
    func restored(_ headers: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        HeaderList.forEach(headers) { name, value in
            name.withUnsafeBytes { HeaderList.append($0, to: &bytes) }
            let whole = value.first == Self.escape ? restored(value.dropFirst()) : value
            whole.withUnsafeBytes { HeaderList.append($0, to: &bytes) }
        }
    }

    /// - Parameter marked: what stands behind the first null byte.
    private func restored(_ marked: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        switch marked.first {
        case Self.requestMark: requestID ?? []
        case Self.traceMark: Self.traceParentStart + (traceID ?? []) + marked.dropFirst()
        default: marked
        }
    }
}
