extension TextRedactor {
    /// Authentication schemes (the registry of RFC 9110, section 16.4.1, and what vendors use beside) that may stand before
    /// a credential. Any other first word may be a part of the secret.
    private static let schemes: [StaticString] = [
        "basic", "bearer", "digest", "negotiate", "ntlm", "dpop", "hoba", "mutual", "gnap", "hawk", "mac", "oauth",
        "token",
        "apikey", "api-key", "key", "signature", "hmac", "hmac-sha256", "aws4-hmac-sha256", "aws", "sharedkey",
        "sharedkeylite", "sharedaccesssignature", "ssws", "splunk", "zoho-oauthtoken", "googlelogin", "wsse",
    ]

    /// Writes the value's length and the value. Nearly all values are shorter than 128 bytes, so one byte is kept free for
    /// the length; a longer value is moved on when it is known.
    func redactHeaderValue(
        _ header: EntryDraft.Header, field: StaticString, into bytes: inout ByteScratch, tally: inout RedactionTally
    ) {
        let lengthAt = bytes.count
        bytes.append(0)
        if names.saysCredential(header.name) {
            appendCredential(header, field: field, into: &bytes, tally: &tally)
        } else {
            redact(header.value, context: .header, field: field, into: &bytes, tally: &tally)
        }
        let length = bytes.count - lengthAt - 1
        if length < 0x80 {
            bytes[lengthAt] = UInt8(length)
        } else {
            var encoded: [UInt8] = []
            Varint.append(UInt64(length), to: &encoded)
            bytes.insert(encoded.count - 1, at: lengthAt)
            for (i, byte) in encoded.enumerated() { bytes[lengthAt + i] = byte }
        }
    }

    /// The scheme tells an operator much and stays.
    private func appendCredential(
        _ header: EntryDraft.Header, field: StaticString, into bytes: inout ByteScratch, tally: inout RedactionTally
    ) {
        var secret = header.value
        if let blank = secret.prefix(24).firstIndex(of: 0x20), Self.isScheme(secret[..<blank]) {
            bytes.append(UnsafeRawBufferPointer(rebasing: secret[...blank]))
            secret = UnsafeRawBufferPointer(rebasing: secret[(blank + 1)...])
        }
        if secret.isEmpty || Self.isPlaceholder(secret) {
            bytes.append(secret)
            return
        }
        bytes.append(RedactionRule.placeholder)
        tally.add(.header, field: field, name: header.name)
    }

    private static func isScheme(_ word: Slice<UnsafeRawBufferPointer>) -> Bool {
        schemes.contains { scheme in
            scheme.utf8CodeUnitCount == word.count
                && zip(word, UnsafeBufferPointer(start: scheme.utf8Start, count: word.count))
                    .allSatisfy { $0.asciiLowercased == $1 }
        }
    }
}
