/// What a check of a store found.
package struct CheckReport: Sendable, Equatable {
    /// One thing that is not as it was written. Names places, never contents.
    package struct Fault: Sendable, Equatable {
        /// Nil outside of blocks.
        package var block: Int64?
        /// The number of the column in `docs/block-format.md`; nil when it is no column's.
        package var column: Int?
        /// For example `column 6`, `part 2`, `row` (of table `block`), `SQLite`, `flow states`.
        package var place: String
        package var what: String

        package init(block: Int64? = nil, column: Int? = nil, place: String, what: String) {
            (self.block, self.column, self.place, self.what) = (block, column, place, what)
        }
    }

    /// More faults are counted, but not listed.
    package static let maximumListed = 10_000

    package var blocks = 0
    /// Replaced blocks that wait for deletion; their bytes are of no use, and are not looked at.
    package var retiredBlocks = 0
    package var entries = 0
    package var bytes = 0
    package var rootFaults = 0
    package var flowStates = 0
    package private(set) var faults: [Fault] = []
    package private(set) var faultCount = 0
    /// What is no damage, but worth to know.
    package var notes: [String] = []
    /// What was not checked, and why.
    package var unchecked: [String] = []

    package init() {}

    package var isSound: Bool { faultCount == 0 }

    package mutating func add(_ fault: Fault) {
        faultCount += 1
        if faults.count < Self.maximumListed { faults.append(fault) }
    }

    mutating func add(_ error: BlockError, place: String? = nil) {
        add(Fault(place: place ?? error.place, what: place == nil ? error.reason.rawValue : error.description))
    }
}
