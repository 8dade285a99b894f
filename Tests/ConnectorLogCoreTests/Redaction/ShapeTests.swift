import ConnectorLogCore
import ConnectorLogTesting
import Testing

/// Secrets that are known by their form alone. All are made up.
@Suite
struct ShapeTests {
    private static func letters(_ count: Int) -> String { String("aB3dE6gH9".cycled(count)) }

    @Test(arguments: [
        "AKIA" + "ABCDEFGH23456789", "ASIA" + "ABCDEFGH23456789", "ghp_" + letters(36), "gho_" + letters(36),
        "ghu_" + letters(36), "ghs_" + letters(36), "ghr_" + letters(36), "github_pat_" + letters(60),
        "glpat-" + letters(20), "xoxb-1234567890-" + letters(24), "xoxp-1-2-3-" + letters(20),
        "xapp-1-A-1-" + letters(20),
        "sk_live_" + letters(24), "sk_test_" + letters(24), "rk_live_" + letters(24), "whsec_" + letters(32),
        "AIza" + letters(35), "ya29." + letters(60), "SG." + letters(22) + "." + letters(43),
        "SK" + "0123456789abcdef0123456789abcdef", "npm_" + letters(36), "shpat_" + "0123456789abcdef0123456789abcdef",
        "sk-" + letters(48), "sk-proj-" + letters(48), "sk-ant-api03-" + letters(80), "clk_" + letters(40),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn",
    ])
    func tokensGo(_ token: String) {
        for (before, behind) in [
            ("", ""), ("x ", " y"), ("\"", "\""), ("key:", ","), ("%20", "%26"), ("\\n", "\\n"), (">", "<"),
        ] {
            let redacted = Redacted(before + token + behind)
            #expect(redacted.text == before + "[redacted]" + behind)
        }
    }

    @Test(arguments: [
        "AKIABARA", "AKIA" + "abcdefgh23456789", "xAKIA" + "ABCDEFGH23456789", "AKIA" + "ABCDEFGH234567890",
        "ghp_short", "task-management-for-teams-2026", "sk-circle-fade-dot-animation", "eyJust a word",
        "eyJhbGciOiJIUzI1NiJ9",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "SG. 12", "risk-assessment-for-the-year-B1",
        "SK0123456789abcdef0123456789abcdef0", "disk_usage", "a=b&risk-x",
    ])
    func othersStay(_ text: String) {
        #expect(Redacted("see " + text + " here").text == "see " + text + " here")
    }

    @Test func privateKeysGoWhole() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc+/=\nxyz\n-----END RSA PRIVATE KEY-----"
        #expect(Redacted("a " + key + " b").text == "a [redacted] b")
        let json = "{\"k\":\"" + key.replacing("\n", with: "\\n") + "\",\"b\":1}"
        #expect(Redacted(json).text == "{\"k\":\"[redacted]\",\"b\":1}")
        #expect(Redacted("{\"k\":\"" + String(key.prefix(50)), isCut: true).text == "{\"k\":\"[redacted]")
        #expect(
            Redacted("x -----BEGIN%20PRIVATE%20KEY-----MIIE-----END%20PRIVATE%20KEY----- y").text == "x [redacted] y")
    }

    @Test(arguments: [
        "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444", "2223003122003222",
        "378282246310005", "3782 822463 10005", "6011111111111117", "3530111333300000", "36227206271667",
    ])
    func cardsGo(_ number: String) {
        #expect(Redacted("card \(number), next").text == "card [redacted], next")
        #expect(Redacted("card \(number) 12/27").text == "card [redacted] 12/27")
        #expect(
            Redacted("{\"card\":\(number)}").text
                == (number.contains { !$0.isNumber } ? "{\"card\":[redacted]}" : "{\"card\":\"[redacted]\"}")
                || number.contains { !$0.isNumber })
    }

    @Test(arguments: [
        "4111111111111112", "411111111111111", "41111111111111111", "1700000000000000",
        "{\"order_id\":4111111111111111}",
        "id=4111111111111111", "4111.1111.1111.1111", "a4111111111111111", "4111111111111111-2",
        "2026-11-28 2026-11-28",
    ])
    func otherNumbersStay(_ text: String) {
        #expect(Redacted(text).text == text)
    }

    @Test(arguments: [
        Case("<password>hunter2</password>", "<password>[redacted]</password>"),
        Case(
            "<s:Password type=\"t\">a&amp;b</s:Password><n>1</n>",
            "<s:Password type=\"t\">[redacted]</s:Password><n>1</n>"),
        // PHP escapes slashes; a string of JSON ends, whether its element does or not.
        Case(
            #"{"xml":"<Password>a<\/Password><n>1<\/n>","ok":true}"#,
            #"{"xml":"<Password>[redacted]<\/Password><n>1<\/n>","ok":true}"#),
        Case(
            #"{"a":"{\"xml\":\"<pin>a<\\\/pin>\"}","ok":true}"#,
            #"{"a":"{\"xml\":\"<pin>[redacted]<\\\/pin>\"}","ok":true}"#),
        Case(
            #"["<password>a\"b","x","<\/password>"]"#, #"["<password>[redacted]","x","<\/password>"]"#),
        Case(#"{"a":"<password>b"c</password>"}"#, #"{"a":"<password>[redacted]</password>"}"#),
        Case(#"<password>a","b"#, #"<password>[redacted]"#),
        Case("<apiKey><![CDATA[a]]></apiKey>", "<apiKey>[redacted]</apiKey>"),
        Case("<credentials><u>a</u><p>b</p></credentials>", "<credentials>[redacted]</credentials>"),
        Case(
            "<token/><token></token><token> </token><password>true</password>",
            "<token/><token></token><token> </token><password>true</password>"),
        Case("<password>cut of", "<password>[redacted]"),
        Case("<user password=\"x\" a=\"b\"/>", "<user password=\"[redacted]\" a=\"b\"/>"),
        Case("a < b and password > c", "a < b and password > c"),
    ])
    func elementsAndAttributesGoByName(_ c: Case) {
        #expect(Redacted(c.input).text == c.expected)
    }

    @Test(arguments: [
        Case("password: \"hunter2\"", "password: \"[redacted]\""),
        Case("{password: 'x', a: 'b'}", "{password: '[redacted]', a: 'b'}"),
        Case("mutation{login(password:\\\"x\\\")}", "mutation{login(password:\\\"[redacted]\\\")}"),
        Case("password = hunter2 and", "password = [redacted] and"),
        Case("'password'=>'x','a'=>'b'", "'password'=>'[redacted]','a'=>'b'"),
        Case("Basic dXNlcjpwYXNzd29yZA==\"", "Basic [redacted]\""),
        Case("see Basic dXNlcjpwYXNzd29yZDE=\", ", "see Basic [redacted]\", "),
        Case("AccountKey=abc\\/def==;x=1", "AccountKey=[redacted];x=1"),
    ])
    func literalsOfOtherLanguagesAreRead(_ c: Case) {
        #expect(Redacted(c.input).text == c.expected)
    }

    @Test(arguments: [
        "{{API_KEY}}", "${API_KEY}", "{{secret:NAME}}", "Bearer {{secret:NAME}}", "basic ${API_KEY}",
    ])
    func templatesStay(_ template: String) {
        #expect(Redacted("{\"api_key\":\"\(template)\"}").text == "{\"api_key\":\"\(template)\"}")
    }

    @Test(arguments: [
        "hunter2 {{API_KEY}}", "Bearer hunter2{{API_KEY}}", "Bearer hunter2}", "Bearer {{API_KEY}} hunter2",
    ])
    func whatStandsBesideATemplateDoesNot(_ value: String) {
        #expect(Redacted("{\"api_key\":\"\(value)\"}").text == "{\"api_key\":\"[redacted]\"}")
    }

    /// As the invoker's templates name secrets of a connector, under any name.
    @Test(arguments: [
        Case("{\"X-Own\":\"{{secret:NAME}}\"}", "{\"X-Own\":\"{{secret:NAME}}\"}"),
        Case("{\"X-Own\":\"{{secret:A}}/{{secret:B.2}}; v\"}", "{\"X-Own\":\"{{secret:A}}/{{secret:B.2}}; v\"}"),
        Case("{{secret:A}} password=hunter2", "{{secret:A}} password=[redacted]"),
        Case("secret:hunter2}}", "secret:[redacted]"),
        Case("{{secret:hunter2", "{{secret:[redacted]"),
        Case("{{secret:hunter2}", "{{secret:[redacted]"),
        Case("{{secret:a/b}}", "{{secret:[redacted]"),
        Case("{{password:hunter2}}", "{{password:[redacted]"),
        Case("{{secret:glpat-abcdefghij0123456789}}", "{{secret:[redacted]"),
    ])
    func referencesToSecretsStay(_ c: Case) {
        #expect(Redacted(c.input).text == c.expected)
    }

    @Test func whatWasRedactedStaysAsItIs() {
        let once = Redacted("token=abc123 <password>x</password> Bearer abcdef123456 \"secret\":\"y\"").exact
        #expect(Redacted(once).exact == once)
        #expect(Redacted(once).redactions.isEmpty)
    }
}

extension String {
    fileprivate func cycled(_ count: Int) -> String {
        var result = ""
        while result.count < count { result += self }
        return String(result.prefix(count))
    }

    // MARK: - Found in review

    @Test(arguments: [
        Case("a=1; Path=/cb?token=SECRETSECRET; Secure", "a=[redacted]; Path=/cb?token=[redacted]; Secure"),
        Case("a=1; x=glpat-abcdefghij0123456789", "a=[redacted]; x=[redacted]"),
        Case("glpat-abcdefghij0123456789=1", "[redacted]=[redacted]"),
    ])
    func looksAtWhatStaysOfACookie(_ c: Case) {
        var entry = SampleEntry(team: 1, at: .epoch)
        entry.responseHeaders = [HeaderField(name: "Set-Cookie", value: c.input)]
        let batch = Fixtures.batch([entry])
        let headers = batch.entries[.responseHeaders][0].flatMap(HeaderList.decode)
        #expect(headers?.first?.value.withPlainPlaceholders == c.expected)
    }

    @Test(arguments: [
        Case(
            #"[2026-01-02 10:00] SOAP: <secret>{"user":"x","v":"VALUE"}</secret>"#,
            "[2026-01-02 10:00] SOAP: <secret>[redacted]</secret>"),
        Case(#"[INFO] <password>pa"}ssword</password>"#, "[INFO] <password>[redacted]</password>"),
        Case(#"{"a":"<password>x","b":"y"}"#, #"{"a":"<password>[redacted]","b":"y"}"#),
        Case(#"{"a":"<password>x<\/password> y"}"#, #"{"a":"<password>[redacted]<\/password> y"}"#),
        Case("-----BEGIN EC-X PRIVATE KEY-----\nabc\n-----END EC-X PRIVATE KEY-----.", "[redacted]."),
        Case("password={{glpat-abcdefghij0123456789}}", "password=[redacted]"),
        Case("password={{vendor.token}}", "password={{vendor.token}}"),
        Case("q=basic+plan+basic+dXNlcjpwYXNz", "q=basic+plan+basic+[redacted]"),
    ])
    func takesOutAllOfIt(_ c: Case) {
        #expect(Redacted(c.input).text == c.expected)
    }

    /// A number as long as no number is costs no more than others.
    @Test func looksForNumbersWithinBounds() {
        let value = "12345678"
        let book = Fixtures.redactionBook()
        book.setSecrets([KnownSecret(value: Array(value.utf8))], team: 1, connector: nil)
        let text = "[x" + String(repeating: "+\(value)e", count: 20_000)
        let redacted = book.policy(team: 1, connector: nil).redacted(text)
        #expect(!redacted.contains(value))
    }
}
