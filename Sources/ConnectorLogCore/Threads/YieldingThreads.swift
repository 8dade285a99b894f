import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Threads for long work, on which the system lets all others go first: who asks a question need not wait until thousands
/// of lines are decoded, neither for a thread of Swift's own pool, which has as many as there are cores, nor for a core.
///
/// A task gets there by `withTaskExecutorPreference`. The threads live as long as the process.
package final class YieldingThreads: TaskExecutor {
    /// One that waits for a core gets thrice the share of these (sched(7): a step of nice is a quarter).
    private static let niceness: Int32 = 5

    private let jobs = Mutex<[UnownedJob]>([])
    private let waiting = DispatchSemaphore(value: 0)

    package init(count: Int) {
        // Fewer do as well, where the system gives no more.
        let started = (0..<count).count { _ in start() }
        precondition(started > 0, "no thread can be made")
    }

    private func start() -> Bool {
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                // Of the calling thread alone: on Linux niceness is a thread's own (sched(7)). Where it fails, nothing is lost
                // but the order of who goes first.
                _ = nice(YieldingThreads.niceness)
                if let context { Unmanaged<YieldingThreads>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard code == 0 else {
            Unmanaged.passUnretained(self).release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private func run() -> Never {
        while true {
            waiting.wait()
            let job = jobs.withLock { $0.removeFirst() }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        waiting.signal()
    }
}
