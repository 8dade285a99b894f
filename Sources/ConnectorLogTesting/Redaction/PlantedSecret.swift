/// A secret in a line.
package struct PlantedSecret: Sendable {
    package enum Kind: Hashable, Sendable {
        case known(KnownForm)
        case named(NamedValue)
        case shaped(SecretShape)

        package var name: String {
            switch self {
            case .known(let form): "known \(form.name)"
            case .named(let value): "named \(value.rawValue)"
            case .shaped(let shape): "shaped \(shape.rawValue)"
            }
        }
    }

    package struct Combination: Hashable, Sendable, CustomStringConvertible {
        package var kind: Kind
        package var place: PlantedPlace

        package var description: String { "\(kind.name) in \(place.rawValue)" }
    }

    package var combination: Combination
    /// What is secret, without any layer of writing; of several stretches (a PEM key's lines) all, end to end.
    package var value: String
    /// The layers of writing it lies under within its field, innermost first, beside those of its form's beginning.
    package var encodings: [SecretEncoding]
    /// All that stands for it in its field.
    package var written: String
    /// Texts of at least six bytes that stand in the field, of which no store may hold any. Where the field is
    /// compressed they stand in what it means.
    package var needles: [[UInt8]]
    /// The same secret otherwise written: by itself, and as an answer in JSON or a page in HTML would show it; of cards
    /// also with and without separators. No store may hold these either.
    package var furtherNeedles: [[UInt8]]

    package var kind: Kind { combination.kind }
    package var place: PlantedPlace { combination.place }

    init(_ combination: Combination, value: String, encodings: [SecretEncoding], written: MarkedText) {
        (self.combination, self.value, self.encodings) = (combination, value, encodings)
        self.written = written.text
        let asWritten = written.needles
        needles = asWritten.map { Array($0.utf8) }
        var further = Set(asWritten.flatMap { [SecretEncoding.json.encode($0), SecretEncoding.htmlNamed.encode($0)] })
        if case .shaped(let shape) = combination.kind {
            switch shape.family {
            case .bareCard, .groupedCard:
                let digits = String(value.unicodeScalars.filter { ("0"..."9").contains($0) }.map(Character.init))
                further.formUnion(["", " ", "-"].map { SecretShape.grouped(digits, by: $0) })
            default: break
            }
        } else {
            further.formUnion(MarkedText.pieces(of: value))
        }
        furtherNeedles = further.subtracting(asWritten).sorted().map { Array($0.utf8) }
    }
}

extension PlantedSecret.Combination {
    /// All that can be planted.
    package static func all(withCompression: Bool) -> [Self] {
        let kinds =
            KnownForm.all.map(PlantedSecret.Kind.known) + NamedValue.allCases.map(PlantedSecret.Kind.named)
            + SecretShape.allCases.map(PlantedSecret.Kind.shaped)
        let places = PlantedPlace.allCases.filter { withCompression || !$0.isCompressed }
        return kinds.flatMap { kind in
            places.map { Self(kind: kind, place: $0) }.filter(\.isPossible)
        }
    }

    private var isPossible: Bool {
        switch kind {
        case .known(let form): Self.isPossible(form, place)
        case .named(let value): Self.isPossible(value, place)
        case .shaped(let shape): Self.isPossible(shape, place)
        }
    }

    private static func isPossible(_ form: KnownForm, _ place: PlantedPlace) -> Bool {
        switch place {
        case .method, .connectorIdentifier, .traceID, .spanID: form == .raw
        case .jsonNumber: false
        case .truncatedWithin: form.canBeCut
        default: true
        }
    }

    private static func isPossible(_ value: NamedValue, _ place: PlantedPlace) -> Bool {
        switch place {
        case .uriQuery, .uriFragment, .faultURI, .stateJoinURI, .formBody:
            switch value {
            case .number, .object, .array: false
            default: true
            }
        case .requestHeader, .responseHeader, .repeatedHeader, .faultResponseHeader, .multipartBody, .xmlElement,
            .xmlAttribute:
            switch value {
            case .number, .object, .array, .escapedName: false
            default: true
            }
        // Nothing tells where a value with blanks or quotes would end.
        case .requestCookie, .setCookie, .plainText, .errorMessage, .faultMessage:
            switch value {
            case .alphanumeric, .short, .digits, .long: true
            default: false
            }
        case .jsonMember, .jsonDeep, .jsonArray, .jsonInString, .jsonInStringTwice, .jsonAsValue, .attributeNested,
            .brokenJSON, .binaryBody, .gzipBody, .deflateBody, .zstdBody, .faultResponseBody:
            true
        case .truncatedBehind: value != .object && value != .array
        case .attribute:
            switch value {
            case .object, .array, .escapedName: false
            default: true
            }
        case .unknownMember: value != .escapedName
        default: false
        }
    }

    private static func isPossible(_ shape: SecretShape, _ place: PlantedPlace) -> Bool {
        switch place {
        case .uriPath, .uriQuery, .uriFragment, .faultURI, .stateJoinURI:
            shape.family == .token || shape.family == .bareCard
        case .uriUserInfo: shape == .urlUserInfo
        case .formBody: [.token, .scheme, .bareCard].contains(shape.family)
        case .requestHeader, .responseHeader, .repeatedHeader, .faultResponseHeader, .xmlAttribute:
            shape.family != .pem
        case .jsonNumber: shape.family == .bareCard
        case .truncatedWithin: shape.family == .pem
        case .jsonName, .attributeName, .requestCookie, .setCookie, .method, .connectorIdentifier, .traceID, .spanID:
            false
        case _ where place.limit < 1000: !shape.isLong
        default: true
        }
    }
}
