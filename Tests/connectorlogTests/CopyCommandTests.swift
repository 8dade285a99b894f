import Testing

@testable import ConnectorLogCore
@testable import connectorlog

@Suite struct CopyCommandTests {
    @Test func theLineSaysHowFarItIs() {
        let step = StoreCopy.Step(phase: .copying, kind: .entries, rows: 420, total: 1000)
        let line = CopyProgressLine(step: step, rowsOfRun: 400, microseconds: 2_000_000)
        #expect(
            line.text(width: 100)
                == "[##########--------------] 42 %  copying entries  420 of 1000 rows  200 a second")
        #expect(line.text(width: 20).count == 19)
    }

    @Test(arguments: [
        ["--from", "clickhouse://me:word@h/log", "--from-catalog", "postgres://h/log", "--to", "d"],
        ["--from", "d", "--to", "clickhouse://h/log", "--to-catalog", "postgres://me:word@h/log"],
        ["--from", "d", "--to", "clickhouse://h/log", "--to-catalog", "postgres://h/log?password=word"],
        ["--from", "d", "--from-catalog", "postgres://h/log", "--to", "e"],
        ["--from", "d", "--to", "clickhouse://h/log"], ["--from", "postgres://me:word@h/log", "--to", "d"],
        ["--from", "d", "--to", "https://me:word@h/log"], ["--from", "", "--to", "d"], ["--from", "d"],
    ])
    func wrongArgumentsAreRefused(_ arguments: [String]) async {
        let run = await CommandLineRun.run(["store", "copy"] + arguments)
        #expect(run.status == .usage)
        #expect(!(run.output + run.error).contains("word@") && !(run.output + run.error).contains("=word"))
    }
}
