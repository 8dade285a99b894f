import CPostgres

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension PostgresConnection {
    func listen(to channel: String) throws {
        try command("LISTEN \(channel)", at: "listen(to:)")
    }

    /// Waits until a notification comes, `alarm` can be read, or the time is over.
    /// - Returns: whether a notification came.
    func waitForNotification(milliseconds: Int32, alarm: Int32) throws(PostgresError) -> Bool {
        if takeNotifications() { return true }
        var descriptors = [
            pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0),
            pollfd(fd: alarm, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&descriptors, 2, milliseconds) > 0, descriptors[0].revents != 0 else { return false }
        guard PQconsumeInput(handle) == 1 else {
            markBroken()
            throw PostgresError(.broken, at: "waitForNotification(milliseconds:alarm:)")
        }
        return takeNotifications()
    }

    private func takeNotifications() -> Bool {
        var hasAny = false
        while let notification = PQnotifies(handle) {
            hasAny = true
            PQfreemem(notification)
        }
        return hasAny
    }
}
