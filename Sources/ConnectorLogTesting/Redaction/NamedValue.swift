/// A value that only the name before it gives away.
package enum NamedValue: String, CaseIterable, Sendable {
    case alphanumeric, special, short, nonASCII, digits, long, phrase
    /// Under a name some letters of which are written as escapes.
    case escapedName
    /// JSON other than text.
    case number, object, array

    /// At least six bytes.
    func make(_ random: inout SeededRandom) -> String {
        switch self {
        case .alphanumeric, .escapedName: random.text(random.number(in: 9...40))
        case .special:
            random.text(1)
                + random.text(
                    random.number(in: 9...40), of: SeededRandom.alphanumeric + ##"!@#$%^&*()_+-=[]{};':",.<>/?|\~"##)
                + random.text(1)
        case .short: random.text(random.number(in: 6...8))
        case .nonASCII: random.text(random.number(in: 9...20), of: SeededRandom.alphanumeric + "äöüßéñДЖя中文密🔑")
        case .digits, .number: random.digits(random.number(in: 12...14))
        case .long: random.text(random.number(in: 200...400), of: SeededRandom.alphanumeric + "_-")
        case .phrase:
            (0..<4).map { _ in random.text(random.number(in: 4...8), of: SeededRandom.lower) }.joined(separator: " ")
        case .object, .array: random.text(24)
        }
    }

    // Names of the documented list, as vendors write them.
    static let headerNames = [
        "Authorization", "Proxy-Authorization", "X-Api-Key", "Api-Key", "X-Auth-Token", "X-Amz-Security-Token",
        "X-Vault-Token", "X-Shopify-Access-Token", "X-Hub-Signature", "X-Hub-Signature-256", "Stripe-Signature",
        "X-Slack-Signature", "Ocp-Apim-Subscription-Key", "X-Functions-Key", "PRIVATE-TOKEN", "DD-API-KEY",
        "X-Client-Secret", "X-Goog-Api-Key", "authorization", "x-api-key",
    ]
    static let parameterNames = [
        "access_token", "api_key", "apikey", "client_secret", "token", "refresh_token", "id_token", "password",
        "X-Amz-Signature", "X-Amz-Security-Token", "sig", "hapikey", "code_verifier", "client_assertion", "sessionid",
        "passphrase", "user[password]", "ACCESS_TOKEN",
    ]
    static let jsonNames = [
        "password", "passwd", "pwd", "passphrase", "clientSecret", "client_secret", "accessToken", "refresh_token",
        "id_token", "apiKey", "API_KEY", "privateKey", "secretAccessKey", "aws_secret_access_key", "connectionString",
        "accountKey", "pin", "otp", "cvv", "jwt", "credentials", "signingKey", "encryption_key", "Authorization",
        "SAMLResponse", "x-api-key", "webhook_secret", "db.password", "sid", "secret",
    ]
    static let elementNames = [
        "Password", "ClientSecret", "AccessToken", "wsse:Password", "ns1:ApiKey", "secret", "SessionId",
        "api_key", "PrivateKey",
    ]
    static let attributeNames = ["password", "apiKey", "secret", "accessToken", "pwd"]
    static let cookieNames = ["sessionid", "sid", "access_token", "jwt", "csrftoken", "remember_token"]
}
