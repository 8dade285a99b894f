import ConnectorLogCore
import GRDB

/// Keeps a program off a store that it does not know: it would misread what a newer version wrote.
enum StoreVersion {
    /// That every block has: summary and detail.
    private static let partsOfBlock = 2

    /// Throws `newer` when the tables, or the blocks that were written last, are of a later version. A turned bit in either
    /// does not pass for that.
    static func check(_ db: Database) throws {
        guard try db.tableExists("grdb_migrations") else { return }
        let applied = Set(try String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations"))
        let known = Set(Schema.migrator.migrations)
        if !applied.isSubset(of: known) {
            // A newer version keeps the migrations of this one.
            guard known.isSubset(of: applied) else { throw BlockError(.value, "table grdb_migrations") }
            throw newer("its tables are")
        }
        guard try db.tableExists("block_part") else { return }
        let versions = try Row.fetchAll(
            db, sql: "SELECT substr(bytes, 1, 5) FROM block_part ORDER BY id DESC LIMIT ?",
            arguments: [partsOfBlock]
        ).map { row in
            let header = row.bytes(0)
            return header.count == 5 && header.starts(with: BlockFormat.magic) ? header[4] : 0
        }
        if let least = versions.min(), least > BlockFormat.versions.upperBound { throw newer("its blocks are") }
    }

    private static func newer(_ what: String) -> StoreError {
        StoreError(
            .newer,
            "\(StoreDatabase.fileName) was written by a newer version of connectorlog (\(what) of one): use that version, "
                + "or restore a backup made before the upgrade")
    }
}
