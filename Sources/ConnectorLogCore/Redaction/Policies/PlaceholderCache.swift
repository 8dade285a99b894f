import Synchronization

/// The placeholders of values that came lately, for all requests: a connector sends one token with a thousand calls, and a
/// hash is made several times as fast as an HMAC.
///
/// No value is kept, only 34 bits of its hash under a key of the process, beside the 13 that choose the slot: another value
/// gets the same placeholder with less than a fiftieth of the chance that placeholders themselves leave.
final class PlaceholderCache: Sendable {
    private static let slotBits = 13
    /// A slot is the hash's upper 34 bits, and the 30 of the placeholder.
    // The pointer never changes, and what it points to is atomic.
    nonisolated(unsafe) private let slots: UnsafeMutablePointer<Atomic<UInt64>>
    private static let placeholderBits: UInt64 = 1 << 30 - 1

    init() {
        slots = .allocate(capacity: 1 << Self.slotBits)
        for slot in 0..<1 << Self.slotBits { (slots + slot).initialize(to: Atomic(0)) }
    }

    deinit {
        slots.deinitialize(count: 1 << Self.slotBits)
        slots.deallocate()
    }

    func placeholder(for value: UnsafeRawBufferPointer, of placeholders: Placeholders) -> Placeholder {
        // SipHash under a random key of the process.
        var hasher = Hasher()
        hasher.combine(placeholders.team)
        hasher.combine(bytes: value)
        let hash = UInt64(bitPattern: Int64(hasher.finalize()))
        let slot = slots + Int(hash & (1 << UInt64(Self.slotBits) - 1))
        let tag = hash & ~Self.placeholderBits
        let known = slot.pointee.load(ordering: .relaxed)
        if known & ~Self.placeholderBits == tag, known != 0 {
            return Placeholder(bits: UInt32(known & Self.placeholderBits))
        }
        let placeholder = placeholders.placeholder(for: value)
        slot.pointee.store(tag | UInt64(placeholder.bits), ordering: .relaxed)
        return placeholder
    }
}
