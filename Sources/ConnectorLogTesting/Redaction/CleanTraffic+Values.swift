/// Values that resemble secrets and are none.
extension CleanTraffic {
    /// Crockford's base 32, 26 characters.
    mutating func ulid() -> String { "01J" + random.text(23, of: "0123456789ABCDEFGHJKMNPQRSTVWXYZ") }

    mutating func id(_ digits: ClosedRange<Int> = 6...12) -> TrafficJSON {
        .literal(random.digits(random.number(in: digits)))
    }

    /// A time of 2025, in seconds or what the factor makes of them.
    mutating func epoch(_ digits: Int = 10) -> TrafficJSON {
        .literal("17" + random.text(digits - 2, of: SeededRandom.digit))
    }

    /// 41 bits of milliseconds before 22 others: 18 or 19 digits.
    mutating func snowflake() -> String { "1" + random.text(random.pick([17, 18]), of: SeededRandom.digit) }

    mutating func date() -> String {
        "2025-0\(random.number(in: 1...9))-1\(random.number(in: 0...9))T0\(random.number(in: 0...9)):"
            + "\(random.number(in: 10...59)):\(random.number(in: 10...59))Z"
    }

    mutating func base64(_ bytes: Int, url: Bool = false) -> String {
        Base64Text.encode(random.bytes(bytes), url: url, padded: !url)
    }

    /// A thirteen-digit article number with GS1's check digit.
    mutating func ean() -> String {
        let digits = random.pick(["400", "401", "544", "871", "978"]) + random.text(9, of: SeededRandom.digit)
        let sum = digits.utf8.enumerated().reduce(0) { $0 + (Int($1.element) - 48) * ($1.offset % 2 == 0 ? 1 : 3) }
        return digits + String((10 - sum % 10) % 10)
    }

    /// A device's, which has the cards' check digit but no card's beginning.
    mutating func imei() -> String {
        let digits = "35" + random.text(12, of: SeededRandom.digit)
        return digits + String(Luhn.checkDigit(of: digits))
    }

    mutating func person() -> (name: String, email: String) {
        let first = random.pick(["Ada", "Jürgen", "Zoë", "Noor", "Pinar", "Bearer", "Keyla"])
        let last = random.pick(["Lovelace", "Müller", "Passmore", "Tokenaga", "Secretan", "O'Keyes", "AIzawa"])
        return ("\(first) \(last)", "user\(random.number(in: 1...9999))@example.com")
    }

    static let sentences = [
        "Unexpected token < in JSON at position 0", "The token has expired; sign in again",
        "your password was changed 3 days ago", "Basic authentication is not enabled for this account",
        "Bearer authentication required", "upgrade from the basic plan to the professional plan",
        "the bearer of this voucher gets 10 % off", "secretary@example.com authored this page",
        "rate limit of 100000 tokens per minute exceeded", "key 'keywords' is not a member of the passport schema",
        "std::vector<int>::at: index 7 out of range", "cannot open C:\\Users\\ada\\keys\\report.txt: access denied",
        "connect ECONNREFUSED [2001:db8::1]:8443", "at 2025-06-01T12:30:45.123Z: the lease was lost (12:30:45)",
        "no such column: pinned_at", "SG. 12 kommt am Montag; SK 2 ist belegt", "locale sk-SK is not supported",
        "train to AKIABARA leaves at 12:05", "heyJude.mp3 was not found", "Fehler: Schlüssel nicht gefunden",
        "duplicate key value violates unique constraint \"accounts_key\"",
        "see https://medium.com/@ada/tokens-explained",
        "token_type must be one of: bearer, mac", "invalid grant_type: authorization_code is expected",
        "npm_config_registry is set to https://registry.npmjs.org/", "xoxo, your team", "bearer-only clients",
        "write to mailto:help@example.com or call +49 (0)89 1234-5678", "password must have 8 characters or more",
    ]

    private static let attributeCount = 76

    /// A member that looks like a credential by its name or its value.
    mutating func attribute() -> (String, TrafficJSON) {
        switch random.number(in: 0...Self.attributeCount - 1) {
        case 0: return ("etag", .text("W/\"" + random.hex(32) + "\""))
        case 1: return ("commit", .text(random.hex(40)))
        case 2: return ("sha256", .text(random.hex(64)))
        case 3: return ("checksum", .text("md5:" + random.hex(32)))
        case 4: return ("integrity", .text("sha512-" + base64(64)))
        case 5: return ("thumbnail", .text("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA" + base64(120)))
        case 6: return ("node_id", .text("MDQ6VXNlcj" + base64(9, url: true)))
        case 7: return ("next_page_token", .text("CAES" + base64(24, url: true)))
        case 8: return ("nextPageToken", .text(base64(30, url: true)))
        case 9: return ("continuationToken", .text("1!" + base64(42)))
        case 10: return ("cursor", .text("eyJsYXN0X2lkIjo" + base64(30, url: true)))
        case 11: return ("endCursor", .text("Y3Vyc29yOnYyOpHO" + base64(6, url: true)))
        case 12: return ("tokens_used", .literal(random.digits(4)))
        case 13: return ("max_tokens", .literal(random.digits(4)))
        case 14: return ("token_type", "bearer")
        case 15: return ("password_last_changed", .text(date()))
        case 16: return ("has_password", true)
        case 17: return ("passwordPolicy", ["minLength": 12, "requiresDigits": true])
        case 18: return ("secretary", .text(person().name))
        case 19: return ("authored", .text(date()))
        case 20: return ("author", .text(person().email))
        case 21: return ("key", .text("PROJ-" + random.digits(4)))
        case 22: return ("keywords", ["token ring", "secret santa", "basic income"])
        case 23: return ("passport", .text("C01X" + random.text(5, of: "0123456789CFGHJK")))
        case 24: return ("passengers", .literal(random.digits(2)))
        case 25: return ("pinned", false)
        case 26: return ("pincode", .literal(random.digits(6)))
        case 27: return ("plan", "basic plan")
        case 28: return ("locale", "sk-SK")
        case 29: return ("phone", .text("+49 89 " + random.digits(8)))
        case 30: return ("phone", .text("+1 (415) 555-0" + random.digits(3)))
        case 31: return ("imei", .text(imei()))
        case 32: return ("gtin", .text(ean()))
        case 33: return ("barcode", .literal(ean()))
        case 34: return ("invoice_number", .text("RE-2025-" + random.digits(13)))
        case 35: return ("tracking_number", .text("1Z" + random.text(16, of: SeededRandom.upper + SeededRandom.digit)))
        case 36: return ("dhl", .text("00340434" + random.digits(12)))
        case 37: return ("created_us", epoch(16))
        case 38: return ("created_ns", epoch(19))
        case 39: return ("created_ms", epoch(13))
        case 40: return ("snowflake", .text(snowflake()))
        case 41: return ("ipv6", .text("2001:db8:\(random.hex(4)):\(random.hex(4))::1"))
        case 42: return ("mac", "3c:22:fb:\(random.hex(2)):\(random.hex(2)):\(random.hex(2))")
        case 43: return ("path", .text(#"C:\Program Files\Keys\"# + random.hex(8) + #"\token.dll"#))
        case 44: return ("package", .text("https://www.npmjs.com/package/@scope/token-ring-\(random.hex(3))"))
        case 45: return ("cdn", "https://cdn.jsdelivr.net/npm/vue@3.4.21/dist/vue.global.js")
        case 46: return ("map", "https://www.google.com/maps/@48.1371,11.5754,15z")
        case 47: return ("mail", .text("mailto:" + person().email + "?subject=Your%20passport"))
        case 48: return ("arn", .text("arn:aws:iam::\(random.digits(12)):role/secret-reader"))
        case 49: return ("urn", .text("urn:li:share:7" + random.digits(18)))
        case 50: return ("last4", .text(random.digits(4)))
        case 51: return ("bin", .text("424242"))
        case 52: return ("masked_number", .text("411111******" + random.digits(4)))
        case 53: return ("fingerprint", .text("SHA256:" + base64(32, url: true)))
        case 54: return ("ssh_public", .text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + base64(32) + " ada@laptop"))
        case 55: return ("csp", .text("script-src 'nonce-" + base64(16) + "' 'strict-dynamic'; base-uri 'self'"))
        case 56: return ("html", .text("<a href=\"/p?a=1&amp;b=2\">Tom &amp; Jerry&#39;s %20 basic tokens</a>"))
        case 57: return ("code", .text("std::map<Key, Token>::iterator it = keys.begin(); // \(random.hex(6))"))
        case 58: return ("tokenizer", .text("cl100k_base"))
        case 59: return ("tokenization_method", nil)
        case 60: return ("account", .text("AC" + random.hex(32)))
        case 61: return ("sku", .text("SK" + random.digits(8)))
        case 62: return ("paragraph", .text("SG. \(random.digits(2)), Abs. 3"))
        case 63: return ("song", .text("heyJude.eyJafjallajökull.\(random.hex(4))"))
        case 64: return ("key_id", .text("projects/p/locations/global/keyRings/r/cryptoKeys/\(random.hex(6))"))
        case 65: return ("compass", "NW")
        case 66: return ("bypass", true)
        case 67: return ("signature_date", .text(date()))
        case 68: return ("credential_type", "none")
        case 69: return ("authentication", "basic")
        case 70: return ("secret_scanning", "enabled")
        case 71: return ("access_key_id_last_used", .text(date()))
        case 72: return ("cookie_consent", "granted")
        case 73: return ("lat_lng", .text("48.13\(random.digits(6)),11.57\(random.digits(6))"))
        case 74: return ("amount", .literal("\(random.digits(5)).\(random.digits(2))"))
        default: return ("iccid", .text("8949" + random.digits(15)))
        }
    }

    /// `count` such members, each name once.
    mutating func attributes(_ count: Int) -> [TrafficJSON.Member] {
        var members: [TrafficJSON.Member] = []
        while members.count < count {
            let (name, value) = attribute()
            if !members.contains(where: { $0.escapedName == name }) { members.append(.init(name, value)) }
        }
        return members
    }

    /// An object of given members and some that look like credentials.
    mutating func object(_ members: KeyValuePairs<String, TrafficJSON>, extra: Int = 4) -> TrafficJSON {
        .object(
            members.map { .init($0.key, $0.value) }
                + attributes(extra).filter { extra in
                    !members.contains { $0.key == extra.escapedName }
                })
    }

    // MARK: - Headers

    mutating func standardRequestHeaders() -> [(String, String)] {
        var headers = [
            ("Accept", "application/json, text/plain;q=0.9, */*;q=0.8"),
            (
                "User-Agent",
                random.pick([
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)",
                    "connector/4.2 (+https://example.com/bot; ops@example.com)", "PostmanRuntime/7.39.0", "curl/8.7.1",
                ])
            ),
        ]
        let pool: [(String, String)] = [
            ("traceparent", "00-4\(random.hex(31))-4\(random.hex(15))-01"), ("Idempotency-Key", random.uuid()),
            ("If-None-Match", "\"\(random.hex(32))\""), ("X-Amz-Date", "20250601T123045Z"),
            ("x-amz-content-sha256", random.hex(64)), ("Content-MD5", base64(16)),
            ("X-GitHub-Delivery", random.uuid()), ("Accept-Language", "sk-SK,sk;q=0.9,de;q=0.8"),
            ("X-Forwarded-For", "2001:db8::\(random.hex(3)), 10.0.0.7"), ("Referer", "https://medium.com/@ada/keys"),
        ]
        headers += pool.shuffled(using: &random).prefix(random.number(in: 1...4))
        return headers
    }

    mutating func standardResponseHeaders() -> [(String, String)] {
        let pool: [(String, String)] = [
            ("ETag", "W/\"\(random.hex(40))\""), ("Date", "Sun, 01 Jun 2025 12:30:45 GMT"),
            ("CF-RAY", random.hex(16) + "-FRA"), ("x-amz-request-id", random.text(16, of: "0123456789ABCDEF")),
            ("x-amz-id-2", base64(56)), ("X-Request-Id", random.uuid()),
            ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
            (
                "Content-Security-Policy",
                "default-src 'none'; script-src 'nonce-\(base64(16))' 'sha256-\(base64(32))'; frame-ancestors 'self'"
            ),
            ("Link", "<https://api.example.com/items?page_info=eyJsYXN0X2lkIjo\(base64(30, url: true))>; rel=\"next\""),
            ("x-goog-hash", "crc32c=\(base64(4)),md5=\(base64(16))"), ("Server-Timing", "db;dur=53.2, app;dur=47.2"),
            ("X-RateLimit-Reset", "17" + random.digits(8)), ("X-RateLimit-Limit-Tokens", "150000"),
            ("Content-Disposition", "attachment; filename=\"passwords-policy-\(random.hex(4)).pdf\""),
            ("Alt-Svc", "h3=\":443\"; ma=86400"), ("Vary", "Authorization, Cookie, Accept-Encoding"),
            ("Access-Control-Allow-Headers", "Authorization, X-Api-Key, Content-Type"),
            ("NEL", #"{"report_to":"cf-nel","max_age":604800}"#), ("Via", "1.1 \(random.hex(32)).cloudfront.net"),
        ]
        return Array(pool.shuffled(using: &random).prefix(random.number(in: 3...8)))
    }
}
