import ConnectorLogCore

/// The attributes of one record or resource, found by name in one pass.
struct AttributeIndex {
    typealias Text = UnsafeRawBufferPointer

    struct Header {
        var name: Text
        var value: OTLPValue?
    }

    private(set) var requestHeaders: [Header] = []
    private(set) var responseHeaders: [Header] = []
    /// Those that no field of a record has, in their order.
    private(set) var others: [OTLPAttribute] = []
    private var known = [OTLPValue?](repeating: nil, count: KnownAttribute.allCases.count)
    private var present: UInt64 = 0
    private(set) var count = 0

    private static let requestHeader = Array("http.request.header.".utf8)
    private static let responseHeader = Array("http.response.header.".utf8)

    init() {}

    /// Of a message in which they are the fields of this number.
    init(_ message: Text, field number: UInt64) throws(WireReader.Malformed) {
        var reader = WireReader(message)
        while let field = try reader.next() {
            if field.number == number, case .bytes(let attribute) = field.value { try add(attribute) }
        }
    }

    /// Of a resource: what names things, and what tells deployments apart. The rest is the same in every record and tells of the
    /// process. Each record reads it again, so only short single values count.
    static func ofResource(_ message: Text) throws(WireReader.Malformed) -> AttributeIndex {
        var index = try AttributeIndex(message, field: 1)
        let kept: [StaticString] = [
            "service.version", "service.namespace", "deployment.environment", "deployment.environment.name",
        ]
        index.others.removeAll { attribute in
            !Self.isShort(attribute.value) || !kept.contains { attribute.name.isEqual($0) }
        }
        index.requestHeaders.removeAll()
        index.responseHeaders.removeAll()
        for known in KnownAttribute.allCases where !Self.isShort(index.known[Int(known.rawValue)]) {
            index.known[Int(known.rawValue)] = nil
        }
        return index
    }

    private static func isShort(_ value: OTLPValue?) -> Bool {
        switch value {
        case .text(let text): text.count <= Limits.name * 4
        case .flag, .whole, .real: true
        case .list, .map, .bytes, nil: false
        }
    }

    mutating func removeAll() {
        requestHeaders.removeAll(keepingCapacity: true)
        responseHeaders.removeAll(keepingCapacity: true)
        others.removeAll(keepingCapacity: true)
        present = 0
        count = 0
    }

    /// Takes an attribute. Past `OTLPLimits.attributes` they are only counted.
    mutating func add(_ message: Text) throws(WireReader.Malformed) {
        let attribute = try OTLPAttribute(message)
        count += 1
        if let known = KnownAttributeIndex.shared.find(attribute.name) {
            present |= 1 << UInt64(known.rawValue)
            self.known[Int(known.rawValue)] = attribute.value
            if known.staysAttribute, count <= OTLPLimits.attributes { others.append(attribute) }
            return
        }
        guard count <= OTLPLimits.attributes else { return }
        if let name = Self.rest(of: attribute.name, behind: Self.requestHeader) {
            requestHeaders.append(Header(name: name, value: attribute.value))
        } else if let name = Self.rest(of: attribute.name, behind: Self.responseHeader) {
            responseHeaders.append(Header(name: name, value: attribute.value))
        } else {
            others.append(attribute)
        }
    }

    private static func rest(of name: Text, behind prefix: [UInt8]) -> Text? {
        guard name.count > prefix.count, name.starts(with: prefix) else { return nil }
        return Text(rebasing: name[prefix.count...])
    }

    func has(_ known: KnownAttribute) -> Bool { present >> UInt64(known.rawValue) & 1 == 1 }

    /// Nil when it is absent or null.
    subscript(_ known: KnownAttribute) -> OTLPValue? {
        has(known) ? self.known[Int(known.rawValue)] : nil
    }

    /// The stable name's, else the old one's.
    subscript(_ name: KnownAttribute, _ old: KnownAttribute) -> OTLPValue? {
        self[name] ?? self[old]
    }
}
