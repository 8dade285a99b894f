import HTTPTypes
import Hummingbird

/// Which methods each path has, for `Allow`.
struct MethodsByPath: Sendable {
    private let routes: [(path: RouterPath, methods: [String])]

    init(routes: [(path: RouterPath, method: HTTPRequest.Method)]) {
        var methods: [String: (path: RouterPath, methods: Set<String>)] = [:]
        for (path, method) in routes {
            methods[path.description, default: (path, [])].methods.insert(method.rawValue)
            if method == .get { methods[path.description]?.methods.insert("HEAD") }
        }
        self.routes = methods.values.map { ($0.path, $0.methods.sorted()) }
    }

    /// In alphabetical order; empty when no route has the path.
    func methods(for path: String) -> [String] {
        let segments = path.split(separator: "/")
        let found = routes.filter { route in
            route.path.count == segments.count && zip(route.path, segments).allSatisfy { $0 ~= $1 }
        }
        return Set(found.flatMap(\.methods)).sorted()
    }
}
