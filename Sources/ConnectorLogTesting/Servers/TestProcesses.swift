package import Foundation
import Synchronization

/// Servers and programs that tests start.
package enum TestProcesses {
    private static let start = Mutex(())

    /// One behind the other: Foundation hears of a process's end by a socket, which one that is started at the same moment
    /// would inherit, and keep open for as long as it lives.
    package static func run(_ process: Process) throws {
        try start.withLock { _ in try process.run() }
    }
}
