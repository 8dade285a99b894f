import Configuration
import ConnectorLogAPI
import Foundation

/// The three places that a setting may be given in, and who wins: flags, then the environment, then the file.
struct SettingSources: Sendable {
    var flags: [Setting: ConfigContent] = [:]
    /// Of the whole process; only names of settings are looked at, and empty values count as unset, as compose files
    /// write them.
    var environment: [String: String] = [:]
    var file: [Setting: ConfigContent] = [:]

    var reader: ConfigReader {
        func values(_ contents: [Setting: ConfigContent]) -> [AbsoluteConfigKey: ConfigValue] {
            Dictionary(
                uniqueKeysWithValues: contents.map { setting, content in
                    (AbsoluteConfigKey(setting.key), ConfigValue(content, isSecret: setting.isSecret))
                })
        }
        let secretNames = Set(Setting.all.filter(\.isSecret).map(\.environmentName))
        let environment = EnvironmentVariablesProvider(
            environmentVariables: environment.filter { !$0.value.isEmpty },
            secretsSpecifier: .specific(secretNames)
        )
        return ConfigReader(providers: [
            InMemoryProvider(name: "flags", values: values(flags)),
            environment.prefixKeys(with: ConfigKey([Setting.environmentPrefix.lowercased()])),
            InMemoryProvider(name: "file", values: values(file)),
        ])
    }

    /// Reads a configuration file: one JSON object whose members are names of settings. A member that is no setting is an
    /// error, because a misspelt setting would otherwise be silently off.
    static func readFile(_ path: String) throws(CommandFailure) -> [Setting: ConfigContent] {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw CommandFailure(.configuration, "cannot read the configuration file \(path)")
        }
        return try parseFile(bytes, path: path)
    }

    static func parseFile(_ bytes: Data, path: String) throws(CommandFailure) -> [Setting: ConfigContent] {
        guard let object = try? JSONDecoder().decode([String: JSONValue].self, from: bytes) else {
            throw CommandFailure(.configuration, "\(path) is not a JSON object")
        }
        let settings = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.name, $0) })
        var contents: [Setting: ConfigContent] = [:]
        for (name, value) in object.sorted(by: { $0.key < $1.key }) {
            guard let setting = settings[name] else {
                throw CommandFailure(.configuration, "\(path): \"\(name.withoutControls)\" is no setting")
            }
            guard let content = setting.content(ofJSON: value) else {
                throw CommandFailure(
                    .configuration, "\(path): \"\(name)\" has to be \(setting.kindDescription)")
            }
            contents[setting] = content
        }
        return contents
    }
}

extension Setting {
    var key: ConfigKey { ConfigKey([name]) }

    /// Nil when the JSON value is of another type than the setting.
    fileprivate func content(ofJSON value: JSONValue) -> ConfigContent? {
        switch (kind, value) {
        case (.text, .text(let text)), (.choice, .text(let text)): .string(text)
        case (.integer, .number(let number)): Int(exactly: number).map(ConfigContent.int)
        case (.toggle, .bool(let flag)): .bool(flag)
        default: nil
        }
    }
}
