import AsyncHTTPClient

/// Sends batches one after the other, each until it is done with.
struct BatchUploader: Sendable {
    enum Outcome: Equatable {
        case stored(rejected: [IngestAnswer.Rejection])
        /// With what the log says about it.
        case refused(detail: [String: String])
        /// `unavailable` or `shutdown`.
        case dropped(ConnectorLogRecorder.DropReason)
    }

    let transport: any BatchTransport
    let attempts: Int
    let retryBudget: Duration
    let surroundings: Surroundings
    let report: DropReport
    /// Uptime before which the server wants no request, whichever batch it said so to.
    private var resumesAt = Duration.zero

    init(
        transport: any BatchTransport, attempts: Int, retryBudget: Duration, surroundings: Surroundings,
        report: DropReport
    ) {
        (self.transport, self.attempts, self.retryBudget) = (transport, attempts, retryBudget)
        (self.surroundings, self.report) = (surroundings, report)
    }

    mutating func upload(_ batch: Batch) async -> Outcome {
        var schedule = RetrySchedule(attempts: attempts, budget: retryBudget)
        if let pause = schedule.wait(resumesAt - surroundings.uptime()) {
            do { try await surroundings.sleep(pause) } catch { return .dropped(.shutdown) }
        }
        while true {
            let reason: String
            var retryAfter: Duration?
            do {
                let answer = try await transport.send(batch)
                switch answer.verdict(records: batch.records) {
                case .stored(let rejected): return .stored(rejected: rejected)
                case .refused: return .refused(detail: ["status": "\(answer.status)"])
                case .later: (reason, retryAfter) = ("status \(answer.status)", answer.retryAfter)
                }
                resumesAt = surroundings.uptime() + (retryAfter ?? .zero)
            } catch let error as HTTPClientError where Self.isOfTheURL(error) {
                return .refused(detail: ["reason": Self.kind(of: error)])
            } catch {
                reason = Self.kind(of: error)
            }
            if Task.isCancelled { return .dropped(.shutdown) }
            guard let delay = schedule.delay(retryAfter: retryAfter, random: surroundings.random()) else {
                return .dropped(.unavailable)
            }
            report.retrying(after: reason)
            do { try await surroundings.sleep(delay) } catch { return .dropped(.shutdown) }
        }
    }

    /// No later attempt would find another server.
    private static func isOfTheURL(_ error: HTTPClientError) -> Bool {
        [.invalidURL, .emptyHost, .emptyScheme].contains(error)
    }

    /// Errors' own texts may hold headers, and so the key.
    private static func kind(of error: any Error) -> String {
        (error as? HTTPClientError)?.shortDescription ?? "\(type(of: error))"
    }
}
