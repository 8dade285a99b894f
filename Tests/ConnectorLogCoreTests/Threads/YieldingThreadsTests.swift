import ConnectorLogCore
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite struct YieldingThreadsTests {
    private static func niceness() -> Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

    @Test func tasksOnThemLetOthersGoFirst() async {
        let usual = Self.niceness()
        let there = await withTaskExecutorPreference(YieldingThreads(count: 1)) {
            let before = Self.niceness()
            await Task.yield()
            return [before, Self.niceness()]
        }
        #expect(there == [min(usual + 5, 19), min(usual + 5, 19)])
        #expect(Self.niceness() == usual)
    }

    @Test func allThatIsAskedForIsDone() async {
        let threads = YieldingThreads(count: 2)
        let sum = await withTaskGroup(of: Int.self) { group in
            for number in 1...200 {
                group.addTask(executorPreference: threads) {
                    await Task.yield()
                    return number
                }
            }
            return await group.reduce(0, +)
        }
        #expect(sum == 20_100)
    }
}
