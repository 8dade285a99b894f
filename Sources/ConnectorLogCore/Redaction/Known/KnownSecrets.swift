internal import CByteSearch

/// The known secrets of one connector, ready to be looked for: built once a change, shared by all requests.
final class KnownSecrets: Sendable {
    private let automaton: SecretAutomaton
    let filters: [SampleFilter]
    /// How far before a place that the filters let pass a secret may begin.
    private let lookBack: Int
    /// Of each secret, what stands in its place.
    private let placeholders: [Placeholder]
    /// Bytes of the shortest anchor: shorter texts have no secret.
    private let shortest: Int

    /// Where a secret stands in a text, and what is to stand there.
    struct Found {
        var range: Range<Int>
        var placeholder: Placeholder
        /// Its place in the list that was given.
        var secret: Int
    }

    /// Nil without secrets.
    init?(_ secrets: [KnownSecret], placeholders: Placeholders) {
        let forms = secrets.enumerated().flatMap { number, secret in
            SecretForm.all(of: secret).map { (form: $0, secret: number) }
        }
        guard let shortest = forms.map(\.form.anchor.count).min() else { return nil }
        automaton = SecretAutomaton(forms)
        filters = SampleFilter.filters(automaton.forms)
        lookBack = (filters.map(\.stride).max() ?? 1) - 1
        self.placeholders = secrets.map { secret in secret.value.withUnsafeBytes { placeholders.placeholder(for: $0) } }
        self.shortest = shortest
    }

    /// Memory of searches, kept from text to text.
    struct Scratch: ~Copyable {
        fileprivate var layer = EscapeLayer()
        fileprivate var marks = TextMarks()

        var byteCount: Int { layer.byteCount + marks.byteCount }
    }

    /// Whether `find` has to be asked: false for nearly all texts.
    @inline(__always)
    func mayFind(in text: MarkedText, isCut: Bool) -> Bool {
        if isCut { return true }
        // Escapes make a text longer, not shorter.
        guard text.count >= shortest else { return false }
        let sample = text.nextSample(from: 0)
        return sample < text.count && mayFind(in: text, from: sample) || EscapeLayer.hasEscapes(text)
    }

    /// The same, where the filter let something pass.
    @inline(never)
    private func mayFind(in text: MarkedText, from sample: Int) -> Bool {
        var next = sample
        while next < text.count {
            if read(text.bytes, from: max(0, next - lookBack), past: &next, { _, _ in true }) { return true }
            next = text.nextSample(from: next)
        }
        return false
    }

    /// Appends the places of all secrets in `text`, however they are encoded, in no order; places may overlap.
    /// - Parameter isCut: more followed once: the text's end may be the beginning of a secret.
    func find(
        in text: UnsafeRawBufferPointer, isCut: Bool, using scratch: inout Scratch, into found: inout [Found]
    ) {
        search(text, isCut: isCut, &scratch.marks) { range, form in
            let secret = automaton.secrets[form]
            found.append(Found(range: range, placeholder: placeholders[secret], secret: secret))
        }
        guard EscapeLayer.hasEscapes(text) else { return }
        scratch.layer.undo(text)
        for round in 1...EscapeLayer.rounds where scratch.layer.isChanged {
            let layer = scratch.layer
            layer.bytes.withUnsafeBytes { bytes in
                search(bytes, isCut: isCut, &scratch.marks) { range, form in
                    let secret = automaton.secrets[form]
                    found.append(
                        Found(range: layer.source(of: range), placeholder: placeholders[secret], secret: secret))
                }
            }
            if round < EscapeLayer.rounds { scratch.layer.undoAgain() }
        }
    }

    /// One pass: the filter leads from one candidate to the next.
    private func search(
        _ text: UnsafeRawBufferPointer, isCut: Bool, _ marks: inout TextMarks,
        _ report: (_ range: Range<Int>, _ form: Int) -> Void
    ) {
        marks.read(text, known: [self])
        let marked = marks.marked(text, from: 0, of: text.count)
        var next = 0
        while true {
            let sample = marked.nextSample(from: next)
            guard sample < text.count else { break }
            let start = max(next, sample - lookBack)
            next = sample
            _ = read(text, from: start, past: &next) {
                report($0, $1)
                return false
            }
        }
        if isCut { searchEnd(of: text, report) }
    }

    /// The automaton reads on from `start`, at least past `next`, for as long as something may have begun; `next` moves to
    /// where nothing has. True when `report` wants to hear no more.
    @inline(__always)
    private func read(
        _ text: UnsafeRawBufferPointer, from start: Int, past next: inout Int,
        _ report: (_ range: Range<Int>, _ form: Int) -> Bool
    ) -> Bool {
        var at = start
        var node = SecretAutomaton.root
        repeat {
            node = automaton.step(from: node, text[at].asciiLowercased)
            at += 1
            guard automaton.isEnd(node) else { continue }
            // Of two that share their first 256 bytes the one that agrees further; else the longest.
            var end = at
            var found: Int?
            automaton.forEachEnding(at: node) { form in
                guard let reach = reach(of: form, endingAt: at, in: text), found == nil || reach > end else { return }
                (found, end) = (form, reach)
            }
            guard let form = found else { continue }
            let start = at - automaton.forms[form].anchor.count
            if report(withEdges(start..<end, automaton.forms[form], text), form) { return true }
            if end > at {
                // What a long form covers is gone, whatever else begins in it.
                at = end
                node = SecretAutomaton.root
            }
        } while at < text.count && (node != SecretAutomaton.root || at <= next)
        next = at
        return false
    }

    /// Where the form ends whose anchor ends at `end`; nil when it does not stand there.
    private func reach(of number: Int, endingAt end: Int, in text: UnsafeRawBufferPointer) -> Int? {
        let form = automaton.forms[number]
        let start = end - form.anchor.count
        if !form.ignoresCase {
            guard let first = text.baseAddress, same_bytes(first + start, form.anchor, form.anchor.count) else {
                return nil
            }
        }
        if form.isWord, Self.isWithinWord(start..<end, text) { return nil }
        // A text that has the first 256 bytes of a longer value gives it away as far as they agree.
        var reach = end
        var at = form.anchor.count
        while at < form.whole.count, reach < text.count {
            let isSame =
                text[reach] == form.whole[at]
                || form.ignoresCase && text[reach].asciiLowercased == form.whole[at].asciiLowercased
            guard isSame else { break }
            at += 1
            reach += 1
        }
        return reach
    }

    /// Whether letters or digits go on before or behind.
    private static func isWithinWord(_ range: Range<Int>, _ text: UnsafeRawBufferPointer) -> Bool {
        range.lowerBound > 0 && text[range.lowerBound].isAlphanumeric && text[range.lowerBound - 1].isAlphanumeric
            || range.upperBound < text.count && text[range.upperBound - 1].isAlphanumeric
                && text[range.upperBound].isAlphanumeric
    }

    /// With the characters of base64 around that hold some of its bits, and the padding.
    private func withEdges(_ range: Range<Int>, _ form: SecretForm, _ text: UnsafeRawBufferPointer) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        if form.partialBefore > 0, start > 0, text[start - 1].isBase64 { start -= 1 }
        if form.partialBehind > 0, end < text.count, text[end].isBase64 {
            end += 1
            while end < text.count, text[end] == UInt8(ascii: "="), end - range.upperBound < 3 { end += 1 }
        }
        return start..<end
    }

    /// Eight bytes, or half of the form, are taken for a secret's beginning where a text was cut.
    private static let cutBytes = 8

    private func searchEnd(of text: UnsafeRawBufferPointer, _ report: (_ range: Range<Int>, _ form: Int) -> Void) {
        var node = SecretAutomaton.root
        for at in max(0, text.count - automaton.longest)..<text.count {
            node = automaton.step(from: node, text[at].asciiLowercased)
        }
        let forms = automaton.forms
        let found = automaton.beginning(at: node, minimum: SecretForm.minimumBytes) { form, length in
            guard length >= min(Self.cutBytes, (forms[form].anchor.count + 1) / 2) else { return false }
            return forms[form].ignoresCase
                || zip(text[(text.count - length)...], forms[form].anchor).allSatisfy { $0 == $1 }
        }
        if let (form, length) = found { report(text.count - length..<text.count, form) }
    }
}

extension UInt8 {
    var isAlphanumeric: Bool { self &- 48 < 10 || (self | 0x20) &- 97 < 26 }
    var isBase64: Bool {
        switch self {
        case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: isAlphanumeric
        }
    }
}
