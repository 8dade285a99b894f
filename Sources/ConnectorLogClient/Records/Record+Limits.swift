/// A text that is too long is left out as a whole: cut before the server's redaction, it could lose the part by which a
/// secret is recognised.
extension ConnectorLogEntry {
    mutating func leaveOutWhatIsTooLong() {
        if uri.isLonger(than: FlatFormLimits.uri) {
            uri = nil
            leftOut.append("uri")
        }
        if errorMessage.isLonger(than: FlatFormLimits.message) {
            errorMessage = nil
            leftOut.append("error_message")
        }
    }
}

extension ConnectorLogFault {
    /// A fault has no attributes that could name what is left out.
    private static let mark = "[left out: too long]"

    mutating func leaveOutWhatIsTooLong() {
        if uri.isLonger(than: FlatFormLimits.uri) { uri = Self.mark }
        if message.isLonger(than: FlatFormLimits.message) { message = Self.mark }
    }
}

extension ConnectorLogStateChange {
    mutating func leaveOutWhatIsTooLong() {
        if joinURI.isLonger(than: FlatFormLimits.uri) { joinURI = nil }
    }
}

extension String? {
    /// In Unicode scalars.
    fileprivate func isLonger(than limit: Int) -> Bool {
        // A scalar has a byte at least.
        guard let self, self.utf8.count > limit else { return false }
        return self.unicodeScalars.count > limit
    }
}
