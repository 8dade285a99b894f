import ConnectorLogCore
import ConnectorLogIngest
import ConnectorLogTesting
import Testing

/// What browsers and proxies write that HAR 1.2 does not say, or says otherwise.
@Suite struct HARQuirkTests {
    private func batch(_ entry: String) async throws -> RedactedBatch {
        let run = try await IngestRun(HARTests.archive(entry), media: .har)
        try #require(run.rejected.isEmpty, "\(run.rejected)")
        return try #require(run.batch)
    }

    private func request(_ members: String, _ rest: String = "") -> String {
        #"{\#(rest)"request":{"method":"POST","url":"https://api.example.com/a",\#(members)}}"#
    }

    private func response(_ members: String, _ rest: String = "") -> String {
        #"{\#(rest)"response":{\#(members)},"request":{"method":"GET","url":"https://api.example.com/a"}}"#
    }

    // MARK: - Chrome

    @Test func chromesPrivateMembersSayNothing() async throws {
        let batch = try await batch(
            #"{"_connectionId":"7","_initiator":{"type":"script","stack":{"callFrames":[]}},"_priority":"High","_resourceType":"fetch","_fromCache":"memory","_webSocketMessages":[{"type":"send","data":"x"}],"request":{"method":"GET","url":"https://api.example.com/","httpVersion":"h2","headersSize":-1,"bodySize":-1},"response":{"status":200,"_transferSize":17,"_error":null,"content":{"size":0,"mimeType":"x-unknown"}},"timings":{"blocked":1,"_blocked_queueing":0.5,"_blocked_proxy":1,"dns":-1,"ssl":-1,"connect":-1,"send":1,"wait":2,"receive":3}}"#
        )
        #expect(batch.text(.attributes) == #"{"http_version":"h2"}"#)
        #expect(batch.entries.durations[0] == 7000)
        #expect(batch.text(.responseBody) == nil)
        #expect(batch.text(.requestBody) == nil)
        #expect(batch.text(.errorName) == nil)
    }

    @Test func aFailedRequestHasNoStatusAndItsError() async throws {
        let batch = try await batch(response(#""status":0,"_error":"net::ERR_CONNECTION_REFUSED""#))
        #expect(batch.entries.statuses[0] == 0)
        #expect(batch.entries.outcomes[0] == Outcome.failed.rawValue)
        #expect(batch.text(.errorName) == "net::ERR_CONNECTION_REFUSED")
    }

    @Test func pseudoHeadersOfHTTP2AreNoHeaders() async throws {
        let batch = try await batch(
            request(
                #""headers":[{"name":":authority","value":"api.example.com"},{"name":":method","value":"POST"},{"name":":path","value":"/a"},{"name":":scheme","value":"https"},{"name":"accept","value":"*/*"}]"#
            ))
        #expect(batch.headers(.requestHeaders) == [HeaderField(name: "accept", value: "*/*")])
    }

    @Test func fieldsThatWerePutTogetherWithLineFeedsAreSeveral() async throws {
        let batch = try await batch(
            response(#""status":200,"headers":[{"name":"via","value":"a\nb"},{"name":"x-empty","value":""}]"#))
        #expect(
            batch.headers(.responseHeaders) == [
                HeaderField(name: "via", value: "a"), HeaderField(name: "via", value: "b"),
                HeaderField(name: "x-empty", value: ""),
            ])
    }

    @Test func bodiesThatWereNotSavedAreToldBySize() async throws {
        let batch = try await batch(response(#""status":200,"content":{"size":4711,"mimeType":"application/json"}"#))
        #expect(batch.text(.responseBody) == "")
        #expect(batch.body(.responseBody).originalSize == 4711)
        #expect(batch.body(.responseBody).isTruncated)
        let sent = try await self.batch(request(#""bodySize":12"#))
        #expect(sent.body(.requestBody).originalSize == 12)
    }

    @Test func theTextOfACompressedBodyIsItsText() async throws {
        let batch = try await batch(
            response(
                #""status":200,"headers":[{"name":"content-encoding","value":"gzip"}],"content":{"size":11,"compression":-3,"text":"{\"ok\":true}"}"#
            ))
        #expect(batch.text(.responseBody) == #"{"ok":true}"#)
        #expect(batch.text(.receipt) == nil)
    }

    // MARK: - Firefox

    @Test func firefoxHasLocalTimeAndCookiesWithoutAttributes() async throws {
        let batch = try await batch(
            #"{"startedDateTime":"2026-11-01T14:00:00.500+02:00","_securityState":"secure","request":{"method":"GET","url":"https://api.example.com/","httpVersion":"","cookies":[{"name":"lang","value":"de"}]},"response":{"status":200,"cookies":[{"name":"lang","value":"de"}]}}"#
        )
        #expect(batch.entries.logTimes[0] == Timestamp("2026-11-01T12:00:00.5Z")?.microseconds)
        #expect(batch.headers(.requestHeaders)?.map(\.name) == ["Cookie"])
        #expect(batch.headers(.responseHeaders)?.map(\.name) == ["Set-Cookie"])
        #expect(batch.text(.attributes) == nil)
    }

    @Test func theTimeIsBetterThanItsPartsAndSSLIsNotCountedTwice() async throws {
        let timings = #""timings":{"blocked":1,"dns":2,"connect":30,"ssl":20,"send":1,"wait":5,"receive":1},"#
        #expect(try await batch(response(#""status":200"#, #""time":60,"# + timings)).entries.durations[0] == 60_000)
        #expect(try await batch(response(#""status":200"#, timings)).entries.durations[0] == 40_000)
        #expect(try await batch(response(#""status":200"#, #""time":-1,"# + timings)).entries.durations[0] == 40_000)
        #expect(try await batch(response(#""status":200"#, #""time":0,"# + timings)).entries.durations[0] == 0)
        #expect(try await batch(response(#""status":200"#, #""timings":{},"#)).entries.durations[0] == -1)
        #expect(try await batch(response(#""status":200"#)).entries.durations[0] == -1)
    }

    @Test func ofTextAndParamsTheTextIsTheBody() async throws {
        let batch = try await batch(
            request(
                #""postData":{"mimeType":"application/x-www-form-urlencoded","text":"a=1&b=%41","params":[{"name":"a","value":"1"},{"name":"b","value":"A"}]}"#
            ))
        #expect(batch.text(.requestBody) == "a=1&b=%41")
    }

    @Test func aDiscardedBodyIsToldBySize() async throws {
        let batch = try await batch(
            response(
                #""status":200,"content":{"size":2000000,"mimeType":"text/html","comment":"Response bodies are not included."}"#
            ))
        #expect(batch.body(.responseBody).originalSize == 2_000_000)
    }

    // MARK: - mitmproxy

    @Test func mitmproxyHasMicrosecondsOrNone() async throws {
        let fraction = try await batch(
            response(#""status":200"#, #""startedDateTime":"2026-11-01T12:00:00.123456+00:00","#))
        #expect(fraction.entries.logTimes[0] == Timestamp("2026-11-01T12:00:00.123456Z")?.microseconds)
        let whole = try await batch(response(#""status":200"#, #""startedDateTime":"2026-11-01T12:00:00+00:00","#))
        #expect(whole.entries.logTimes[0] == Timestamp("2026-11-01T12:00:00Z")?.microseconds)
    }

    @Test func mitmproxyWritesWhatItDoesNotKnowAsNull() async throws {
        let batch = try await batch(
            #"{"time":12.5,"request":{"method":"POST","url":"https://api.example.com/","postData":{"mimeType":"","text":null,"params":[]}},"response":{"status":200,"content":{"size":5,"compression":95,"text":"longer than its size"}},"timings":{"connect":null,"ssl":null,"send":0,"wait":12,"receive":0.5}}"#
        )
        #expect(batch.entries.durations[0] == 12_500)
        #expect(batch.text(.requestBody) == nil)
        #expect(batch.text(.responseBody) == "longer than its size")
        #expect(!batch.body(.responseBody).isTruncated)
    }

    @Test func aFlowWithoutAResponseHasASentenceForAnError() async throws {
        let batch = try await batch(
            response(#""status":0,"statusText":"","content":{},"_error":"Client disconnected."# + #"""#))
        #expect(batch.entries.statuses[0] == 0)
        #expect(batch.text(.errorMessage) == "Client disconnected.")
        #expect(batch.text(.errorName) == nil)
    }

    @Test func aZHARIsZlib() async throws {
        let body = Compressed.deflate(Array(HARTests.archive(request(#""bodySize":0"#)).utf8))
        let run = try await IngestRun(body, media: .har, encoding: .deflate, cuts: [1, 2, 9])
        #expect(run.outcome.accepted == 1)
        await #expect(throws: IngestError.self) {
            _ = try await IngestRun(Array(body.dropLast(3)), media: .har, encoding: .deflate)
        }
    }

    // MARK: - Postman, and other writers of archives

    @Test func postmansReportersHaveNoTimings() async throws {
        let batch = try await batch(
            #"{"startedDateTime":"2026-11-01T12:00:00.000Z","time":0,"request":{"method":"GET","url":"https://api.example.com/","headers":[{"key":"Accept","value":"x"},{"name":"Accept"}]},"response":{"status":200,"headers":[]},"cache":{},"timings":{"send":0,"wait":0,"receive":0}}"#
        )
        #expect(batch.entries.durations[0] == 0)
        #expect(batch.headers(.requestHeaders) == [HeaderField(name: "Accept", value: "")])
    }

    @Test func headersMayBeListsOfNameAndValue() async throws {
        let batch = try await batch(request(#""headers":[["Accept","x"],["Via"],[],["A","b","c"],[1,2]]"#))
        #expect(
            batch.headers(.requestHeaders) == [
                HeaderField(name: "Accept", value: "x"), HeaderField(name: "Via", value: ""),
                HeaderField(name: "A", value: "b"),
            ])
    }

    @Test func paramsAloneAreAForm() async throws {
        let batch = try await batch(
            request(
                #""postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"a b","value":"1&2=\u00fc"},{"name":"c"},{"value":"no name"},{"name":"d","value":"%41+x"}]}"#
            ))
        #expect(batch.text(.requestBody) == "a%20b=1%262%3D%C3%BC&c=&d=%41+x")
    }

    @Test func cookiesBecomeHeadersWhereNoHeaderGivesThem() async throws {
        let cookies = #""cookies":[{"name":"theme","value":"dark"},{"name":"lang","value":"de"}]"#
        let alone = try await batch(request(cookies))
        #expect(alone.headers(.requestHeaders)?.map(\.name) == ["Cookie"])
        let both = try await batch(request(cookies + #","headers":[{"name":"cookie","value":"theme=dark"}]"#))
        #expect(both.headers(.requestHeaders)?.map(\.name) == ["cookie"])
        let set = try await batch(
            response(
                #""status":200,"cookies":[{"name":"a","value":"1","path":"/","domain":"h","expires":"2026-11-01T12:00:00Z","httpOnly":true,"secure":true},{"name":"b","value":"2"}]"#
            ))
        #expect(set.headers(.responseHeaders)?.map(\.name) == ["Set-Cookie", "Set-Cookie"])
        #expect(
            set.headers(.responseHeaders)?.first?.value.hasSuffix(
                "; Path=/; Domain=h; Expires=2026-11-01T12:00:00Z; HttpOnly; Secure") == true)
    }

    /// Some programs give values decoded; the rest of one behind a semicolon is no attribute.
    @Test func whatEndsACookieWithinItsValueIsEncoded() async throws {
        let cookie = #""cookies":[{"name":"session","value":"abc;S3cr3tRest"}]"#
        for batch in [try await batch(request(cookie)), try await batch(response(#""status":200,"# + cookie))] {
            for field in [EntryTextField.requestHeaders, .responseHeaders] {
                #expect(batch.text(field)?.contains("S3cr3tRest") != true)
            }
        }
    }

    @Test func linesOfAFieldBeyondTheLimitAreLeftOut() async throws {
        let value = Array(repeating: "a", count: Limits.headerFields + 2).joined(separator: #"\n"#)
        let batch = try await batch(request(#""headers":[{"name":"via","value":"\#(value)"}]"#))
        #expect(batch.headers(.requestHeaders)?.count == Limits.headerFields)
        #expect(batch.text(.attributes)?.contains("request_headers") == true)
    }

    /// A secret that the end of the text cut in two is one, too.
    @Test func aRequestsTextShorterThanItsBodyWasCut() async throws {
        let batch = try await batch(request(#""bodySize":900,"postData":{"text":"abc"}"#))
        #expect(BodyAttributes(packed: batch.entries.requestBodyAttributes[0]).isTruncated)
    }

    @Test func credentialsAreRemovedWhereverAnArchiveHasThem() async throws {
        let secret = "made-up-Xk29vQ77"
        let batch = try await batch(
            #"{"request":{"method":"POST","url":"https://api.example.com/?api_key=\#(secret)","headers":[{"name":"Authorization","value":"Bearer \#(secret)"}],"cookies":[{"name":"session","value":"\#(secret)"}],"queryString":[{"name":"api_key","value":"\#(secret)"}],"postData":{"params":[{"name":"password","value":"\#(secret)"}]}},"response":{"status":200,"cookies":[{"name":"session","value":"\#(secret)"}],"content":{"text":"{\"access_token\":\"\#(secret)\"}"}}}"#
        )
        for field in EntryTextField.allCases {
            #expect(!(batch.text(field) ?? "").contains(secret), "\(field)")
        }
        #expect(batch.text(.receipt) != nil)
    }
}
