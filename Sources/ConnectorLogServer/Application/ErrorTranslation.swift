import ConnectorLogAPI
import HTTPTypes
import Hummingbird

/// Turns Hummingbird's own errors into ours before its router renders them.
struct ErrorTranslation: RouterMiddleware {
    typealias Context = ServerRequestContext

    /// What the router calls the route of a request that has none.
    static let noRoute = "NotFound"

    func handle(
        _ request: Request, context: ServerRequestContext,
        next: @concurrent (Request, ServerRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            switch error.status {
            case .notFound: throw APIError(.notFound, "there is no such path")
            case .contentTooLarge: throw APIError(.contentTooLarge, "the body is larger than this call takes")
            case .unsupportedMediaType:
                throw APIError(.unsupportedMediaType, "this call does not take this Content-Type")
            case let status where status.code < 500: throw APIError(.badRequest, "the request cannot be read")
            default: throw APIError(.internalServerError, "the server failed", cause: error)
            }
        }
    }
}
