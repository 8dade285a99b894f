import NIOCore

/// The calls under way on one event loop, by number. It looks now and then whose time is over: a timer for each call would
/// cost more than most calls have use for.
final class CallTable {
    /// How late the end of a time limit may be noticed.
    private static let interval = TimeAmount.milliseconds(100)

    private let loop: any EventLoop
    private var calls: [Int: InvokedCall] = [:]
    private var last = 0
    private var isWatching = false

    init(loop: any EventLoop) {
        self.loop = loop
    }

    func add(_ call: InvokedCall) -> Int {
        last += 1
        calls[last] = call
        if !isWatching { watch() }
        return last
    }

    func remove(_ number: Int) { calls[number] = nil }

    subscript(number: Int) -> InvokedCall? { calls[number] }

    private func watch() {
        isWatching = !calls.isEmpty
        guard isWatching else { return }
        loop.assumeIsolated().scheduleTask(in: Self.interval) {
            let now = NIODeadline.now()
            // What is over takes itself out.
            for call in Array(self.calls.values) { call.checkTime(now) }
            self.watch()
        }
    }
}
