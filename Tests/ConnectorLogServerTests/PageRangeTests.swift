import ConnectorLogCore
import ConnectorLogServer
import Testing

@Suite struct PageRangeTests {
    private let now = PagesFixtures.now

    private func range(_ query: String) -> PageRange { PageRange(PageForm(query)) }

    @Test func readsTheNamedRanges() {
        #expect(range("range=24h") == .day)
        #expect(range("range=7d") == .week)
        #expect(range("range=30d") == .month)
        #expect(range("range=1y") == .year)
        #expect(range("") == .standard)
        #expect(range("range=nonsense") == .standard)
        // What is not offered is not taken.
        #expect(range("range=all") == .standard)
        #expect(PageRange(PageForm("range=all"), offered: PageRange.named) == .all)
    }

    @Test(arguments: [
        ("from=2026-11-01&to=2026-11-02", "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z"),
        ("from=2026-11-01T10:00&to=2026-11-01T10:30", "2026-11-01T10:00:00Z", "2026-11-01T10:30:00Z"),
        ("from=2026-11-01T10:00:05&to=2026-11-01T10:00:06Z", "2026-11-01T10:00:05Z", "2026-11-01T10:00:06Z"),
        ("from=2026-11-01T23%3A59&to=2026-11-02", "2026-11-01T23:59:00Z", "2026-11-03T00:00:00Z"),
    ])
    func readsARangeOfTheReadersOwn(query: String, from: String, to: String) throws {
        let expected = PageRange.custom(from: try #require(Timestamp(from)), to: try #require(Timestamp(to)))
        #expect(range("range=custom&" + query) == expected)
        #expect(range(query) == expected)
        // A named range wins over what is left of a form.
        #expect(range("range=7d&" + query) == .week)
    }

    @Test(arguments: [
        "from=2026-11-02&to=2026-11-01", "from=2026-11-01", "to=2026-11-01", "from=x&to=y",
        "from=2026-02-30&to=2026-03-01", "from=1969-01-01&to=2026-03-01", "from=2026-11-01T10:00&to=2026-11-01T10:00",
        "from=9999-12-31&to=9999-12-31",
    ])
    func takesTheStandardForWhatIsNoneAndSaysSo(query: String) {
        let unread = range("range=custom&" + query)
        guard case .unread = unread else {
            Issue.record("it was read")
            return
        }
        #expect(unread.buckets(now: now) == PageRange.standard.buckets(now: now))
        let picker = RangePicker(unread, path: "/", kept: [], now: now)
        #expect(picker.rangeProblem != nil && picker.isCustom && !picker.rangeChoices.contains(where: \.isCurrent))
        // What was typed stays there.
        let typed = PageForm(query)
        #expect(picker.from == typed["from"] ?? "" && picker.to == typed["to"] ?? "")
        #expect(range(query) == .standard)
    }

    @Test(arguments: [PageRange.day, .week, .month, .year, .all, .custom(from: .epoch, to: PagesFixtures.now)])
    func comesBackOutOfItsAddress(one: PageRange) {
        let address = PageAddress.address("/x", query: one.query)
        let query = address.split(separator: "?").dropFirst().first.map(String.init)
        #expect(PageRange(PageForm(query), offered: PageRange.named) == one)
    }

    @Test func boundsWhatItAsksFor() {
        #expect(PageRange.day.bounds(now: now).from == now.advanced(bySeconds: -86_400))
        #expect(PageRange.day.bounds(now: now).to == nil)
        #expect(PageRange.all.bounds(now: now).from == nil)
        #expect(PageRange.year.bounds(now: Timestamp(microseconds: 5)).from == .epoch)
        for one in PageRange.named {
            let buckets = one.buckets(now: now)
            #expect((1...64).contains(buckets.count))
            // The bucket of now is whole.
            #expect(buckets.to > now && buckets.to <= now.advanced(byMicroseconds: buckets.width))
            #expect(buckets.to.microseconds % buckets.width == 0)
        }
    }
}
