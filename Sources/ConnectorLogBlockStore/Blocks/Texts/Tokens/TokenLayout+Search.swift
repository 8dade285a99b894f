import ConnectorLogCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension TokenLayout {
    /// Whether some word or gap may have `word` in it; letters of ASCII match in either case.
    /// - Parameter word: of bytes of words alone.
    func mayHold(_ word: BytePattern) -> Bool {
        // What stands end to end may look as if it held the word: whoever asks looks at the texts themselves.
        if isFound(word, in: head.span) || isFound(word, in: texts.span) { return true }
        return mayHoldDigits(word) || mayHoldInteger(word)
    }

    private func isFound(_ word: BytePattern, in text: Span<UInt8>) -> Bool {
        word.first(in: text, 0..<text.count) { _ in true } != nil
    }

    private func mayHoldInteger(_ word: BytePattern) -> Bool {
        integerDigits >= word.bytes.count && word.bytes.allSatisfy { $0 &- 48 <= 9 }
    }

    /// Looks for the digits at both places that they may have in their bytes.
    private func mayHoldDigits(_ word: BytePattern) -> Bool {
        if digits.isEmpty { return false }
        var wanted: [UInt8] = []
        for byte in word.bytes {
            switch byte {
            case 48...57: wanted.append(byte - 48)
            case 97...102: wanted.append(byte - 87)
            default: return false
            }
        }
        // So few are nearly everywhere.
        guard wanted.count >= 4 else { return true }
        return [0, 1].contains { skipped in
            let pairs = (wanted.count - skipped) / 2
            let bytes = (0..<pairs).map { wanted[skipped + 2 * $0] << 4 | wanted[skipped + 2 * $0 + 1] }
            return isFound(bytes) { place in
                // A digit before and behind that has no partner.
                (skipped == 0 || place > 0 && digits[place - 1] & 0xF == wanted[0])
                    && (skipped + 2 * pairs == wanted.count
                        || place + pairs < digits.count && digits[place + pairs] >> 4 == wanted[wanted.count - 1])
            }
        }
    }

    private func isFound(_ bytes: [UInt8], where isWhole: (Int) -> Bool) -> Bool {
        unsafe digits.withUnsafeBytes { digits in
            guard let base = digits.baseAddress else { return false }
            var at = 0
            while at + bytes.count <= digits.count,
                let found = unsafe memchr(base + at, Int32(bytes[0]), digits.count - bytes.count + 1 - at)
            {
                let place = unsafe UnsafeRawPointer(found) - base
                let isHere = bytes.indices.allSatisfy { unsafe digits[place + $0] == bytes[$0] }
                if isHere, isWhole(place) { return true }
                at = place + 1
            }
            return false
        }
    }
}
