/// What tells a set of rows from another, whatever the order in which they are read: how many there are, and the sums of two
/// hashes of each. Made for faults of disks, networks and programs, not against who wants two sets to look alike.
package struct CopyDigest: Hashable, Sendable {
    package private(set) var count = 0
    private var sums: [2 of UInt64] = [0, 0]
    private static let seeds: [2 of UInt64] = [0x636F_7079_2064_6967, 0x6573_7420_6F66_2072]

    package init() {}

    package mutating func add(_ row: Span<UInt8>) {
        count += 1
        for half in 0..<2 { sums[half] &+= ColumnHash.hash(row, seed: Self.seeds[half]) }
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for number in [UInt64(count), sums[0], sums[1]] {
            withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
        }
        return bytes
    }

    package static func == (a: CopyDigest, b: CopyDigest) -> Bool {
        a.count == b.count && a.sums[0] == b.sums[0] && a.sums[1] == b.sums[1]
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

/// Rows that are compared together.
package struct CopyGroup: Hashable, Comparable, Sendable {
    package var kind: CopyKind
    /// Nil where rows are of no team, or of all.
    package var teamID: Int64?
    /// Days since 1970 (UTC), of faults and entries.
    package var day: Int64?

    package init(_ kind: CopyKind, teamID: Int64? = nil, day: Int64? = nil) {
        (self.kind, self.teamID, self.day) = (kind, teamID, day)
    }

    package static func < (a: CopyGroup, b: CopyGroup) -> Bool {
        (a.kind.rawValue, a.teamID ?? 0, a.day ?? 0) < (b.kind.rawValue, b.teamID ?? 0, b.day ?? 0)
    }
}

/// What is sealed, when the copy seals it anew: in each store as it lies there.
package protocol CopySealing: Sendable {
    /// A value of the source's, sealed for the target.
    func resealed(_ item: CopySealedItem) throws(StoreError) -> [UInt8]
    /// The value itself, which is not kept.
    func opened(_ item: CopySealedItem, in side: CopySide) throws(StoreError) -> [UInt8]
}

package enum CopySealedItem: Sendable {
    case secret(SecretRecord)
    case key(CopiedSealedKey)

    package var sealed: [UInt8] {
        switch self {
        case .secret(let secret): secret.sealedValue
        case .key(let key): key.sealed
        }
    }
}

package enum CopySide: Sendable {
    case source, target
}

/// The digests of all that a store holds, group by group.
package struct CopyDigests: Sendable {
    package private(set) var groups: [CopyGroup: CopyDigest] = [:]
    private let sealing: (any CopySealing)?
    private let side: CopySide
    private var row = CanonicalRow()

    /// - Parameter sealing: nil where what is sealed has to be the same byte by byte.
    package init(_ side: CopySide, sealing: (any CopySealing)?) { (self.side, self.sealing) = (side, sealing) }

    private mutating func end(_ group: CopyGroup) {
        var digest = groups[group] ?? CopyDigest()
        digest.add(row.bytes.span)
        groups[group] = digest
        row.bytes.removeAll(keepingCapacity: true)
    }

    private func contents(_ item: CopySealedItem) throws(StoreError) -> [UInt8] {
        guard let sealing else { return item.sealed }
        return try sealing.opened(item, in: side)
    }

    package mutating func add(_ rows: CopiedRows) throws(StoreError) {
        switch rows {
        case .teams(let rows):
            for copied in rows {
                row.add(copied)
                end(CopyGroup(.teams, teamID: copied.team.id))
            }
        case .keys(let rows):
            for copied in rows {
                row.add(copied)
                end(CopyGroup(.keys, teamID: copied.key.teamID))
            }
        case .connectors(let rows):
            for copied in rows {
                row.add(copied)
                end(CopyGroup(.connectors, teamID: copied.connector.teamID))
            }
        case .secrets(let rows):
            for secret in rows {
                row.add(secret, contents: try contents(.secret(secret)))
                end(CopyGroup(.secrets, teamID: secret.teamID))
            }
        case .sealedKeys(let rows):
            for key in rows {
                row.add(key.name)
                row.add(try contents(.key(key)))
                end(CopyGroup(.sealedKeys))
            }
        case .rules(let rows):
            for rules in rows {
                row.add(rules.json)
                row.add(rules.updatedAt)
                end(CopyGroup(.rules, teamID: rules.teamID))
            }
        case .audit(let rows):
            for record in rows {
                row.add(record)
                end(CopyGroup(.audit, teamID: record.teamID))
            }
        case .erasures(let rows):
            for copied in rows {
                row.add(copied.erasure)
                end(CopyGroup(.erasures, teamID: copied.erasure.teamID))
            }
        case .answers(let rows):
            for copied in rows {
                row.add(copied)
                end(CopyGroup(.answers))
            }
        case .events(let rows):
            for event in rows {
                row.add(event.event)
                row.add(event.toldAt)
                end(CopyGroup(.events))
            }
        case .parts(let rows):
            for part in rows {
                row.add(part)
                end(CopyGroup(.parts, teamID: part.teamID))
            }
        case .states(let rows):
            for state in rows {
                row.add(state)
                end(CopyGroup(.states, teamID: state.key.teamID))
            }
        case .faults(let rows):
            for fault in rows {
                row.add(fault)
                end(CopyGroup(.faults, teamID: fault.teamID, day: Self.day(fault.occurredAt.microseconds)))
            }
        case .entries(let rows): add(rows)
        // The copy's may be greater.
        case .numbers: break
        }
    }

    private mutating func add(_ entries: CopiedEntries) {
        for number in 0..<entries.count {
            row.add(entries, number)
            end(
                CopyGroup(
                    .entries, teamID: entries.columns.teamIDs[number], day: Self.day(entries.columns.logTimes[number])))
        }
    }

    static func day(_ microseconds: Int64) -> Int64 {
        microseconds >= 0
            ? microseconds / 86_400_000_000 : (microseconds - 86_399_999_999) / 86_400_000_000
    }
}
