import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Hands what comes from a vendor to its call. A delegate has to be Sendable; the call is its event loop's, where the client
/// was told to call the delegate.
final class AnswerDelegate: HTTPClientResponseDelegate {
    typealias Response = Void

    private let call: NIOLoopBound<InvokedCall>

    init(_ call: InvokedCall, on loop: any EventLoop) {
        self.call = NIOLoopBound(call, eventLoop: loop)
    }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        call.value.receive(head)
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ bytes: ByteBuffer) -> EventLoopFuture<Void> {
        call.value.receive(bytes)
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws { call.value.receiveEnd() }

    func didReceiveError(task: HTTPClient.Task<Void>, _ error: any Error) { call.value.fail(CallFailure(error)) }
}
