import ConnectorLogCore
import ConnectorLogIngest
import Logging
import ServiceLifecycle

/// Puts the parts of calls together as they come, and once a second those that have waited long enough, until the server
/// stops. What waits then is put together after the next start.
package struct CallJoinService: Service {
    private static let pause = Duration.seconds(1)
    /// What fails now, on a full disk say, fails again at once: no busy loop, no flood in the log.
    private static let pauseAfterFailure = Duration.seconds(5)

    private let environment: ServerEnvironment

    package init(environment: ServerEnvironment) {
        self.environment = environment
    }

    package func run() async {
        let joiner = environment.dependencies.boomi.joiner
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    while !Task.isCancelled {
                        joiner.wake()
                        try? await Task.sleep(for: Self.pause)
                    }
                }
                for await _ in joiner.signals { await join(joiner) }
                group.cancelAll()
            }
        }
    }

    private func join(_ joiner: CallJoiner) async {
        do {
            let outcome = try await joiner.join()
            environment.metrics.noteBoomi(outcome)
            if outcome.damaged > 0 {
                environment.dependencies.logger.error(
                    "parts of calls are damaged and lost", metadata: ["count": "\(outcome.damaged)"])
            }
        } catch {
            if Task.isCancelled { return }
            environment.dependencies.logger.error(
                "calls were not put together", metadata: ["cause": "\(FailureCause.describe(error))"])
            try? await Task.sleep(for: Self.pauseAfterFailure)
        }
    }
}
