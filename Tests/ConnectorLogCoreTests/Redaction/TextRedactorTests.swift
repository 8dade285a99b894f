import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import Testing

/// What the redactor takes out of texts, rule by rule. All secrets are made up.
@Suite
struct TextRedactorTests {
    // MARK: - JSON members

    @Test(arguments: [
        Case(#"{"password":"hunter2"}"#, #"{"password":"[redacted]"}"#),
        Case(
            #"{"a":{"b":[{"client_secret":"s3cr3t","id":7}]}}"#, #"{"a":{"b":[{"client_secret":"[redacted]","id":7}]}}"#
        ),
        Case(#"{"accessToken" : "abc", "x":1}"#, #"{"accessToken" : "[redacted]", "x":1}"#),
        Case("{\"apiKey\":\n\t\"abc\"}", "{\"apiKey\":\n\t\"[redacted]\"}"),
        Case(#"{"X-Api-Key":"abc"}"#, #"{"X-Api-Key":"[redacted]"}"#),
        Case(#"{"PASSWORD":"abc"}"#, #"{"PASSWORD":"[redacted]"}"#),
        Case(#"{"my.api_key":"abc"}"#, #"{"my.api_key":"[redacted]"}"#),
        Case(#"{"user[password]":"abc"}"#, #"{"user[password]":"[redacted]"}"#),
        Case(
            #"{"pwd":"a","pass":"b","pin":"c","otp":"d","jwt":"e"}"#,
            #"{"pwd":"[redacted]","pass":"[redacted]","pin":"[redacted]","otp":"[redacted]","jwt":"[redacted]"}"#),
        Case(#"{"refresh_token":"a\"b\\","next":1}"#, #"{"refresh_token":"[redacted]","next":1}"#),
        Case(#"{"token":"ends with backslash\\"}"#, #"{"token":"[redacted]"}"#),
        Case(#"{"token":"zwölf € 🙂"}"#, #"{"token":"[redacted]"}"#),
        Case(#"{'password': 'hunter2', 'user': 'x'}"#, #"{'password': '[redacted]', 'user': 'x'}"#),
        Case(#"{"secrets":["a","b"],"passwords":{"x":"y"}}"#, #"{"secrets":"[redacted]","passwords":"[redacted]"}"#),
    ])
    func takesOutValuesOfJSONMembersByName(_ c: Case) {
        #expect(Redacted(c.input).text == c.expected)
    }

    @Test(arguments: [
        Case(#"{"pin":1234,"x":1}"#, #"{"pin":"[redacted]","x":1}"#),
        Case(#"{"token":-1.5e3}"#, #"{"token":"[redacted]"}"#),
        Case(#"{"credentials":{"user":"u","key":"}]"},"x":1}"#, #"{"credentials":"[redacted]","x":1}"#),
        Case(#"{"secret":["a",["b"],{"c":"d"}]}"#, #"{"secret":"[redacted]"}"#),
        Case(#"{"secret":{"quote":"\"}"},"x":"y"}"#, #"{"secret":"[redacted]","x":"y"}"#),
        Case(#"{"password":true,"secret":null,"token":false}"#, #"{"password":true,"secret":null,"token":false}"#),
        Case(#"{'password': None, 'secret': True}"#, #"{'password': None, 'secret': True}"#),
        Case(#"{"token":nottrue}"#, #"{"token":"[redacted]"}"#),
        Case(#"{"token":"","secret":[],"key":{}}"#, #"{"token":"","secret":[],"key":{}}"#),
    ])
    func takesOutNumbersListsAndObjectsUnderCredentialNames(_ c: Case) {
        #expect(Redacted(c.input).text == c.expected)
    }

    @Test(arguments: [
        Case(#"{"name":"password","value":"x"}"#, #"{"name":"password","value":"[redacted]"}"#),
        Case(
            #"[{"name": "X-Api-Key", "value": "abc"}, {"name": "Accept", "value": "*/*"}]"#,
            #"[{"name": "X-Api-Key", "value": "[redacted]"}, {"name": "Accept", "value": "*/*"}]"#),
        Case("{\"key\":\"pin\",\n  \"value\" : 1234}", "{\"key\":\"pin\",\n  \"value\" : \"[redacted]\"}"),
        Case(#"{'Name': 'api_key', 'Value': 'x'}"#, #"{'Name': 'api_key', 'Value': '[redacted]'}"#),
        Case(#""{\"name\":\"token\",\"value\":\"x\"}""#, #""{\"name\":\"token\",\"value\":\"[redacted]\"}""#),
        Case(#"{"name":"city","value":"x"}"#, #"{"name":"city","value":"x"}"#),
        Case(#"{"label":"password","value":"x"}"#, #"{"label":"password","value":"x"}"#),
        Case(#"{"name":"password"},{"value":"x"}"#, #"{"name":"password"},{"value":"x"}"#),
        Case(#"["name","password","value","x"]"#, #"["name","password","value","x"]"#),
        Case(#","value":"x""#, #","value":"x""#),
    ])
    func takesOutTheValueOfANameThatIsAMemberItself(_ c: Case) {
        #expect(Redacted(c.input).text == c.expected)
    }

    @Test(arguments: [
        Case(#"{"password":"hunt"#, #"{"password":"[redacted]"#),
        Case(#"{"password":"hunt\"#, #"{"password":"[redacted]"#),
        Case(#"{"token":["a","b"#, #"{"token":"[redacted]""#),
        Case(#"{"token":{"a":{"b":"c""#, #"{"token":"[redacted]""#),
        Case(#"{"pin":12"#, #"{"pin":"[redacted]""#),
        Case(#"ssword":"hunter2","x":"y"}"#, #"ssword":"hunter2","x":"y"}"#),
        Case(#"er","password":"hunter2","x":"y"}"#, #"er","password":"[redacted]","x":"y"}"#),
        Case(#"{"password":"#, #"{"password":"#),
    ])
    func readsJSONThatWasCut(_ c: Case) {
        #expect(Redacted(c.input).text == c.expected)
    }

    @Test(arguments: 1...4)
    func readsJSONWithinJSONStrings(depth: Int) throws {
        var (document, expected) = (
            #"{"user":"u","password":"a \"quoted\" \\ secret","token":[1,"x"],"n":1,"nextPageToken":"p"}"#,
            #"{"user":"u","password":"[redacted]","token":"[redacted]","n":1,"nextPageToken":"p"}"#
        )
        for _ in 0..<depth {
            document = try wrapped(document)
            expected = try wrapped(expected)
        }
        #expect(Redacted(document).text == expected)
    }

    private func wrapped(_ document: String) throws -> String {
        let data = try JSONEncoder().encode(["payload": document])
        return String(decoding: data, as: UTF8.self)
    }

    @Test(arguments: [
        Case(#"{"pass\u0077ord":"x"}"#, #"{"pass\u0077ord":"[redacted]"}"#),
        Case(#"{"passwor\u0064":"x"}"#, #"{"passwor\u0064":"[redacted]"}"#),
        Case(#"{"passwo\u0072d":"x"}"#, #"{"passwo\u0072d":"[redacted]"}"#),
        Case(#"{"passw\u006frd":"x"}"#, #"{"passw\u006frd":"[redacted]"}"#),
        Case(
            #"{"\u0070\u0061\u0073\u0073\u0077\u006f\u0072\u0064":"x"}"#,
            #"{"\u0070\u0061\u0073\u0073\u0077\u006f\u0072\u0064":"[redacted]"}"#),
        Case(#"{"a":"{\"passw\\u006Frd\":\"x\"}"}"#, #"{"a":"{\"passw\\u006Frd\":\"[redacted]\"}"}"#),
        Case(
            #"{"a":"{\u0022password\u0022:\u0022x y\u0022,\u0022b\u0022:1}"}"#,
            #"{"a":"{\u0022password\u0022:\u0022[redacted]\u0022,\u0022b\u0022:1}"}"#),
        Case(#"{"a":"{\u0022pin\u0022:1234}"}"#, #"{"a":"{\u0022pin\u0022:\u0022[redacted]\u0022}"}"#),
        Case(
            #"{"a":"{\u0022token\u0022:[\u0022]\u0022,1]}"}"#,
            #"{"a":"{\u0022token\u0022:\u0022[redacted]\u0022}"}"#),
    ])
    func readsNamesAndQuotesWrittenAsEscapes(_ c: Case) {
        #expect(Redacted(c.input).text == c.expected)
    }

    @Test func readsTheEndOfVeryLongNames() {
        let name = String(repeating: "a_very_long_prefix_", count: 10) + "password"
        #expect(Redacted("{\"\(name)\":\"hunter2\"}").text == "{\"\(name)\":\"[redacted]\"}")
        #expect(Redacted("\(name)=hunter2&x=1", .uri).text == "\(name)=[redacted]&x=1")
    }

    @Test func redactedJSONStillParses() throws {
        var generator = SeededRandom(seed: 7)
        for _ in 0..<200 {
            let document = Self.document(depth: 0, &generator)
            let data = try JSONSerialization.data(withJSONObject: document, options: [.fragmentsAllowed])
            let redacted = Redacted(String(decoding: data, as: UTF8.self))
            let parsed = try JSONSerialization.jsonObject(with: Data(redacted.text.utf8), options: .fragmentsAllowed)
            #expect(!redacted.text.contains("hunter2"))
            #expect(Redacted(redacted.text).text == redacted.text, "redacted twice is redacted once")
            _ = parsed
        }
    }

    /// Every text under a credential's name holds "hunter2", no other does.
    private static func document(depth: Int, _ generator: inout SeededRandom) -> Any {
        let names = ["id", "name", "total", "items", "x y", "\"quoted\"", "page_token", "ключ"]
        let secretNames = ["password", "apiKey", "client-secret", "refresh_token", "db.passwd", "Authorization"]
        switch Int.random(in: 0..<(depth > 4 ? 4 : 7), using: &generator) {
        case 0: return Int.random(in: -1000...1000, using: &generator)
        case 1: return "text \\ \" \u{1F642} \n end"
        case 2: return NSNull()
        case 3: return true
        case 4:
            return (0..<Int.random(in: 0...3, using: &generator)).map { _ in document(depth: depth + 1, &generator) }
        default:
            var object: [String: Any] = [:]
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                if Bool.random(using: &generator) {
                    object[names.randomElement(using: &generator) ?? ""] = document(depth: depth + 1, &generator)
                } else {
                    let secrets: [Any] = [
                        "hunter2", "a\"hunter2\\", ["hunter2", ["}hunter2]"]], ["k": "hunter2\"}"], "\\\"hunter2",
                    ]
                    object[secretNames.randomElement(using: &generator) ?? ""] = secrets.randomElement(
                        using: &generator)
                }
            }
            return object
        }
    }

    // MARK: - Parameters and forms

    @Test(arguments: [
        Case("https://h.example/p?access_token=abc&x=1", "https://h.example/p?access_token=[redacted]&x=1", .uri),
        Case("/p?x=1&api_key=abc", "/p?x=1&api_key=[redacted]", .uri),
        Case("/p?api-key=a%20b,c'd#frag", "/p?api-key=[redacted]#frag", .uri),
        Case("/p;token=abc?x=1&sig=f%3D", "/p;token=[redacted]&sig=[redacted]", .uri),
        Case("/p?access%5Ftoken=abc&x=1", "/p?access%5Ftoken=[redacted]&x=1", .uri),
        Case("/p?pass%77ord=abc&x=1", "/p?pass%77ord=[redacted]&x=1", .uri),
        Case("/p?%70%61%73%73word=abc", "/p?%70%61%73%73word=[redacted]", .uri),
        Case("/p?passwor%64=abc", "/p?passwor%64=[redacted]", .uri),
        Case("/p?auth%5Btoken%5D=abc", "/p?auth%5Btoken%5D=[redacted]", .uri),
        Case("/p?auth[password]=abc", "/p?auth[password]=[redacted]", .uri),
        Case("/p?token=&x=1", "/p?token=&x=1", .uri),
        Case(
            "/p?X-Amz-Credential=AKIAEXAMPLE%2Fx&X-Amz-Signature=0f1e",
            "/p?X-Amz-Credential=[redacted]&X-Amz-Signature=[redacted]", .uri),
        Case("/cb#access_token=abc&state=1", "/cb#access_token=[redacted]&state=1", .uri),
        Case("calling /p?token=abc, then", "calling /p?token=[redacted], then"),
        Case(#"<a href="/p?token=abc">x</a>"#, #"<a href="/p?token=[redacted]">x</a>"#),
        Case("password='a b' retries=3", "password='[redacted]' retries=3"),
        Case(
            #"{"next":"https://h.example/?api_key=abc","n":1}"#,
            #"{"next":"https://h.example/?api_key=[redacted]","n":1}"#),
        Case(
            #"{"url":"https:\/\/h.example\/?token=abc\u0026x=1"}"#,
            #"{"url":"https:\/\/h.example\/?token=[redacted]\u0026x=1"}"#),
        Case(
            "<https://h.example/?token=abc>; rel=\"next\"", "<https://h.example/?token=[redacted]>; rel=\"next\"",
            .header),
    ])
    func takesOutParameters(_ c: Case) {
        #expect(Redacted(c.input, c.context).text == c.expected)
    }

    @Test(arguments: ["\r\n", "\n"])
    func takesOutFieldsOfMultipartForms(newline: String) {
        func form(_ secret: String) -> String {
            [
                "--b0", #"Content-Disposition: form-data; name="user""#, "", "ann", "--b0",
                #"Content-Disposition: form-data; name="password""#, "Content-Type: text/plain", "", secret, "--b0",
                #"Content-Disposition: form-data; name="file"; filename="a.txt""#, "", "hello", "--b0--", "",
            ].joined(separator: newline)
        }
        #expect(Redacted(form("hunter2\(newline)second line: x")).text == form("[redacted]"))
    }

    // MARK: - Header lines, credentials, user information

    @Test(arguments: [
        Case("> Authorization: Basic dXNlcjpwYXNz\r\n> Host: h", "> Authorization: [redacted]\r\n> Host: h"),
        Case("Cookie: a=b; c=d\nAccept: */*", "Cookie: [redacted]\nAccept: */*"),
        Case("password: hunter2 and more\nuser: ann", "password: [redacted]\nuser: ann"),
        Case("curl -H 'X-Api-Key: abc' https://h.example", "curl -H 'X-Api-Key: [redacted]' https://h.example"),
    ])
    func takesOutHeaderLinesInText(_ c: Case) {
        #expect(Redacted(c.input).text == c.expected)
    }

    @Test(arguments: [
        Case("sent Bearer abc123def456 to", "sent Bearer [redacted] to"),
        Case("bearer eyJhbGciOi.eyJzdWIi.sIg-_", "bearer [redacted]"),
        Case("BEARER%20abc123def456&x", "BEARER%20[redacted]&x"),
        Case("Bearer+abc123def456", "Bearer+[redacted]"),
        Case("Bearer   abc123def456==", "Bearer   [redacted]"),
        Case("Bearer onlysmalllettersbutverylong", "Bearer [redacted]"),
        Case("Bearer mixedCaseToken", "Bearer [redacted]"),
        Case("Basic dXNlcjpwYXNz", "Basic [redacted]"),
        Case("basic dXNlcjpwYXNzd29yZA==", "basic [redacted]"),
        Case("Basic YTpi", "Basic [redacted]"),
        Case("b Basic dXNlcjpwYXNz b", "b Basic [redacted] b"),
        Case(#"{"h":["Authorization","Bearer abc123def456"]}"#, #"{"h":["Authorization","Bearer [redacted]"]}"#),
    ])
    func takesOutBearerAndBasicCredentials(_ c: Case) {
        #expect(Redacted(c.input, c.context).text == c.expected)
    }

    @Test(arguments: [
        Case("https://ann:hunter2@h.example/p", "https://[redacted]@h.example/p", .uri),
        Case("https://ghp_example@h.example", "https://[redacted]@h.example", .uri),
        Case("https://ann:p@ss@h.example/p", "https://[redacted]@h.example/p", .uri),
        Case("postgres://u:p@db:5432/x?y=z", "postgres://[redacted]@db:5432/x?y=z", .uri),
        Case(#"{"u":"https:\/\/ann:hunter2@h.example\/"}"#, #"{"u":"https:\/\/[redacted]@h.example\/"}"#),
        Case(
            #"{"u":"{\"v\":\"https:\\/\\/ann:hunter2@h.example\\/\"}"}"#,
            #"{"u":"{\"v\":\"https:\\/\\/[redacted]@h.example\\/\"}"}"#),
    ])
    func takesOutUserInformationOfURLs(_ c: Case) {
        #expect(Redacted(c.input, c.context).text == c.expected)
    }

    // MARK: - Precision

    @Test(arguments: [
        "", "x", "b", ":", "=", "ba", "=x", "x=", ":x", "a:b",
        #"{"nextPageToken":"CAUQAA","page_token":"p","next_token":1,"continuationToken":"c","syncToken":"s"}"#,
        #"{"max_tokens":100,"prompt_tokens":3,"tokens":["a","b"],"token_type":"bearer","expires_in":3600}"#,
        #"{"tokenizer":"x","secretary":"Ann","passwordless":true,"keyboard":"k","spin":1,"monkey":"m","signal":"s"}"#,
        #"{"key":"name","keys":["a"],"author":"Ann","authorize_url":"u","bearing":12,"basics":"x"}"#,
        "This has basic information about bearer authentication and basic internationalization.",
        "bearer bonds, basic training, bear with us",
        "https://h.example/a:b@c/d", "https://h.example/?mail=ann@h.example",
        "mailto:ann@h.example", "12:34:56", "a == b, c: d; e=f&g=h", "data:text/plain;base64,SGVsbG8=",
        #"Bearer realm="example", error="invalid_token""#, #"Bearer authorization_uri="https://h.example/x""#,
        #"Basic realm="a1234567", charset="UTF-8""#, "Bearer scope=openid",
        "invalid_grant: refresh token 4711 was revoked", "Largest \u{1F642} text: ünïcödé",
        "\u{0}\u{1}b\u{7F}", #"{"\u0022":1}"#, #"\\\\\":"#, #"":":":""#,
    ])
    func leavesCleanTextAlone(_ text: String) {
        for context in [TextRedactor.Context.text, .header, .uri] {
            let redacted = Redacted(text, context)
            #expect(redacted.text == text)
            #expect(redacted.redactions.isEmpty)
        }
    }

    @Test func knowsCustomVerbsInURIs() {
        #expect(Redacted("https://h.example/v1/token:revoke?x=1", .uri).redactions.isEmpty)
    }

    @Test func findsASecretAtEveryPlaceOfItsWord() {
        // The search goes eight bytes at a time, so each place in a word is tried, and each distance from the end.
        for before in 0..<24 {
            for after in 0..<12 {
                let (head, tail) = (String(repeating: "x", count: before), String(repeating: "y", count: after))
                #expect(Redacted("\(head) token=abc \(tail)").text == "\(head) token=[redacted] \(tail)")
                #expect(Redacted("\(head) Bearer a1b2c3d4 \(tail)").text == "\(head) Bearer [redacted] \(tail)")
                #expect(Redacted("\(head)\"pin\":\"1\"\(tail)").text == "\(head)\"pin\":\"[redacted]\"\(tail)")
            }
        }
    }

    // MARK: - Receipts

    @Test func notesRuleNameAndCountButNoValue() {
        let redacted = Redacted(
            #"{"password":"hunter2","a":{"password":"hunter3"},"u":"https://ann:x@h.example/?token=t1"} Bearer abc123def4"#
        )
        #expect(
            redacted.redactions == [
                Redaction(rule: .jsonKey, field: "field.password", count: 2),
                Redaction(rule: .userInfo, field: "field", count: 1),
                Redaction(rule: .parameter, field: "field.token", count: 1),
                Redaction(rule: .bearer, field: "field", count: 1),
            ])
    }

    @Test func doesNotNoteWhatWasRedactedBefore() {
        let redacted = Redacted(#"{"password":"[redacted]"} token=[redacted] Bearer [redacted]"#)
        #expect(redacted.text == #"{"password":"[redacted]"} token=[redacted] Bearer [redacted]"#)
        #expect(redacted.redactions.isEmpty)
    }
}
