/// A place in a text that is to go, whatever else the text says: found before names and schemes are looked at.
struct Finding {
    var rule: RedactionRule
    var range: Range<Int>
    /// Nil: the placeholder of what stands there.
    var placeholder: Placeholder?
    /// What the receipt calls it beside its field; may be empty.
    var name: StaticString = ""
    /// The same, where it is the team's.
    var ownName: [UInt8] = []
}

/// Puts placeholders in the place of findings.
extension RedactionWorkspace {
    /// The text without its findings; good until the next call. Nil when there are none.
    mutating func replaceFindings(
        in text: UnsafeRawBufferPointer, context: TextRedactor.Context, field: StaticString, policy: RedactionPolicy
    ) -> UnsafeRawBufferPointer? {
        guard !findings.isEmpty else { return nil }
        findings.sort { ($0.range.lowerBound, $1.range.upperBound) < ($1.range.lowerBound, $0.range.upperBound) }
        var json = context == .text ? JSONPlace(in: text) : nil
        // The text may be what was replaced last.
        swap(&replaced, &replacedBefore)
        replaced.removeAll(keepingCapacity: Self.keptBytes)
        var at = 0
        var index = 0
        while index < findings.count {
            let first = findings[index]
            var (start, end) = (first.range.lowerBound, first.range.upperBound)
            index += 1
            // Places that overlap become one.
            while index < findings.count, findings[index].range.lowerBound < end {
                end = max(end, findings[index].range.upperBound)
                index += 1
            }
            start = max(start, at)
            guard end > start else { continue }
            let secret = UnsafeRawBufferPointer(rebasing: text[start..<end])
            if Placeholder.isPlaceholder(secret) { continue }
            var quote: EscapedQuote?
            if let (range, valueQuote) = json?.bareValue(at: start..<end), range.lowerBound >= at {
                (start, end, quote) = (range.lowerBound, range.upperBound, valueQuote)
                while index < findings.count, findings[index].range.upperBound <= end { index += 1 }
            }
            replaced.append(UnsafeRawBufferPointer(rebasing: text[at..<start]))
            quote?.append(to: &replaced)
            (first.placeholder ?? placeholder(for: secret, of: policy)).append(to: &replaced)
            quote?.append(to: &replaced)
            at = end
            if first.ownName.isEmpty {
                let name = UnsafeRawBufferPointer(start: first.name.utf8Start, count: first.name.utf8CodeUnitCount)
                tally.add(first.rule, field: field, name: name)
            } else {
                first.ownName.withUnsafeBytes { tally.add(first.rule, field: field, name: $0) }
            }
        }
        findings.removeAll(keepingCapacity: true)
        guard at > 0 else { return nil }
        replaced.append(UnsafeRawBufferPointer(rebasing: text[at...]))
        return replaced.bytes
    }
}
