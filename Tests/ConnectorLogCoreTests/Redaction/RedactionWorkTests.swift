import ConnectorLogCore
import Testing

/// The redactor's time is linear in the text, whatever the text: shown by counting the bytes it looks at.
@Suite
struct RedactionWorkTests {
    static let patterns = [
        ":", "=", "b", "ba", "be", "\"", "\\", "\\\":", "\":", "'=", ":  ", "\" :", "://", ":\\/\\/", "://a", "://a@",
        "@", "{", "[",
        "{\"", "\"token\":{", "\"token\":[", "\"token\":", "\"token\":\"", "\"token\": ", "\"token\":\\\\", "token=",
        "token:", "token: ",
        "token=\"", "bearer ", "bearer%20", "bearer+", "basic a", "basic dXNlcjpwYXNz", "form-data; name=\"token\"",
        "name=\"token\"\n",
        "form-data; name=\"token\"\n\n", "\n--", "\\u0022", "\\u0022token\\u0022:", "\\u0022token\\u0022:{", "%5F=",
        "token%5D=",
        "a_long_name_without_any_end_", "_", "-token", "\"nextPageToken\":{", "\"x\":{\"token\":", "\"pin\":{}",
        "\"pin\":\"\"", "\"pin\":tru",
        "-eyJ", "eyJ.", "<password>", "<password", "</token", "-----BEGIN PRIVATE KEY-----", "password =",
        "password => ",
        "ghp_", "sk-", "4111 1111 ", "4111", "basic+", "<token></token>", "<pin>true</pin>", "<pin>true<\\/pin>",
        "\"name\":\"token\",\"value\":", "\"value\":", ",\"value\":\"\"",
    ]

    @Test(arguments: patterns)
    func looksAtEachByteABoundedNumberOfTimes(_ pattern: String) {
        for context in [TextRedactor.Context.text, .header, .uri] {
            let text = String(repeating: pattern, count: 500 / pattern.utf8.count)
            for text in [
                text, text + "\"", "\"" + text, text + " :", "\"token\":" + text, text + "\":\"x\"",
                "{\"a\":\"" + text + "\"}",
            ] {
                let work = Redacted(text, context).work
                #expect(work <= 110 * text.utf8.count, "\(work) bytes for \(text.utf8.count)")
            }
        }
    }

    @Test func doublingTheTextDoublesTheWork() {
        for pattern in Self.patterns {
            let once = Redacted(String(repeating: pattern, count: 250)).work
            let twice = Redacted(String(repeating: pattern, count: 500)).work
            #expect(twice <= 2 * once + 8000, "\(pattern): \(once), then \(twice)")
        }
    }
}
