import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogInvoker
import ConnectorLogSecrets
import Synchronization

/// Where connectors send their calls, with the secrets that the invoker puts into them. What was read is good for a second,
/// so that most calls need not ask the store.
final class InvokerTargets: Sendable {
    /// Microseconds.
    fileprivate static let freshness: Int64 = 1_000_000
    private static let most = 10_000

    private struct Name: Hashable {
        var team: Int64
        var connector: String
    }

    fileprivate struct Entry {
        var route: InvokerRoute
        var readAt: Timestamp
    }

    private let environment: ServerEnvironment
    private let entries = Mutex<[Name: Entry]>([:])

    init(environment: ServerEnvironment) {
        self.environment = environment
    }

    /// Nil when it has to be read.
    func known(team: Int64, connector: String) -> InvokerRoute? {
        let now = environment.now
        return entries.withLock { entries in
            entries[Name(team: team, connector: connector)].flatMap { $0.isFresh(at: now) ? $0.route : nil }
        }
    }

    /// Throws 404, 422 and what the store says.
    func load(team: Int64, connector: String) async throws(InvokerRefusal) -> InvokerRoute {
        let now = environment.now
        let route = try await read(team: team, connector: connector)
        entries.withLock { entries in
            if entries.count >= Self.most { entries = entries.filter { $0.value.isFresh(at: now) } }
            if entries.count >= Self.most { entries.removeAll() }
            entries[Name(team: team, connector: connector)] = Entry(route: route, readAt: now)
        }
        return route
    }

    private func read(team: Int64, connector: String) async throws(InvokerRefusal) -> InvokerRoute {
        let found: Connector?
        do throws(StoreError) {
            found = try await environment.catalog.connector(team: team, identifier: connector)
        } catch {
            throw InvokerRefusal(error)
        }
        guard let found else { throw InvokerRefusal(.notFound, "there is no connector \(connector)") }
        do throws(ConnectorTarget.Problem) {
            let target = try ConnectorTarget(configuration: found.configuration.json)
            return InvokerRoute(
                target: target, headers: try await headers(of: target, team: team, connector: connector))
        } catch {
            throw InvokerRefusal(.unprocessableEntity, "connector \(connector) cannot be called: \(error.message)")
        }
    }

    private func headers(
        of target: ConnectorTarget, team: Int64, connector: String
    ) async throws(ConnectorTarget.Problem) -> [InvokerRoute.Header] {
        var headers: [InvokerRoute.Header] = []
        for template in target.headers {
            var (value, shown) = ("", "")
            for part in template.parts {
                switch part {
                case .text(let text):
                    value += text
                    shown += text
                case .secret(let name):
                    value += try await secret(name, team: team, connector: connector)
                    shown += "{{secret:\(name)}}"
                }
            }
            headers.append(InvokerRoute.Header(name: template.name, value: value, shown: shown))
        }
        return headers
    }

    /// Of the connector alone: whoever configures it could send the team's anywhere.
    private func secret(
        _ name: String, team: Int64, connector: String
    ) async throws(ConnectorTarget.Problem) -> String {
        let value: [UInt8]?
        do throws(StoreError) {
            value = try await environment.vault.value(ofSecret: name, team: team, connector: connector)
        } catch {
            throw ConnectorTarget.Problem(message: "its secrets cannot be read")
        }
        guard let value else { throw ConnectorTarget.Problem(message: "it has no secret \(name)") }
        guard let text = String(validating: value, as: UTF8.self) else {
            throw ConnectorTarget.Problem(message: "its secret \(name) is no text")
        }
        guard ConnectorTarget.isFitForHeader(text) else {
            throw ConnectorTarget.Problem(message: "its secret \(name) has a line break or the like, as no header may")
        }
        return text
    }
}

extension InvokerTargets.Entry {
    fileprivate func isFresh(at now: Timestamp) -> Bool {
        (0..<InvokerTargets.freshness).contains(now.microseconds - readAt.microseconds)
    }
}

extension InvokerRefusal {
    fileprivate init(_ error: StoreError) {
        let error = APIError(error)
        self.init(error.code, error.message, headers: error.headers)
    }
}
