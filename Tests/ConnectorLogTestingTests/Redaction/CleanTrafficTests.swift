import ConnectorLogTesting
import Foundation
import Testing

@Suite struct CleanTrafficTests {
    private static func lines(seed: UInt64, count: Int) -> [CleanTraffic.Line] {
        var traffic = CleanTraffic(seed: seed)
        return (0..<count).map { _ in traffic.next() }
    }

    @Test func sameSeedGivesSameLines() {
        #expect(Self.lines(seed: 1, count: 100).map(\.json) == Self.lines(seed: 1, count: 100).map(\.json))
        #expect(Self.lines(seed: 1, count: 100).map(\.json) != Self.lines(seed: 2, count: 100).map(\.json))
    }

    @Test func linesAreOfTheFlatForm() throws {
        for line in Self.lines(seed: 3, count: 1000) {
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line.json.utf8)) as? [String: Any], "\(line.json)")
            #expect(!line.json.contains("\n"))
            let identifier = try #require(object["connector_identifier"] as? String)
            #expect(identifier.wholeMatch(of: /[A-Za-z0-9_-]{1,100}/) != nil)
            #expect((object["uri"] as? String ?? "").unicodeScalars.count <= 8192)
            #expect(line.fields >= 8)
            for side in ["request", "response"] where object[side + "_body_encoding"] != nil {
                #expect(Data(base64Encoded: try #require(object[side + "_body"] as? String)) != nil)
            }
        }
    }

    /// Bodies that say that they are JSON are.
    @Test func bodiesOfJSONAreJSON() throws {
        for line in Self.lines(seed: 4, count: 500) {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.json.utf8)) as? [String: Any])
            for side in ["request", "response"] {
                guard let text = object[side + "_body"] as? String, text.hasPrefix("{") || text.hasPrefix("[") else {
                    continue
                }
                #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
            }
        }
    }

    @Test func everyVendorOccurs() {
        #expect(CleanTraffic.vendorNames.count >= 30)
        #expect(Set(CleanTraffic.vendorNames).count == CleanTraffic.vendorNames.count)
        #expect(Set(Self.lines(seed: 5, count: 100).map(\.vendor)) == Set(CleanTraffic.vendorNames))
    }

    /// Prefixes that vendors give to secrets, with as much behind them as theirs have: none is here.
    @Test func nothingHasTheFormOfASecret() throws {
        let forms = try [
            "eyJ[A-Za-z0-9_-]{8,}\\.eyJ", "PRIVATE KEY-----", "(AKIA|ASIA)[A-Z2-7]{16}", "gh[pousr]_[A-Za-z0-9]{36}",
            "github_pat_", "xox[abp]-", "xapp-", "(sk|rk)_(live|test)_", "whsec_", "AIza[A-Za-z0-9_-]{35}",
            "ya29\\.", "SG\\.[A-Za-z0-9_-]{22}\\.", "SK[0-9a-f]{32}", "npm_[A-Za-z0-9]{36}", "glpat-", "shpat_",
            "sk-[A-Za-z0-9_-]{20,}", "(?i)\\bbearer [A-Za-z0-9._~+/-]{20,}", "(?i)\\bbasic [A-Za-z0-9+/]{16,}",
            "://[^/\"?#\\s\\\\]*@", "(?i)set-cookie\"|\"cookie\"|www-authenticate",
            "(?i)password[\\\\\"]*[:=] *[\\\\\"]",
        ].map { try NSRegularExpression(pattern: $0) }
        for line in Self.lines(seed: 6, count: 600) {
            for form in forms {
                let range = NSRange(line.json.startIndex..., in: line.json)
                let match = form.firstMatch(in: line.json, range: range)
                    .map { (line.json as NSString).substring(with: $0.range) }
                #expect(match == nil, "\(form.pattern)")
            }
        }
    }

    /// What is left to a rule that goes by the number alone: of digits that stand alone, those that could be a card's.
    /// A rule has to do better than that to err at most once in ten thousand fields.
    @Test func fewNumbersCouldBeCards() {
        let lines = Self.lines(seed: 7, count: 4000)
        var (fields, cards, runs) = (0, 0, 0)
        for line in lines {
            fields += line.fields
            for run in line.json.utf8.split(whereSeparator: { !(48...57).contains($0) }) where run.count >= 13 {
                runs += 1
                if Self.couldBeCard(Array(run)) { cards += 1 }
            }
        }
        #expect(fields > 100_000)
        #expect(runs > 5000)
        #expect(Double(cards) / Double(fields) < 0.001, "\(cards) of \(runs) long numbers in \(fields) fields")
    }

    private static func couldBeCard(_ digits: [UInt8]) -> Bool {
        let text = String(decoding: digits, as: UTF8.self)
        let isIssued =
            switch digits.count {
            case 15: text.hasPrefix("34") || text.hasPrefix("37")
            case 16:
                text.hasPrefix("4") || ("51"..."55").contains(text.prefix(2))
                    || ("2221"..."2720").contains(text.prefix(4))
                    || text.hasPrefix("6011") || text.hasPrefix("65")
            default: false
            }
        let sum = digits.reversed().enumerated().reduce(0) { sum, element in
            let digit = Int(element.element) - 48
            guard element.offset % 2 == 1 else { return sum + digit }
            return sum + (2 * digit > 9 ? 2 * digit - 9 : 2 * digit)
        }
        return isIssued && sum % 10 == 0
    }
}
