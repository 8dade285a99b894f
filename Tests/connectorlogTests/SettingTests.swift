import ArgumentParser
import Configuration
import Foundation
import Testing

@testable import connectorlog

@Suite struct SettingTests {
    @Test func documentInTheRepositoryIsCurrent() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/configuration.md")
        let stored = try String(contentsOf: file, encoding: .utf8)
        #expect(
            stored == SettingsDocument.text,
            "make docs/configuration.md anew: connectorlog docs settings > docs/configuration.md")
    }

    @Test func commandWritesTheDocument() async {
        let run = await CommandLineRun.run(["docs", "settings"])
        #expect(run.output == SettingsDocument.text)
        #expect(run.status == .success)
    }

    @Test(arguments: Setting.all)
    func everySettingButSecretsIsAFlag(setting: Setting) throws {
        let arguments =
            switch setting.kind {
            case .text: ["--\(setting.name)", "some-text"]
            case .integer(let range): ["--\(setting.name)", String(range.lowerBound)]
            case .choice(let words): ["--\(setting.name)", words[0]]
            case .toggle: ["--\(setting.name)"]
            }
        if setting.isSecret {
            #expect(throws: (any Error).self) { try SettingFlags.parse(arguments) }
        } else {
            #expect(try SettingFlags.parse(arguments).values.keys.map(\.name) == [setting.name])
        }
    }

    @Test(arguments: Setting.all)
    func everySettingIsAnEnvironmentVariableAndAKeyOfTheFile(setting: Setting) async throws {
        let reader = { (sources: SettingSources) in sources.reader }
        switch setting.kind {
        case .text, .choice:
            let environment = SettingSources(environment: [setting.environmentName: "word"])
            #expect(try await reader(environment).fetchString(forKey: setting.key) == "word")
            let file = try SettingSources.parseFile(Data(#"{"\#(setting.name)": "word"}"#.utf8), path: "file")
            #expect(try await reader(SettingSources(file: file)).fetchString(forKey: setting.key) == "word")
        case .integer:
            let environment = SettingSources(environment: [setting.environmentName: "1"])
            #expect(try await reader(environment).fetchInt(forKey: setting.key) == 1)
            let file = try SettingSources.parseFile(Data(#"{"\#(setting.name)": 1}"#.utf8), path: "file")
            #expect(try await reader(SettingSources(file: file)).fetchInt(forKey: setting.key) == 1)
        case .toggle:
            let environment = SettingSources(environment: [setting.environmentName: "true"])
            #expect(try await reader(environment).fetchBool(forKey: setting.key) == true)
            let file = try SettingSources.parseFile(Data(#"{"\#(setting.name)": true}"#.utf8), path: "file")
            #expect(try await reader(SettingSources(file: file)).fetchBool(forKey: setting.key) == true)
        }
    }

    @Test func namesOfVariablesAreThoseOfTheFlags() {
        #expect(Setting.rateLimitPerHour.environmentName == "CONNECTORLOG_RATE_LIMIT_PER_HOUR")
        #expect(Set(Setting.all.map(\.environmentName)).count == Setting.all.count)
    }
}
