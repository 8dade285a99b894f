import ConnectorLogTesting
import Foundation
import Testing

/// The harness on trial: what it says it planted has to be there, or a test that finds nothing proves nothing.
@Suite struct SecretPlanterTests {
    /// Not a compression, but something that hides and can be undone.
    private static let flip: SecretPlanter.Compress = { _, bytes in bytes.map { $0 ^ 0xA5 } }

    private static func planter(seed: UInt64) -> SecretPlanter { SecretPlanter(seed: seed, compress: flip) }

    /// The line's strings, names and bodies as a decoder gives them; and the line itself, for bodies that are JSON.
    private static func contents(_ line: PlantedLine) throws -> [[UInt8]] {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.json.utf8)) as? [String: Any])
        var contents = [Array(line.json.utf8)]
        func visit(_ value: Any) {
            switch value {
            case let text as String: contents.append(Array(text.utf8))
            case let list as [Any]: list.forEach(visit)
            case let object as [String: Any]:
                for (name, value) in object {
                    contents.append(Array(name.utf8))
                    visit(value)
                }
            default: break
            }
        }
        visit(object)
        for name in ["request", "response"] where object[name + "_body_encoding"] as? String == "base64" {
            let text = try #require(object[name + "_body"] as? String)
            let headers = try #require(object[name + "_headers"] as? [String: Any])
            let bytes = try [UInt8](#require(Data(base64Encoded: text)))
            contents.append(headers["Content-Encoding"] == nil ? bytes : flip(.gzip, bytes))
        }
        return contents
    }

    @Test func sameSeedGivesSameLines() {
        var (first, second, other) = (Self.planter(seed: 1), Self.planter(seed: 1), Self.planter(seed: 2))
        #expect(first.known == second.known)
        let lines = (0..<200).map { _ in first.next().json }
        #expect(lines == (0..<200).map { _ in second.next().json })
        #expect(lines != (0..<200).map { _ in other.next().json })
    }

    /// With the redactor off all are found: in small.
    @Test(arguments: [3, 4] as [UInt64]) func everyNeedleIsInItsLine(seed: UInt64) throws {
        var planter = Self.planter(seed: seed)
        for _ in 0..<3000 {
            let line = planter.next()
            let contents = try Self.contents(line)
            #expect(!line.json.contains("\n") && line.json.utf8.count < 1 << 20)
            for secret in line.secrets {
                #expect(!secret.needles.isEmpty, "\(secret.combination)")
                let search = NeedleSearch(secret.needles)
                let found = contents.reduce(into: Set<Int>()) { $0.formUnion(search.occurring(in: $1)) }
                #expect(
                    found.count == secret.needles.count,
                    "\(secret.combination): \(secret.written) in \(line.json.prefix(3000))")
            }
        }
    }

    /// No needle is in what surrounds it: a line without secrets would not be taken for one with them.
    @Test func needlesAreInNoOtherLine() throws {
        var planter = Self.planter(seed: 5)
        // Known secrets come again and again; the others are made for one line.
        let lines = (0..<1500).map { _ in planter.next() }
        let mine = lines.map { line in
            line.secrets.filter { if case .known = $0.kind { false } else { true } }.flatMap(\.needles)
        }
        let search = NeedleSearch(mine.flatMap { $0 })
        var first = 0
        for (line, needles) in zip(lines, mine) {
            let found = try Self.contents(line).reduce(into: Set<Int>()) { $0.formUnion(search.occurring(in: $1)) }
            let foreign = found.filter { !(first..<first + needles.count).contains($0) }
                .map { String(decoding: search.needles[$0], as: UTF8.self) }
            #expect(foreign == [])
            first += needles.count
        }
    }

    @Test func everyCombinationOccursInTenThousandLines() {
        var planter = Self.planter(seed: 6)
        var missing = Set(planter.combinations)
        var planted = 0
        for _ in 0..<10_000 {
            let secrets = planter.next().secrets
            planted += secrets.count
            for secret in secrets { missing.remove(secret.combination) }
        }
        #expect(missing.isEmpty, "\(missing.count): \(missing.prefix(20))")
        #expect(planter.unplanted.isEmpty, "\(planter.unplanted.prefix(20))")
        #expect(planted > 20_000)
    }

    @Test func everyKindFormAndPlaceIsCombined() {
        let all = PlantedSecret.Combination.all(withCompression: true)
        #expect(Set(all).count == all.count)
        #expect(Set(all.map(\.place)) == Set(PlantedPlace.allCases))
        let kinds = Set(all.map(\.kind))
        #expect(kinds.count == KnownForm.all.count + NamedValue.allCases.count + SecretShape.allCases.count)
        #expect(Set(KnownForm.all.map(\.name)).count == KnownForm.all.count)
        #expect(PlantedSecret.Combination.all(withCompression: false).allSatisfy { !$0.place.isCompressed })
    }

    @Test func knownSecretsAreTheLinesOwn() {
        var planter = Self.planter(seed: 7)
        #expect(planter.known.count == 200)
        #expect(Set(planter.known.map(\.value)).count == 200)
        #expect(planter.known.count { $0.connector == nil } == 50)
        #expect(planter.known.contains { $0.ignoresCase })
        #expect(planter.known.allSatisfy { $0.value.utf8.count >= 8 && !$0.value.hasPrefix(" ") })
        for _ in 0..<1000 {
            let line = planter.next()
            for secret in line.secrets {
                guard case .known(let form) = secret.kind else { continue }
                let known = line.known.filter {
                    $0.value == secret.value
                        || secret.place == .truncatedWithin && $0.value.utf8.starts(with: secret.value.utf8)
                }
                #expect(known.count == 1)
                #expect(secret.value.utf8.count >= 8)
                if form.name == "uppercased" { #expect(known[0].ignoresCase && secret.value != secret.written) }
            }
            #expect(line.known.allSatisfy { $0.connector == nil || $0.connector == line.connector })
        }
    }

    @Test func needlesAreLongEnough() {
        var planter = Self.planter(seed: 8)
        for _ in 0..<1000 {
            for secret in planter.next().secrets {
                #expect((secret.needles + secret.furtherNeedles).allSatisfy { $0.count >= 6 }, "\(secret.combination)")
            }
        }
    }

    /// What RFC 3339, RFC 9110 and the flat form ask of fields with a form of their own.
    @Test func fieldsKeepTheirFormAndLength() throws {
        var planter = Self.planter(seed: 9)
        let short = [
            "event", "request_id", "flow_id", "flow_name", "flow_version", "state_id", "error_name", "name", "kind",
            "invoke_type", "action", "entry_request_id", "current_step", "user",
        ]
        for _ in 0..<3000 {
            let line = planter.next()
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line.json.utf8)) as? [String: Any])
            func length(_ name: String) -> Int { (object[name] as? String ?? "").unicodeScalars.count }
            for name in short { #expect(length(name) <= 255, "\(name)") }
            #expect(length("uri") <= 8192 && length("join_uri") <= 8192 && length("method") <= 32)
            #expect(length("error_message") <= 16_384 && length("message") <= 16_384)
            if let attributes = object["attributes"] {
                #expect(try JSONSerialization.data(withJSONObject: attributes).count <= 6000)
            }
            if let identifier = object["connector_identifier"] as? String {
                #expect(identifier.wholeMatch(of: /[A-Za-z0-9_-]{1,100}/) != nil)
            }
            if let trace = object["trace_id"] as? String { #expect(trace.wholeMatch(of: /[0-9a-f]{32}/) != nil) }
            if let span = object["span_id"] as? String { #expect(span.wholeMatch(of: /[0-9a-f]{16}/) != nil) }
            if let method = object["method"] as? String { #expect(method.wholeMatch(of: /[A-Za-z0-9-]+/) != nil) }
        }
    }
}
