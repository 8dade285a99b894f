import ConnectorLogCore
import ConnectorLogTesting
import Testing

@testable import ConnectorLogPostgres

@Suite struct CatalogMemoryTests {
    private let key = CatalogMemory.Key(
        key: Fixtures.key("k", team: 1, at: ManualClock.defaultStart), hash: Fixtures.digest(1))

    @Test func aLoadOlderThanAChangeOfOnesOwnIsNotTaken() {
        let memory = CatalogMemory()
        memory.load([], teams: [1], version: 5)
        memory.note(version: 6) { $0.insert(key) }
        #expect(memory.key(id: "k") != nil)
        #expect(!memory.load([], teams: [1], version: 5))
        #expect(memory.key(id: "k") != nil)
        #expect(memory.load([], teams: [1], version: 7))
        #expect(memory.key(id: "k") == nil)
    }

    /// Another server has revoked the key since.
    @Test func aChangeThatALoadHasAlreadyIsNotNotedAgain() {
        let memory = CatalogMemory()
        memory.load([], teams: [1], version: 7)
        memory.note(version: 6) { $0.insert(key) }
        #expect(memory.key(id: "k") == nil)
    }

    @Test func afterAChangeOfOthersThatIsNotKnownAllIsLoaded() {
        let memory = CatalogMemory()
        memory.load([], teams: [1], version: 5)
        memory.note(version: 7) { $0.insert(key) }
        #expect(memory.key(id: "k") != nil)
        // Version 6 is still to come.
        #expect(memory.version == 5)
        #expect(!memory.load([], teams: [2], version: 6))
        #expect(memory.load([key], teams: [2], version: 7))
        #expect(memory.hasTeam(2) && !memory.hasTeam(1))
    }

    @Test func usesOutliveALoadAndAreNotSetBack() {
        let memory = CatalogMemory()
        memory.load([key], teams: [1], version: 1)
        let time = ManualClock.defaultStart
        memory.noteUse(ofKey: "k", at: time.advanced(bySeconds: 9))
        memory.noteUse(ofKey: "k", at: time)
        memory.noteUse(ofKey: "none", at: time)
        memory.load([key], teams: [1], version: 2)
        #expect(memory.key(id: "k")?.lastUsedAt == time.advanced(bySeconds: 9))
        let uses = memory.takeUses()
        #expect(uses == [Array("k".utf8): time.advanced(bySeconds: 9)])
        #expect(memory.takeUses().isEmpty)
        memory.noteUse(ofKey: "k", at: time.advanced(bySeconds: 10))
        memory.putBack(uses)
        #expect(memory.takeUses() == [Array("k".utf8): time.advanced(bySeconds: 10)])
    }
}
