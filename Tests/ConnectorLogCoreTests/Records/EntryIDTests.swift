import ConnectorLogCore
import ConnectorLogTesting
import Foundation
import Testing

@Suite
struct EntryIDTests {
    @Test func isAVersion7UUID() {
        let id = EntryID(milliseconds: 0x0123_4567_89AB, counter: 0xFEDC_BA98, random: 0x3FF_FFFF_FFFF)
        #expect(id.description == "01234567-89ab-7fed-b2ea-63ffffffffff")
        #expect(UUID(uuidString: id.description)?.uuidString.lowercased() == id.description)
    }

    @Test func keepsItsParts() {
        var generator = SeededRandom(seed: 4)
        for _ in 0..<1000 {
            let (milliseconds, counter, random) = (
                UInt64.random(in: 0..<1 << 48, using: &generator), UInt32.random(in: 0...UInt32.max, using: &generator),
                UInt64.random(in: 0..<1 << 42, using: &generator)
            )
            let id = EntryID(milliseconds: milliseconds, counter: counter, random: random)
            #expect(id.milliseconds == milliseconds)
            #expect(id.counter == counter)
            #expect(id.random == random)
            #expect(id.high & 0xF000 == 0x7000)
            #expect(id.low >> 62 == 0b10)
            #expect(EntryID(id.description) == id)
            #expect(EntryID(id.description.uppercased()) == id)
            var bytes: [UInt8] = []
            id.append(to: &bytes)
            #expect(bytes == Array(id.description.utf8))
        }
    }

    @Test func isOrderedByTimeThenCounterAsItsTextIs() {
        var generator = SeededRandom(seed: 5)
        let ids = (0..<300).map { _ in
            EntryID(
                milliseconds: UInt64.random(in: 1_700_000_000_000..<1_700_000_000_010, using: &generator),
                counter: UInt32.random(in: 0..<5, using: &generator),
                random: UInt64.random(in: 0..<1 << 42, using: &generator))
        }
        #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
        let first = EntryID(milliseconds: 5, counter: 0xFFFFF, random: 9)
        #expect(first < first.advanced(by: 1))
        #expect(first.advanced(by: 1).counter == 0x100000)
        #expect(first.advanced(by: 1).random == 9)
    }

    @Test(arguments: [
        "", "01234567-89ab-7fed-b2ea-63fffffffff", "01234567-89ab-7fed-b2ea-63fffffffffff",
        "0123456789ab7fedb2ea63ffffffffff",
        "01234567-89ab-7fed-b2ea-63fffffffffg", "01234567-89ab-7fed-b2ea_63ffffffffff",
        "{1234567-89ab-7fed-b2ea-63ffffffffff",
    ])
    func refusesOtherTexts(_ text: String) {
        #expect(EntryID(text) == nil)
    }
}
