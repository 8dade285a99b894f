package import ConnectorLogCore

/// Batches and records for tests.
package enum Fixtures {
    /// What the path of an entry makes of these: redacted, in this order.
    package static func batch(
        _ entries: [SampleEntry] = [], faults: [RootFault] = [], states: [StateChange] = [],
        bodyLimit: Int = Limits.bodyBytes
    ) -> RedactedBatch {
        var builder = RedactingBatchBuilder(book: redactionBook(), bodyLimit: bodyLimit)
        for entry in entries { builder.append(entry) }
        for fault in faults { builder.append(fault) }
        for state in states { builder.append(state) }
        return builder.finish()
    }

    /// A book without secrets and rules, whose placeholders are always the same.
    package static func redactionBook() -> RedactionBook {
        RedactionBook(placeholderKey: Array(0..<32))
    }

    /// What that book leaves in the place of a value.
    package static func placeholder(of value: String, team: Int64) -> String {
        Array(value.utf8).withUnsafeBytes {
            Placeholders(key: Array(0..<32), team: team).placeholder(for: $0).text
        }
    }

    /// A fault whose id the store will assign.
    package static func fault(
        team: Int64, at occurredAt: Timestamp, name: String = "Bad Gateway", state: String? = nil
    ) -> RootFault {
        var fault = RootFault(
            id: EntryID(high: 0, low: 0), teamID: team, occurredAt: occurredAt, name: name)
        fault.stateID = state
        return fault
    }

    package static func change(
        team: Int64, state: String, at updatedAt: Timestamp, status: FlowState.Status? = nil, flow: String? = nil
    ) -> StateChange {
        var change = StateChange(teamID: team, stateID: state, updatedAt: updatedAt)
        change.status = status
        change.flowID = flow
        return change
    }

    package static func key(
        _ id: String, team: Int64?, role: Role = .viewer, at createdAt: Timestamp, expiresAt: Timestamp? = nil
    ) -> APIKey {
        APIKey(
            id: id, teamID: team, name: "Key \(id)", role: role, prefix: "clk_test", createdAt: createdAt,
            expiresAt: expiresAt)
    }

    package static func connector(
        _ identifier: String, team: Int64, at createdAt: Timestamp, json: String = "{}"
    ) -> Connector {
        Connector(
            identifier: identifier, teamID: team, name: "Connector \(identifier)", description: nil, logoName: nil,
            createdAt: createdAt, updatedAt: createdAt,
            configuration: Connector.Configuration(
                version: 1, json: json, createdAt: createdAt, updatedAt: createdAt))
    }

    /// 32 bytes in the place of a SHA-256, different for each number.
    package static func digest(_ number: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: number)
        return (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}

extension String {
    /// With `[redacted]` in the place of every placeholder: for tests to which it does not matter which one it is.
    package var withPlainPlaceholders: String {
        var rest = self[...]
        var plain = ""
        while let range = rest.firstRange(of: /\[secret:[0-9a-z]{6}\]/) {
            plain += rest[..<range.lowerBound] + "[redacted]"
            rest = rest[range.upperBound...]
        }
        return plain + rest
    }
}
