import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// Counts over time.
enum StatisticsRoutes {
    /// Without a range, the buckets end now and go back one day, or thirty where a bucket is a day.
    @Sendable static func getOutcomes(_ call: RouteCall) async throws -> Response {
        let interval =
            try call.query.value("interval", "is minute, hour or day") { OutcomeQuery.Interval(rawValue: $0) } ?? .hour
        // Nothing is logged before the epoch; a bucket's start is counted from there.
        let to = max(try call.query.instant("to") ?? call.environment.now, .epoch)
        let daysBack: Int64 = interval == .day ? 30 : 1
        let from = max(try call.query.instant("from") ?? to.advanced(bySeconds: -daysBack * 86_400), .epoch)
        var query = OutcomeQuery(teamID: call.teamID, interval: interval, from: from, to: to)
        query.connector = try call.query.connector()
        query.flowID = try call.query.text("flow_id", limit: Limits.identifier)
        let span = to.microseconds - query.bucketStart(of: from).microseconds
        let buckets = (span + interval.microseconds - 1) / interval.microseconds
        guard buckets <= OutcomeQuery.maximumBuckets else {
            throw APIError(.badRequest, "the range has more than \(OutcomeQuery.maximumBuckets) buckets")
        }
        let rows = from < to ? try await call.environment.reader.outcomes(query) : []
        return .json(OutcomesAnswer(buckets: rows), capacity: 64 + rows.count * 64)
    }

    private struct OutcomesAnswer: JSONWritable {
        var buckets: [OutcomeBucket]

        func write(to json: inout JSONWriter) {
            json.object { $0.member("buckets", buckets) }
        }
    }
}
