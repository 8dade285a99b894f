import ConnectorLogCore

extension FlowStateDeltas {
    /// Of a block of one commit.
    init(of block: StoredBlock) throws {
        var columns = EntryColumns()
        columns.teamIDs = try block.integers(.teamID)
        columns.logTimes = try block.integers(.logTime)
        columns.outcomes = try block.integers(.outcome).map { UInt8(truncatingIfNeeded: $0) }
        for field in [EntryTextField.stateID, .flowID, .flowName, .flowVersion] {
            try block.texts(field.column).decoded().append(Array(0..<block.rows), to: &columns[field])
        }
        self.init(columns)
    }
}
