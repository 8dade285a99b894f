import Testing

@testable import connectorlog

@Suite struct TableTests {
    private struct Row {
        var name: String
        var count: Int
        var note: String
    }

    private let columns: [Column<Row>] = [
        Column("NAME", isFlexible: true) { $0.name },
        Column("COUNT", alignment: .right, style: { $0.count > 1 ? .bad : nil }) { String($0.count) },
        Column("NOTE", isFlexible: true) { $0.note },
    ]

    @Test func columnsAreAligned() {
        let rows = [Row(name: "one", count: 1, note: "a"), Row(name: "twelve", count: 12, note: "")]
        let lines = Table(columns: columns, rows: rows).lines(on: .plain)
        #expect(
            lines == [
                "NAME    COUNT  NOTE",
                "one         1  a",
                "twelve     12  ",
            ])
    }

    @Test func widestFlexibleColumnIsCutToTheTerminal() {
        let row = Row(name: String(repeating: "n", count: 20), count: 1, note: String(repeating: "x", count: 200))
        let lines = Table(columns: columns, rows: [row]).lines(on: Console.Surface(width: 60, hasColor: false))
        #expect(lines.allSatisfy { $0.count <= 60 })
        #expect(lines[1].hasSuffix("x…"))
        #expect(lines[1].contains(row.name))
    }

    @Test func nothingIsCutOffATerminal() {
        let row = Row(name: "n", count: 1, note: String(repeating: "x", count: 500))
        #expect(Table(columns: columns, rows: [row]).lines(on: .plain)[1].hasSuffix(row.note))
    }

    @Test func colourOnlyWhereTheSurfaceHasIt() {
        let rows = [Row(name: "bad", count: 2, note: "")]
        let plain = Table(columns: columns, rows: rows).lines(on: Console.Surface(width: 80, hasColor: false))
        let colored = Table(columns: columns, rows: rows).lines(on: Console.Surface(width: 80, hasColor: true))
        #expect(!plain[1].contains("\u{1B}"))
        #expect(colored[1].contains("\u{1B}[31m2\u{1B}[0m"))
    }

    @Test func controlCharactersOfACellDoNotReachTheTerminal() {
        let rows = [Row(name: "a\u{1B}[2Jb\u{202E}c\r\n\u{9B}", count: 1, note: "")]
        let line = Table(columns: columns, rows: rows).lines(on: .plain)[1]
        #expect(line.hasPrefix(#"a\u{1B}[2Jb\u{202E}c\u{D}\u{A}\u{9B}"#))
    }

    @Test func noColorSettingIsObeyed() {
        // The streams of a test are no terminals, so this holds the rule for surfaces alone.
        #expect(Console.hasColor(environment: [:]))
        #expect(Console.hasColor(environment: ["NO_COLOR": ""]))
        #expect(!Console.hasColor(environment: ["NO_COLOR": "1"]))
        #expect(!Console.hasColor(environment: ["TERM": "dumb"]))
    }
}
