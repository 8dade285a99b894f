import NIOCore
import ServiceLifecycle

/// A server on a port beside the main one: a port that cannot be opened is told by the setting that asked for it.
struct PortService: Service {
    struct Failure: Error {
        var setting: Setting
        var port: Int
        var cause: IOError
    }

    let service: any Service
    let setting: Setting
    let port: Int

    func run() async throws {
        do {
            try await service.run()
        } catch let error as IOError {
            throw Failure(setting: setting, port: port, cause: error)
        }
    }
}
