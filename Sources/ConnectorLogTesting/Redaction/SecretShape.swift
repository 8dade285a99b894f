/// A secret that its form alone gives away. Lengths and alphabets are those of the vendors' documentation; the
/// characters are random.
package enum SecretShape: String, CaseIterable, Sendable {
    case jwtHS256, jwtRS256
    case pemRSA, pemEC, pemOpenSSH, pemPKCS8, pemEncrypted
    case awsLongTerm, awsTemporary
    case githubPersonal, githubOAuth, githubUser, githubServer, githubRefresh, githubFineGrained
    case slackBot, slackUser, slackWorkspace, slackApp
    case stripeLive, stripeTest, stripeRestricted, stripeWebhook
    case googleKey, googleToken
    case sendGrid, twilio, npm, gitLab, shopify
    case openAI, openAIProject, anthropic
    case bearer, basic
    case urlUserInfo, postgresURL, mysqlURL, mongoURL, adoString, azureAccountKey
    case visaBare, visaSpaced, visaDashed
    case mastercardBare, mastercardSpaced, mastercardDashed
    case amexBare, amexSpaced, amexDashed
    case discoverBare, discoverSpaced, discoverDashed

    package enum Family: Sendable { case token, pem, scheme, url, connectionString, bareCard, groupedCard }

    package var family: Family {
        switch self {
        case .pemRSA, .pemEC, .pemOpenSSH, .pemPKCS8, .pemEncrypted: .pem
        case .bearer, .basic: .scheme
        case .urlUserInfo, .postgresURL, .mysqlURL, .mongoURL: .url
        case .adoString, .azureAccountKey: .connectionString
        case .visaBare, .mastercardBare, .amexBare, .discoverBare: .bareCard
        case .visaSpaced, .visaDashed, .mastercardSpaced, .mastercardDashed, .amexSpaced, .amexDashed, .discoverSpaced,
            .discoverDashed:
            .groupedCard
        default: .token
        }
    }

    /// Whether it is longer than what a name or an identifier of the flat form may have.
    var isLong: Bool { family == .pem || self == .jwtRS256 }

    func make(_ random: inout SeededRandom) -> MarkedText {
        switch family {
        case .token where self == .jwtHS256: jwt(algorithm: "HS256", signatureBytes: 32, &random)
        case .token where self == .jwtRS256: jwt(algorithm: "RS256", signatureBytes: 256, &random)
        case .token: .secret(token(&random))
        case .pem: pem(&random)
        case .scheme: scheme(&random)
        case .url, .connectionString: connection(&random)
        case .bareCard, .groupedCard: .secret(card(&random))
        }
    }

    // MARK: - Tokens

    private static let wordAlphabet = SeededRandom.alphanumeric + "_-"

    private func token(_ random: inout SeededRandom) -> String {
        let word = Self.wordAlphabet
        return switch self {
        // Base 32, of RFC 4648.
        case .awsLongTerm: "AKIA" + random.text(16, of: SeededRandom.upper + "234567")
        case .awsTemporary: "ASIA" + random.text(16, of: SeededRandom.upper + "234567")
        case .githubPersonal: "ghp_" + random.text(36)
        case .githubOAuth: "gho_" + random.text(36)
        case .githubUser: "ghu_" + random.text(36)
        case .githubServer: "ghs_" + random.text(36)
        case .githubRefresh: "ghr_" + random.text(36)
        case .githubFineGrained: "github_pat_" + random.text(22) + "_" + random.text(59)
        case .slackBot: "xoxb-\(random.digits(12))-\(random.digits(13))-\(random.text(24))"
        case .slackUser: "xoxp-\(random.digits(12))-\(random.digits(12))-\(random.digits(13))-\(random.hex(32))"
        case .slackWorkspace: "xoxa-2-\(random.digits(12))-\(random.digits(12))-\(random.digits(13))-\(random.hex(32))"
        case .slackApp:
            "xapp-1-A\(random.text(10, of: SeededRandom.upper + "0123456789"))-\(random.digits(13))-"
                + random.hex(64)
        case .stripeLive: "sk_live_" + random.text(random.pick([24, 99]))
        case .stripeTest: "sk_test_" + random.text(random.pick([24, 99]))
        case .stripeRestricted: "rk_live_" + random.text(random.pick([24, 99]))
        case .stripeWebhook: "whsec_" + random.text(32)
        case .googleKey: "AIza" + random.text(35, of: word)
        case .googleToken: "ya29.a0" + random.text(random.number(in: 100...190), of: word)
        case .sendGrid: "SG.\(random.text(22, of: word)).\(random.text(43, of: word))"
        case .twilio: "SK" + random.hex(32)
        case .npm: "npm_" + random.text(36)
        case .gitLab: "glpat-" + random.text(20, of: word)
        case .shopify: "shpat_" + random.hex(32)
        case .openAI: "sk-\(random.text(20))T3BlbkFJ\(random.text(20))"
        case .openAIProject: "sk-proj-\(random.text(74, of: word))T3BlbkFJ\(random.text(74, of: word))"
        case .anthropic: "sk-ant-api03-\(random.text(93, of: word))AA"
        default: preconditionFailure("no token")
        }
    }

    /// RFC 7519: three parts in base64url, of which the first two are JSON objects. The first is the same for all.
    private func jwt(algorithm: String, signatureBytes: Int, _ random: inout SeededRandom) -> MarkedText {
        let header: TrafficJSON = ["alg": .text(algorithm), "typ": "JWT"]
        var claims: TrafficJSON = ["sub": .text(random.digits(10)), "exp": .literal("17" + random.digits(8))]
        if signatureBytes > 32 {
            claims = [
                "sub": .text(random.uuid()), "jti": .text(random.uuid()), "scope": "read",
                "exp": .literal("17" + random.digits(8)),
            ]
        }
        func part(_ bytes: [UInt8]) -> String { Base64Text.encode(bytes, url: true, padded: false) }
        return part(Array(header.written().utf8)) + "." + .secret(part(Array(claims.written().utf8))) + "."
            + .secret(part(random.bytes(signatureBytes)))
    }

    /// RFC 7468: lines of 64 characters; OpenSSH has 70. The lines are the secret, not the labels around them.
    private func pem(_ random: inout SeededRandom) -> MarkedText {
        let (label, byteCount) =
            switch self {
            case .pemRSA: ("RSA PRIVATE KEY", 608)
            case .pemEC: ("EC PRIVATE KEY", 121)
            case .pemOpenSSH: ("OPENSSH PRIVATE KEY", 400)
            case .pemEncrypted: ("ENCRYPTED PRIVATE KEY", 700)
            default: ("PRIVATE KEY", 634)
            }
        var rest = Base64Text.encode(random.bytes(byteCount))[...]
        let width = self == .pemOpenSSH ? 70 : 64
        var text = MarkedText.plain("-----BEGIN \(label)-----\n")
        while !rest.isEmpty {
            // The last line may have too few characters to look for.
            let line = String(rest.prefix(width))
            text = text + (line.utf8.count < 24 ? .plain(line) : .secret(line)) + "\n"
            rest = rest.dropFirst(width)
        }
        return text + "-----END \(label)-----\n"
    }

    // MARK: - Credentials with a form around them

    private func scheme(_ random: inout SeededRandom) -> MarkedText {
        guard self == .basic else {
            return "Bearer " + .secret(random.text(random.number(in: 24...64), of: Self.wordAlphabet))
        }
        let user = random.text(random.number(in: 4...10), of: SeededRandom.lower)
        let password = random.text(random.number(in: 10...24), of: Self.wordAlphabet + "!$%*")
        return "Basic " + .secret(Base64Text.encode(Array("\(user):\(password)".utf8)))
    }

    private func connection(_ random: inout SeededRandom) -> MarkedText {
        let password = MarkedText.secret(random.text(random.number(in: 10...24), of: Self.wordAlphabet + "!*."))
        let user = random.pick(["app", "svc_sync", "admin", "readonly"])
        let host = random.pick(["db.example.com", "10.0.4.17", "warehouse.internal"])
        return switch self {
        case .postgresURL: "postgres\(random.pick(["", "ql"]))://\(user):" + password + "@\(host):5432/orders"
        case .mysqlURL: "mysql://\(user):" + password + "@\(host):3306/shop?charset=utf8mb4"
        case .mongoURL: "mongodb\(random.pick(["", "+srv"]))://\(user):" + password + "@\(host)/crm?retryWrites=true"
        case .adoString:
            "Server=tcp:\(host),1433;Database=orders;User Id=\(user);Password=" + password + ";Encrypt=True;"
        case .azureAccountKey:
            "DefaultEndpointsProtocol=https;AccountName=\(random.text(8, of: SeededRandom.lower));AccountKey="
                + .secret(Base64Text.encode(random.bytes(64))) + ";EndpointSuffix=core.windows.net"
        default: "https://\(user):" + password + "@\(host)/v2/export"
        }
    }

    // MARK: - Cards

    /// Beginnings that the networks keep for tests, random digits, and the check digit of ISO/IEC 7812.
    private func card(_ random: inout SeededRandom) -> String {
        let (start, length) =
            switch self {
            case .visaBare, .visaSpaced, .visaDashed: (random.pick(["424242", "411111", "400000"]), 16)
            case .mastercardBare, .mastercardSpaced, .mastercardDashed: (random.pick(["555555", "222300"]), 16)
            case .amexBare, .amexSpaced, .amexDashed: (random.pick(["378282", "371449"]), 15)
            default: (random.pick(["601111", "601100"]), 16)
            }
        let digits = start + random.text(length - 1 - start.utf8.count, of: SeededRandom.digit)
        let number = digits + String(Luhn.checkDigit(of: digits))
        let separator =
            switch self {
            case .visaSpaced, .mastercardSpaced, .amexSpaced, .discoverSpaced: " "
            case .visaDashed, .mastercardDashed, .amexDashed, .discoverDashed: "-"
            default: ""
            }
        return Self.grouped(number, by: separator)
    }

    /// As it is printed on the card: four fours, or 4-6-5.
    static func grouped(_ number: String, by separator: String) -> String {
        var groups: [Substring] = []
        var rest = number[...]
        for width in number.utf8.count == 15 ? [4, 6, 5] : [4, 4, 4, 4] {
            groups.append(rest.prefix(width))
            rest = rest.dropFirst(width)
        }
        return groups.joined(separator: separator)
    }
}

/// ISO/IEC 7812-1, annex B.
enum Luhn {
    static func checkDigit(of digits: String) -> Int {
        (10 - sum(Array(digits.utf8.reversed()), doublesFirst: true)) % 10
    }

    static func isValid(_ digits: some Sequence<UInt8>) -> Bool {
        sum(digits.reversed(), doublesFirst: false) == 0
    }

    private static func sum(_ reversed: [UInt8], doublesFirst: Bool) -> Int {
        reversed.enumerated().reduce(0) { sum, element in
            let digit = Int(element.element) - 48
            let doubled = element.offset.isMultiple(of: 2) == doublesFirst ? 2 * digit : digit
            return sum + doubled / 10 + doubled % 10
        } % 10
    }
}
