import ConnectorLogAPI
import Testing

/// The route table and `openapi.yaml` say the same.
@Suite struct OpenAPITests {
    private let operations = DocumentedOperation.all(in: String(decoding: OpenAPIDocument.bytes, as: UTF8.self))

    @Test(arguments: Route.allCases)
    func documentsEveryRoute(_ route: Route) throws {
        let documented = operations.filter { $0.operationID == route.operationID }
        let operation = try #require(documented.first, "openapi.yaml does not have \(route.operationID)")
        #expect(documented.count == 1)
        #expect(operation.method == route.method.rawValue)
        #expect(operation.path == route.template)
    }

    @Test func documentsNothingButRoutes() {
        let routes = Set(Route.allCases.map(\.operationID))
        #expect(!operations.isEmpty)
        #expect(operations.map(\.operationID).filter { !routes.contains($0) } == [])
        #expect(operations.count == Route.allCases.count)
    }

    @Test(arguments: Route.allCases)
    func saysWhichRoutesNeedNoKey(_ route: Route) {
        let operation = operations.first { $0.operationID == route.operationID }
        #expect(operation?.isOpen == (route.access == .everyone))
        // Failed authentications are limited wherever a key is asked for: of a token, in the form.
        let asksForKey = route.access != .everyone || route == .createAccessToken
        #expect(operation?.statuses.contains("401") == asksForKey)
        #expect(operation?.statuses.contains("429") == asksForKey)
        #expect(operation?.statuses.contains("403") == (route.access != .everyone))
    }
}

/// An operation of the document, as its indentation tells: under `paths`, paths stand at two spaces, methods at four,
/// their members at six, statuses at eight.
private struct DocumentedOperation {
    var path: String
    var method: String
    var operationID = ""
    /// `security: []`
    var isOpen = false
    var statuses: Set<String> = []

    static func all(in document: String) -> [DocumentedOperation] {
        var operations: [DocumentedOperation] = []
        var path = ""
        let lines = document.split(separator: "\n").drop { $0 != "paths:" }.dropFirst().prefix { $0.hasPrefix(" ") }
        for line in lines {
            let text = line.drop { $0 == " " }
            let depth = line.count - text.count
            if depth == 2, text.hasSuffix(":") {
                path = String(text.dropLast())
            } else if depth == 4, text.hasSuffix(":") {
                operations.append(DocumentedOperation(path: path, method: text.dropLast().uppercased()))
            } else if let last = operations.indices.last {
                if depth == 6, text.hasPrefix("operationId: ") {
                    operations[last].operationID = String(text.dropFirst("operationId: ".count))
                } else if depth == 6, text == "security: []" {
                    operations[last].isOpen = true
                } else if depth == 8, text.hasPrefix("\""), text.dropFirst(4).hasPrefix("\":") {
                    operations[last].statuses.insert(String(text.dropFirst().prefix(3)))
                }
            }
        }
        return operations
    }
}
