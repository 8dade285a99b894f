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
        _ header: EntryDraft.Header, field: StaticString, into bytes: inout ByteScratch,
        _ workspace: inout RedactionWorkspace
    ) {
        let lengthAt = bytes.count
        bytes.append(0)
        if policy.looks.first, policy.names.saysCredential(header.name) {
            appendCredential(header, field: field, into: &bytes, &workspace)
        } else {
            redact(header.value, context: .header, field: field, into: &bytes, &workspace)
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

    /// The scheme tells an operator much and stays, and so do the names of cookies.
    private func appendCredential(
        _ header: EntryDraft.Header, field: StaticString, into bytes: inout ByteScratch,
        _ workspace: inout RedactionWorkspace
    ) {
        var secret = header.value
        if mayHaveFindings(workspace.marked(secret, for: policy), isCut: false),
            let rest = withoutFindings(secret, .header, field, isCut: false, &workspace)
        {
            // Attributes of cookies are looked at, which takes the memory that `rest` is in.
            secret = workspace.hold(rest)
        }
        // A name can be, or have, a secret itself: the receipt says no name then.
        let isSafe = isUnchanged(header.name, field, &workspace)
        let name = isSafe ? header.name : UnsafeRawBufferPointer(start: nil, count: 0)
        switch CookieHeader(header.name) {
        case .cookie: appendCookies(secret, name, field, &bytes, &workspace)
        case .setCookie: appendSetCookie(secret, name, field, &bytes, &workspace)
        case nil:
            if let blank = secret.prefix(24).firstIndex(of: 0x20), Self.isScheme(secret[..<blank]) {
                bytes.append(UnsafeRawBufferPointer(rebasing: secret[...blank]))
                secret = UnsafeRawBufferPointer(rebasing: secret[(blank + 1)...])
            }
            append(secret, name, field, &bytes, &workspace)
        }
    }

    private func append(
        _ secret: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer, _ field: StaticString,
        _ bytes: inout ByteScratch, _ workspace: inout RedactionWorkspace
    ) {
        if secret.isEmpty || keeps(secret) {
            bytes.append(secret)
            return
        }
        workspace.placeholder(for: secret, of: policy).append(to: &bytes)
        workspace.tally.add(.header, field: field, name: name)
    }

    private enum CookieHeader {
        case cookie, setCookie

        init?(_ name: UnsafeRawBufferPointer) {
            switch name.count {
            case 6: self = .cookie
            case 10: self = .setCookie
            default: return nil
            }
            let expected: StaticString = self == .cookie ? "cookie" : "set-cookie"
            for at in 0..<name.count where name[at].asciiLowercased != expected.utf8Start[at] { return nil }
        }
    }

    /// `name=value; name=value` (RFC 6265, section 4.2.1).
    private func appendCookies(
        _ value: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer, _ field: StaticString,
        _ bytes: inout ByteScratch, _ workspace: inout RedactionWorkspace
    ) {
        var start = 0
        while start < value.count {
            let end = value[start...].firstIndex(of: UInt8(ascii: ";")) ?? value.count
            appendCookie(UnsafeRawBufferPointer(rebasing: value[start..<end]), name, field, &bytes, &workspace)
            if end < value.count { bytes.append(UInt8(ascii: ";")) }
            start = end + 1
        }
    }

    /// `name=value; Path=/; HttpOnly` (RFC 6265, section 4.1.1): attributes are no secrets. Several cookies in one field,
    /// joined by commas, are a form in which some libraries hand them on.
    private func appendSetCookie(
        _ value: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer, _ field: StaticString,
        _ bytes: inout ByteScratch, _ workspace: inout RedactionWorkspace
    ) {
        var start = 0
        var isCookie = true
        while start < value.count {
            let end = value[start...].firstIndex(of: UInt8(ascii: ";")) ?? value.count
            if !isCookie {
                let next = Self.nextCookie(value[start..<end])
                let attribute = UnsafeRawBufferPointer(rebasing: value[start..<next])
                redact(attribute, context: .uri, field: field, into: &bytes, &workspace)
                start = next
            }
            appendCookie(UnsafeRawBufferPointer(rebasing: value[start..<end]), name, field, &bytes, &workspace)
            if end < value.count { bytes.append(UInt8(ascii: ";")) }
            start = end + 1
            isCookie = false
        }
    }

    /// Where behind an attribute another cookie begins: behind a comma, with a `=` to come (dates have none). The
    /// attribute's end when there is none.
    private static func nextCookie(_ attribute: Slice<UnsafeRawBufferPointer>) -> Int {
        guard let comma = attribute.firstIndex(of: UInt8(ascii: ",")),
            attribute[comma...].contains(UInt8(ascii: "="))
        else { return attribute.endIndex }
        return comma + 1
    }

    private func appendCookie(
        _ cookie: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer, _ field: StaticString,
        _ bytes: inout ByteScratch, _ workspace: inout RedactionWorkspace
    ) {
        var start = 0
        if let equals = cookie.firstIndex(of: UInt8(ascii: "=")) {
            start = equals + 1
        } else {
            while start < cookie.count, cookie[start] == 0x20 { start += 1 }
        }
        let cookieName = UnsafeRawBufferPointer(rebasing: cookie[..<start])
        redact(cookieName, context: .uri, field: field, into: &bytes, &workspace)
        append(UnsafeRawBufferPointer(rebasing: cookie[start...]), name, field, &bytes, &workspace)
    }

    private static func isScheme(_ word: Slice<UnsafeRawBufferPointer>) -> Bool {
        schemes.contains { scheme in
            scheme.utf8CodeUnitCount == word.count
                && zip(word, UnsafeBufferPointer(start: scheme.utf8Start, count: word.count))
                    .allSatisfy { $0.asciiLowercased == $1 }
        }
    }
}
