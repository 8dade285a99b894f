import ConnectorLogCore

/// Times as tables show them; the columns' titles say that they are UTC.
enum DisplayTime {
    /// `2026-01-31 12:00:00.123`: milliseconds are enough to tell calls apart by eye.
    static func milliseconds(_ time: Timestamp) -> String {
        String(time.description.prefix(23)).replacing("T", with: " ")
    }

    /// `2026-01-31 12:00:00`.
    static func seconds(_ time: Timestamp) -> String {
        String(time.description.prefix(19)).replacing("T", with: " ")
    }
}
