import NIOCore
import NIOHTTPTypes
import Synchronization

/// Which channels have a client at their other end, so that nobody works for one that has left.
///
/// Hummingbird's own means (`consumeWithCancellationOnInboundClose`) reads on behind the request, and the connection can
/// take no other request then.
final class ClientPresence: Sendable {
    /// Of one channel: a connection of HTTP/1.1 or a stream of HTTP/2. Either has one request at a time in work.
    private struct Client {
        var isGone = false
        var leave: (@Sendable () -> Void)?
    }

    private let clients = Mutex<[ObjectIdentifier: Client]>([:])

    /// Runs `operation` as a task of its own, which is cancelled when the client of `channel` leaves.
    func whilePresent<Value: Sendable>(
        _ channel: any Channel, _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let id = ObjectIdentifier(channel)
        let task = Task { try await operation() }
        let isGone = clients.withLock { clients in
            clients[id]?.leave = { task.cancel() }
            return clients[id]?.isGone ?? false
        }
        if isGone { task.cancel() }
        defer { clients.withLock { $0[id]?.leave = nil } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    func hasLeft(_ channel: any Channel) -> Bool {
        clients.withLock { $0[ObjectIdentifier(channel)]?.isGone ?? false }
    }

    fileprivate func enter(_ channel: any Channel) {
        clients.withLock { $0[ObjectIdentifier(channel)] = Client() }
    }

    fileprivate func leave(_ channel: any Channel) {
        let leave = clients.withLock { clients in
            clients[ObjectIdentifier(channel)]?.isGone = true
            return clients[ObjectIdentifier(channel)]?.leave
        }
        leave?()
    }

    fileprivate func forget(_ channel: any Channel) {
        clients.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }
}

/// Tells of its channel's client. One a channel.
final class PresenceHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    /// A client that will send no more is either gone, or waits for its answer: a short one it gets.
    private static let patience = TimeAmount.seconds(1)

    private let presence: ClientPresence

    init(presence: ClientPresence) {
        self.presence = presence
    }

    func handlerAdded(context: ChannelHandlerContext) { presence.enter(context.channel) }

    func handlerRemoved(context: ChannelHandlerContext) {
        presence.leave(context.channel)
        presence.forget(context.channel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        presence.leave(context.channel)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            let (channel, presence) = (context.channel, presence)
            context.eventLoop.scheduleTask(in: Self.patience) { presence.leave(channel) }
        }
        context.fireUserInboundEventTriggered(event)
    }
}
