/// How each place is written around a secret.
extension SecretPlanter {
    mutating func plant(_ seed: Seed, in draft: inout LineDraft) -> PlantedSecret {
        let combination = seed.combination
        switch combination.place {
        case .uriPath, .uriQuery, .uriFragment, .uriUserInfo: plantInURI(seed, &draft)
        case .requestHeader, .responseHeader, .repeatedHeader, .requestCookie, .setCookie, .faultResponseHeader:
            plantInHeader(seed, &draft)
        case .attribute, .attributeName, .attributeNested, .unknownMember: plantInAttribute(seed, &draft)
        case _ where combination.place.isEntryBody: plantInBody(seed, &draft)
        case .faultResponseBody: draft.responseBody = .init(content: .text(document(with: seed)))
        case .faultURI: draft.set("uri", .text("https://api.example.com/v1/invoke?" + parameter(seed)))
        case .stateJoinURI: draft.set("join_uri", .text("https://flow.example.com/join?" + parameter(seed)))
        default: plantInText(seed, &draft)
        }
        var written = seed.written
        // Of a URL that is a secret by its shape only the password stands in the line's own.
        if combination.place == .uriUserInfo { written.parts.removeAll { !$0.isSecret && seed.known == nil } }
        return PlantedSecret(combination, value: seed.value, encodings: seed.encodings, written: written)
    }

    // MARK: - Fields of text

    private mutating func plantInText(_ seed: Seed, _ draft: inout LineDraft) {
        let text = seed.written.text
        switch seed.combination.place {
        case .errorMessage: draft.set("error_message", .text(sentence(seed)))
        case .faultMessage: draft.set("message", .text(sentence(seed)))
        case .errorName: draft.set("error_name", .text("Refused " + text))
        case .event: draft.set("event", .text("load " + text))
        case .flowName, .faultFlowName, .stateFlowName: draft.set("flow_name", .text("Flow of " + text))
        case .flowVersion: draft.set("flow_version", .text(text))
        case .flowID: draft.set("flow_id", .text(text))
        case .stateID: draft.set("state_id", .text(text))
        case .requestID: draft.set("request_id", .text(text))
        case .method: draft.set("method", .text(text))
        case .connectorIdentifier: draft.set("connector_identifier", .text(text))
        case .traceID: draft.set("trace_id", .text(text))
        case .spanID: draft.set("span_id", .text(text))
        case .faultName: draft.set("name", .text("Fault " + text))
        case .faultKind: draft.set("kind", .text(text))
        case .faultInvokeType: draft.set("invoke_type", .text(text))
        case .faultAction: draft.set("action", .text("save " + text))
        case .faultEntryRequestID: draft.set("entry_request_id", .text(text))
        case .stateStep: draft.set("current_step", .text("Step " + text))
        case .stateUser: draft.set("user", .text(text))
        default: preconditionFailure("no field of text")
        }
    }

    private mutating func sentence(_ seed: Seed) -> String {
        let text = seed.written.text
        if case .named = seed.combination.kind {
            return switch random.number(in: 0...2) {
            case 0: "refused: \(random.pick(NamedValue.parameterNames))=\(text) is no longer valid"
            case 1: "sent\n\(random.pick(NamedValue.headerNames)): \(text)\nand got 401"
            default: #"{"error":"denied","\#(random.pick(NamedValue.jsonNames))":"\#(text)"}"#
            }
        }
        return switch random.number(in: 0...3) {
        case 0: text
        case 1: "the vendor refused \(text) as expired"
        case 2: "login with \"\(text)\" failed"
        default: "after 3 tries, last input: \(text)"
        }
    }

    // MARK: - URIs

    private mutating func plantInURI(_ seed: Seed, _ draft: inout LineDraft) {
        let text = seed.written.text
        switch seed.combination.place {
        case .uriPath: draft.path += "/\(text)/items"
        case .uriQuery: draft.query.insert(parameter(seed), at: random.number(in: 0...draft.query.count))
        case .uriFragment: draft.fragment = parameter(seed)
        default:
            // A URL by its shape brings a host of its own; only its password goes into the line's.
            if case .shaped = seed.combination.kind {
                draft.userInfo = "svc_sync:" + seed.written.secret
            } else {
                draft.userInfo = "svc_sync:" + text
            }
        }
    }

    /// `name=value`.
    private mutating func parameter(_ seed: Seed) -> String {
        let text = seed.written.text
        guard case .named(let value) = seed.combination.kind else {
            return random.pick(["q", "ref", "filter", "state", "input"]) + "=" + text
        }
        let name = random.pick(NamedValue.parameterNames)
        return (value == .escapedName ? escaped(name, by: .percentAllUpper) : name) + "=" + text
    }

    /// A name one letter of which is an escape.
    private mutating func escaped(_ name: String, by encoding: SecretEncoding) -> String {
        let letters = Array(name)
        let place = random.number(in: 0...letters.count - 1)
        return String(letters[..<place]) + encoding.encode(String(letters[place])) + String(letters[(place + 1)...])
    }

    // MARK: - Headers

    private mutating func plantInHeader(_ seed: Seed, _ draft: inout LineDraft) {
        let text = seed.written.text
        let isNamed = if case .named = seed.combination.kind { true } else { false }
        var name = random.pick(isNamed ? NamedValue.headerNames : ["X-Debug-Info", "Referer", "X-Note", "Location"])
        var value = text
        if name.lowercased().hasSuffix("authorization"), random.chance(60) {
            value = random.pick(["Bearer ", "token ", "Basic ", "ApiKey "]) + text
        }
        switch seed.combination.place {
        case .requestHeader: draft.requestHeaders.append(.init(name, .text(value)))
        case .responseHeader, .faultResponseHeader: draft.responseHeaders.append(.init(name, .text(value)))
        case .repeatedHeader:
            name = isNamed ? "X-Access-Token" : "Via"
            draft.requestHeaders.append(.init(name, ["first", .text(text)]))
        case .requestCookie:
            let cookie = isNamed ? random.pick(NamedValue.cookieNames) : "prefs"
            draft.requestHeaders.append(.init("Cookie", .text("theme=dark; \(cookie)=\(text); lang=de")))
        default:
            let cookie = isNamed ? random.pick(NamedValue.cookieNames) : "prefs"
            draft.responseHeaders.append(
                .init("Set-Cookie", ["lang=de; Path=/", .text("\(cookie)=\(text); Path=/; HttpOnly; Secure")]))
        }
    }

    // MARK: - Attributes

    private mutating func plantInAttribute(_ seed: Seed, _ draft: inout LineDraft) {
        let text = seed.written.text
        switch seed.combination.place {
        case .attributeName: draft.attributes.append(.init(text, "seen"))
        case .attributeNested: draft.attributes.append(.init("payload", .text(document(with: seed))))
        default:
            var member = TrafficJSON.Member("note", .text(text))
            if case .named(let value) = seed.combination.kind {
                // The line's own JSON is undone before anything is stored.
                member = .init(
                    random.pick(NamedValue.jsonNames), self.value(value, leaf: SecretEncoding.json.encode(text)))
            }
            if seed.combination.place == .attribute {
                draft.attributes.append(member)
            } else {
                if case .named = seed.combination.kind {} else { member.escapedName = "x_debug_note" }
                draft.members.append(member)
            }
        }
    }

    // MARK: - JSON

    /// The member that holds the secret, in the innermost document.
    mutating func member(with seed: Seed) -> TrafficJSON.Member {
        let leaf = seed.leaf
        switch seed.combination.kind {
        case .named(let value):
            let name = random.pick(NamedValue.jsonNames)
            return .init(
                escapedName: value == .escapedName ? escaped(name, by: .jsonUnicodeLower) : name,
                self.value(value, leaf: leaf))
        case .known, .shaped:
            if seed.combination.place == .jsonName { return .init(escapedName: leaf, ["seen": 3]) }
            if seed.combination.place == .jsonNumber { return .init("number", .literal(leaf)) }
            let name = random.pick(["note", "value", "data", "comment", "input", "text"])
            return .init(
                name,
                .escapedText(
                    random.pick([
                        leaf, leaf, "sent \(leaf) twice", "see \(leaf)", "it was '\(leaf)', they say",
                    ])))
        }
    }

    private func value(_ value: NamedValue, leaf: String) -> TrafficJSON {
        switch value {
        case .number: .literal(leaf)
        case .object: ["user": "api", "value": .escapedText(leaf), "version": 2]
        case .array: ["first", .escapedText(leaf)]
        default: .escapedText(leaf)
        }
    }

    /// A document around the secret, and as many around that as the place says.
    mutating func document(with seed: Seed) -> String {
        let member = member(with: seed)
        var document: TrafficJSON
        switch seed.combination.place {
        case .jsonDeep:
            document = ["result": ["items": [["id": 7, "links": []], ["settings": ["inner": .object([member])]]]]]
        case .jsonArray: document = [["id": 1], .object([.init("id", 2), member]), ["id": 3]]
        default: document = .object([.init("id", 4711), .init("name", "Zürich"), member, .init("active", true)])
        }
        for level in 0..<max(0, seed.combination.place.jsonDepth - 1) {
            document = ["event": "order.created", "level": .literal(String(level)), "body": .text(document.written())]
        }
        return document.written(random.pick(TrafficJSON.Style.allCases))
    }
}
