package import ConnectorLogCore

/// Tells those who watch flow states of what other servers of the same store took in: it looks at the watched states now and
/// then, and never while nobody watches.
package struct LiveFollower: Sendable {
    /// Between two looks. With the pause of a stream, what another server took shows within 1.5 s.
    package static let standardPause = Duration.milliseconds(700)

    private let live: LiveLog
    private let reader: any LogReader
    private let pause: Duration

    package init(live: LiveLog, reader: any LogReader, pause: Duration = Self.standardPause) {
        (self.live, self.reader, self.pause) = (live, reader, pause)
    }

    /// Runs until its task is cancelled.
    package func run() async {
        var known: [LiveLog.Topic: FlowState] = [:]
        while (try? await Task.sleep(for: pause)) != nil {
            let watched = live.watched { $0 }
            known = known.filter { watched.contains($0.key) }
            for topic in watched where await hasChanged(topic, since: &known) { live.publish([topic]) }
        }
    }

    /// Of what was stored before the first look a stream may have missed some. A store that is away is looked at again; streams
    /// end by themselves.
    private func hasChanged(_ topic: LiveLog.Topic, since known: inout [LiveLog.Topic: FlowState]) async -> Bool {
        do throws(StoreError) {
            guard let state = try await reader.state(team: topic.team, id: topic.stateID) else {
                return known.removeValue(forKey: topic) != nil
            }
            return known.updateValue(state, forKey: topic) != state
        } catch {
            return false
        }
    }
}
