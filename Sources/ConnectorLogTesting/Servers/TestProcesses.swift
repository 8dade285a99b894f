package import Foundation
import Synchronization

/// Servers that tests start, and that must not outlive them.
package enum TestProcesses {
    private static let running = Mutex<[(process: Process, directory: URL)]>([])
    /// Registered once.
    private static let atEnd: Void = { atexit { TestProcesses.endAll() } }()

    /// Ends the process, and removes the directory, when this one ends.
    package static func endWithThisOne(_ process: Process, _ directory: URL) {
        _ = atEnd
        running.withLock { $0.append((process, directory)) }
    }

    private static func endAll() {
        for (process, directory) in running.withLock({ $0 }) {
            kill(process.processIdentifier, SIGKILL)
            try? FileManager.default.removeItem(at: directory)
        }
    }
}
