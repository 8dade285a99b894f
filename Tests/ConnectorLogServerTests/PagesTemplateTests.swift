import ConnectorLogCore
import ConnectorLogServer
import Testing

/// What the Content-Security-Policy demands of every template, and what the look does of the style sheet.
@Suite struct PagesTemplateTests {
    @Test func compilesEveryTemplate() throws {
        _ = try PageTemplates()
    }

    @Test(arguments: PageTemplates.Name.allCases)
    func holdsNoScriptStyleOrHandlerWithin(name: PageTemplates.Name) {
        let source = name.source
        #expect(source.matches(of: /<script(?![^>]*\ssrc="\{\{frame\.scriptHref\}\}")/.ignoresCase()).isEmpty)
        #expect(source.matches(of: /<script[^>]*>[^<]+</.ignoresCase()).isEmpty)
        #expect(source.matches(of: /<style/.ignoresCase()).isEmpty)
        #expect(source.matches(of: /\sstyle\s*=/.ignoresCase()).isEmpty)
        #expect(source.matches(of: /\son[a-z]+\s*=/.ignoresCase()).isEmpty)
        #expect(source.matches(of: /javascript:|https?:\/\/|src="\/\//.ignoresCase()).isEmpty)
    }

    @Test(arguments: PageTemplates.Name.allCases)
    func escapesEveryValue(name: PageTemplates.Name) {
        let source = name.source.replacing("content=\"0; url={{address}}\"", with: "")
        #expect(!source.contains("{{{"))
        #expect(!source.contains("{{&"))
        #expect(!source.contains("CONTENT_TYPE"))
        // Unquoted attributes would end at a space.
        #expect(source.matches(of: /=\{\{/).isEmpty)
    }

    @Test(arguments: PageTemplates.Name.allCases)
    func givesEveryColumnHeadingItsScope(name: PageTemplates.Name) {
        #expect(name.source.matches(of: /<th(?![^>]*scope=)[\s>]/).isEmpty)
    }

    @Test(arguments: PageTemplates.Name.allCases)
    func protectsEveryForm(name: PageTemplates.Name) {
        for form in name.source.matches(of: /<form[^>]*method="post"(?s:.*?)<\/form>/) {
            #expect(form.output.contains("name=\"csrf_token\""))
        }
    }

    @Test func takesNothingFromOtherHosts() {
        for asset in PageAssets.all {
            let text = String(decoding: asset.bytes, as: UTF8.self).replacing("http://www.w3.org/2000/svg", with: "")
            #expect(text.matches(of: /https?:\/\/|url\(|@import/).isEmpty)
            #expect(asset.address.contains(/^\/assets\/[a-z]+-[0-9a-f]{16}\.(css|js|svg)$/))
        }
    }

    @Test func saysThatDetailsWereRemoved() throws {
        let viewer = PageFrame.Viewer(keyName: "Key", team: nil, teams: [], csrfToken: "token")
        var entry = LogEntry(
            summary: EntrySummary(
                id: EntryID(high: 1, low: 1), teamID: 1, logTime: PagesFixtures.now, connectorIdentifier: "crm",
                outcome: .failed))
        var fault = RootFault(id: EntryID(high: 1, low: 1), teamID: 1, occurredAt: PagesFixtures.now, name: "Fault")
        func pages() throws -> [String] {
            let templates = try PageTemplates()
            return [
                templates.render(EntryPage(viewer: viewer, entry: entry)),
                templates.render(FaultPage(viewer: viewer, fault: fault)),
            ]
        }
        for html in try pages() {
            #expect(html.contains("No body was recorded.") && html.contains("Nothing was redacted."))
            #expect(!html.contains("details-removed"))
        }
        entry.detailsRemovedAt = Timestamp("2021-03-05T10:40:40Z")
        fault.detailsRemovedAt = entry.detailsRemovedAt
        for html in try pages() {
            // Neither was there nothing recorded, nor nothing redacted: nobody knows any more.
            #expect(!html.contains("was recorded") && !html.contains("were recorded") && !html.contains("redacted."))
            #expect(html.contains("details-removed"))
            #expect(html.contains("Mar 5th 2021, 10:40:40"))
        }
    }

    @Test func keepsLineBreaksOutOfPreformattedText() throws {
        var fault = RootFault(
            id: EntryID(high: 1, low: 1), teamID: 1, occurredAt: PagesFixtures.now, name: "Fault")
        fault.responseBody = Body(
            bytes: Array("a [redacted] b".utf8), isBinary: false, originalSize: 14, isTruncated: false)
        let viewer = PageFrame.Viewer(keyName: "Key", team: nil, teams: [], csrfToken: "token")
        let html = try PageTemplates().render(FaultPartPage(viewer: viewer, fault: fault, part: .responseBody))
        #expect(
            html.contains(
                ">a <mark class=\"redacted\" title=\"Removed before it was stored\">[redacted]</mark> b</pre>"))
    }

    // MARK: - Contrast

    /// WCAG 2.2, "relative luminance" and "contrast ratio".
    private static func contrast(_ a: String, _ b: String) throws -> Double {
        func luminance(_ hex: String) throws -> Double {
            let value = try #require(Int(hex.dropFirst(), radix: 16))
            let parts = [16, 8, 0].map { shift -> Double in
                let part = Double(value >> shift & 0xFF) / 255
                return part <= 0.04045 ? part / 12.92 : pow24((part + 0.055) / 1.055)
            }
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
        }
        let (one, two) = (try luminance(a), try luminance(b))
        return (max(one, two) + 0.05) / (min(one, two) + 0.05)
    }

    /// x to the power of 2.4, as the fifth root of x to the twelfth, by Newton's method.
    private static func pow24(_ x: Double) -> Double {
        guard x > 0 else { return 0 }
        let twelfth = (0..<12).reduce(1.0) { product, _ in product * x }
        var root = 1.0
        for _ in 0..<200 { root -= (root * root * root * root * root - twelfth) / (5 * root * root * root * root) }
        return root
    }

    private static func palettes() throws -> [[String: String]] {
        let css = String(decoding: PageAssets.style.bytes, as: UTF8.self)
        let blocks = css.matches(of: /:root \{(?s:.*?)\n\s*\}/)
        try #require(blocks.count == 2)
        return blocks.map { block in
            Dictionary(
                String(block.output).matches(of: /--([a-z0-9-]+): (#[0-9a-f]{6});/)
                    .map { (String($0.output.1), String($0.output.2)) }, uniquingKeysWith: { $1 })
        }
    }

    @Test(arguments: [
        ("ink", "paper"), ("ink", "surface"), ("ink", "surface-2"), ("ink-2", "paper"), ("ink-2", "surface-2"),
        ("ink-3", "paper"), ("ink-3", "surface"), ("ink-3", "surface-2"), ("accent", "paper"), ("accent", "surface"),
        ("accent", "accent-soft"), ("accent-ink", "accent"), ("accent-ink", "accent-strong"), ("good", "good-soft"),
        ("bad", "bad-soft"), ("bad", "surface"), ("bad", "surface-2"), ("bad", "paper"), ("busy", "busy-soft"),
        ("spent", "spent-soft"), ("ink", "bad-soft"), ("json-name", "surface-2"), ("json-text", "surface-2"),
        ("json-value", "surface-2"), ("ink", "match"), ("ink-2", "match"), ("paper", "ink"), ("ink-2", "accent-soft"),
        ("accent", "accent-soft"), ("ink", "good-soft"),
    ])
    func readsWellByDayAndByNight(text: String, ground: String) throws {
        for palette in try Self.palettes() {
            let ratio = try Self.contrast(try #require(palette[text]), try #require(palette[ground]))
            #expect(ratio >= 4.5, "\(text) on \(ground)")
        }
    }

    /// WCAG 2.2, 1.4.11: what has to be seen and is no text.
    @Test(
        arguments: (1...5).map { "series-\($0)" }
            + ["good-fill", "bad-fill", "busy-fill", "spent-fill", "match-line"])
    func standsOutByDayAndByNight(mark: String) throws {
        for palette in try Self.palettes() {
            #expect(try Self.contrast(try #require(palette[mark]), try #require(palette["surface"])) >= 3, "\(mark)")
        }
    }

    /// The edges of what can be used, on either ground.
    @Test(arguments: ["surface", "paper"])
    func showsWhereControlsEnd(ground: String) throws {
        for palette in try Self.palettes() {
            #expect(try Self.contrast(try #require(palette["control"]), try #require(palette[ground])) >= 3)
        }
    }
}
