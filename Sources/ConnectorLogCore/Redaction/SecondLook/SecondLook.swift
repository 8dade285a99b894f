import Synchronization

/// Looks once more at what redaction left, before it is stored: simpler than the first look, and made of nothing that the
/// first one is made of, so that a defect of that one does not become a secret in the store. What it finds nobody should
/// ever see: the field goes as a whole, and it is counted.
///
/// It finds registered values of eight bytes or more, as they are, and tokens of a certain form.
package final class SecondLook: Sendable {
    /// Called for each field that was dropped.
    package typealias Note = @Sendable (_ field: StaticString) -> Void

    private let note = Mutex<Note?>(nil)

    init() {}

    package func onHit(_ note: @escaping Note) {
        self.note.withLock { $0 = note }
    }

    func tell(_ field: StaticString) {
        let note = note.withLock { $0 }
        note?(field)
    }

    /// The same, of a list of headers as it is stored: names and values begin behind their lengths.
    static func finds(_ samples: [RegisteredValues.Samples], inHeaders list: UnsafeRawBufferPointer) -> Bool {
        guard list.count >= RegisteredValues.shortest else { return false }
        for samples in samples where samples.findValue(in: list) { return true }
        return CertainToken.isIn(list) { place in
            let bytes = Span<UInt8>(_unsafeElements: list.assumingMemoryBound(to: UInt8.self))
            var at = 0
            while at < place, let text = HeaderList.text(in: bytes, at: &at, end: list.count) {
                if text.lowerBound == place { return true }
            }
            return false
        }
    }

    /// Whether something is left in a text.
    @inline(__always)
    static func finds(_ samples: [RegisteredValues.Samples], in text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= RegisteredValues.shortest else { return false }
        for samples in samples where samples.findValue(in: text) { return true }
        return text.count >= CertainToken.shortest && CertainToken.isIn(text)
    }
}
