/// Why a copy ended before it was done. Names places, never contents.
package struct CopyFailure: Error, Sendable {
    package enum Reason: Sendable {
        /// Reading from the store that is copied failed.
        case source(StoreError)
        /// Writing to the copy failed, or reading it back.
        case target(StoreError)
        /// What is sealed in the source does not open, or not with the key that was given.
        case sealing(StoreError)
        /// The target holds what is no part of this copy.
        case occupied
        /// The source is not as it was when the copy began.
        case sourceChanged
        /// Groups of rows that are not the same in both.
        case different([CopyDifference])
        /// What the copy holds twice and not alike.
        case contradictory([String])
        /// Its task was cancelled.
        case stopped
    }

    package var reason: Reason

    package init(_ reason: Reason) { self.reason = reason }
}

/// A group of rows that is not the same in the source and in the copy.
package struct CopyDifference: Hashable, Sendable, CustomStringConvertible {
    package var group: CopyGroup
    /// Rows.
    package var source: Int
    package var target: Int

    package init(_ group: CopyGroup, source: Int, target: Int) {
        (self.group, self.source, self.target) = (group, source, target)
    }

    /// `entries of team 1, 2026-11-21: 500 rows, of which the copy has 499`.
    package var description: String {
        var text = group.kind.name
        if let team = group.teamID { text += " of team \(team)" }
        if let day = group.day {
            text += ", " + Timestamp(microseconds: day * 86_400_000_000).description.prefix(10)
        }
        return source == target
            ? text + ": \(source) rows in both, but not the same"
            : text + ": \(source) rows, of which the copy has \(target)"
    }
}
