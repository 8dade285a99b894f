/// Makes lines of the flat form with secrets in them, of every kind, in every form, at every place, again and again:
/// each combination occurs once before any occurs twice, but for those passed over to fill a line.
package struct SecretPlanter: Sendable {
    package enum ContentCoding: String, Sendable { case gzip, deflate, zstd }
    package typealias Compress = @Sendable (ContentCoding, [UInt8]) -> [UInt8]

    /// All that can occur as known: to be registered first.
    package let known: [PlantedKnownSecret]
    package let combinations: [PlantedSecret.Combination]
    /// What found no secret that fits; a test holds it to none.
    package private(set) var unplanted: Set<PlantedSecret.Combination> = []

    var random: SeededRandom
    let compress: Compress?
    private var queue: [PlantedSecret.Combination] = []
    // The shortest first.
    private let teamWide: [PlantedKnownSecret]
    private let byConnector: [String: [PlantedKnownSecret]]

    /// - Parameter compress: makes the bodies that come with a content coding; without it there are none.
    package init(seed: UInt64, compress: Compress? = nil) {
        random = SeededRandom(seed: seed)
        self.compress = compress
        let known = PlantedKnownSecret.make(&random)
        let byLength = known.sorted { $0.value.utf8.count < $1.value.utf8.count }
        let teamWide = byLength.filter { $0.connector == nil }
        self.known = known
        self.teamWide = teamWide
        byConnector = Dictionary(
            uniqueKeysWithValues: PlantedKnownSecret.connectors.map { connector in
                (connector, byLength.filter { $0.connector == nil || $0.connector == connector })
            })
        combinations = PlantedSecret.Combination.all(withCompression: compress != nil)
    }

    package mutating func next() -> PlantedLine {
        while true {
            if let line = line(with: takeCombinations()) { return line }
        }
    }

    // MARK: - What comes together in a line

    /// One to five that go into one line.
    private mutating func takeCombinations() -> [PlantedSecret.Combination] {
        if queue.isEmpty { queue = combinations.shuffled(using: &random) }
        var taken = [queue.removeLast()]
        let count = random.number(in: 1...5)
        var at = queue.count - 1
        // What does not fit is passed over, not far.
        let end = max(-1, at - 40)
        while at > end, taken.count < count {
            if fits(queue[at].place, beside: taken) { taken.append(queue.remove(at: at)) }
            at -= 1
        }
        return taken
    }

    private func fits(_ place: PlantedPlace, beside taken: [PlantedSecret.Combination]) -> Bool {
        let bodies = taken.count { $0.place.isEntryBody } + (place.isEntryBody ? 1 : 0)
        return bodies <= 2
            && taken.allSatisfy {
                $0.place != place && $0.place.line == place.line && $0.place != .connectorIdentifier
                    && place != .connectorIdentifier && !($0.place.isCompressed && place.isCompressed)
            }
    }

    private mutating func line(with combinations: [PlantedSecret.Combination]) -> PlantedLine? {
        let kind = combinations[0].place.line
        let isAlone = combinations[0].place == .connectorIdentifier
        var draft = LineDraft(kind, connector: isAlone ? nil : random.pick(PlantedKnownSecret.connectors), &random)
        // A state belongs to no connector, and one whose identifier is a secret has none of its own.
        let candidates = draft.connector.flatMap { byConnector[$0] } ?? teamWide
        var secrets: [PlantedSecret] = []
        var known: [PlantedKnownSecret] = []
        for combination in combinations {
            guard let seed = seed(of: combination, among: candidates) else {
                unplanted.insert(combination)
                continue
            }
            secrets.append(plant(seed, in: &draft))
            if let secret = seed.known, !known.contains(secret) { known.append(secret) }
        }
        guard !secrets.isEmpty else { return nil }
        return PlantedLine(
            secrets: secrets, known: known, connector: isAlone ? secrets[0].value : draft.connector, draft: draft)
    }

    // MARK: - What is planted

    /// A secret on its way into a line.
    struct Seed {
        var combination: PlantedSecret.Combination
        var known: PlantedKnownSecret?
        var value: String
        var encodings: [SecretEncoding]
        /// Under no layer.
        var text: MarkedText

        /// As it stands in the field.
        var written: MarkedText { text.encoded(encodings) }
        /// As it stands in the innermost JSON: each document around it adds a layer when it is written.
        var leaf: String { text.encoded(encodings.dropLast(max(0, combination.place.jsonDepth - 1))).text }

        init(_ combination: PlantedSecret.Combination, _ text: MarkedText, form: [SecretEncoding] = []) {
            let own = combination.place.encodings(for: combination.kind)
            // Where the form ends in what the place asks for, the place has what it asks for.
            let family = own.first?.family
            let shared = min(
                form.reversed().prefix { $0.family == family }.count, own.prefix { $0.family == family }.count)
            (self.combination, self.text, value) = (combination, text, text.secret)
            encodings = form + own.dropFirst(shared)
        }

        var fits: Bool {
            let written = written.text
            // Printable characters at most double.
            return 2 * written.utf8.count <= combination.place.limit
                || SecretEncoding.json.encode(written).utf8.count <= combination.place.limit
        }
    }

    private mutating func seed(
        of combination: PlantedSecret.Combination, among candidates: [PlantedKnownSecret]
    ) -> Seed? {
        switch combination.kind {
        case .known(let form): return knownSeed(form, combination, candidates)
        case .named(let value): return Seed(combination, .secret(value.make(&random)))
        case .shaped(let shape):
            for _ in 0..<20 {
                var text = shape.make(&random)
                if combination.place == .truncatedWithin { text.parts.removeLast(text.parts.count - 7) }
                // PHP escapes slashes, others do not.
                let form: [SecretEncoding] = combination.place.jsonDepth > 0 && random.chance(50) ? [.jsonSlash] : []
                let seed = Seed(combination, text, form: form)
                if seed.fits { return seed }
            }
            return nil
        }
    }

    private mutating func knownSeed(
        _ form: KnownForm, _ combination: PlantedSecret.Combination, _ candidates: [PlantedKnownSecret]
    ) -> Seed? {
        let candidates = candidates.filter { secret in
            (secret.ignoresCase || !form.changesCase) && Self.canStand(secret, at: combination.place)
        }
        var fallback: Seed?
        // One that looks otherwise in this form is better; the shortest ones fit if any do.
        for number in 0..<43 {
            guard !candidates.isEmpty else { return nil }
            let secret = number < 40 ? random.pick(candidates) : candidates[(number - 40) % candidates.count]
            var value = secret.value
            if combination.place == .truncatedWithin {
                let count = random.number(in: 12...value.unicodeScalars.count - 1)
                value = String(String.UnicodeScalarView(value.unicodeScalars.prefix(count)))
            }
            var seed = Seed(combination, form.begin(value, &random), form: form.encodings)
            (seed.value, seed.known) = (value, secret)
            guard seed.fits else { continue }
            if form.encodings.isEmpty || seed.text.encoded(form.encodings).text != seed.text.text { return seed }
            fallback = fallback ?? seed
        }
        return fallback
    }

    private static func canStand(_ secret: PlantedKnownSecret, at place: PlantedPlace) -> Bool {
        switch place {
        case .traceID: secret.alphabet == .traceID
        case .spanID: secret.alphabet == .spanID
        case .method, .connectorIdentifier:
            [.alphanumeric, .uuid, .hexadecimal, .traceID, .spanID].contains(secret.alphabet)
        case .truncatedWithin: secret.value.unicodeScalars.count >= 20
        default: true
        }
    }
}
