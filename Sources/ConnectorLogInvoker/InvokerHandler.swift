import ConnectorLogAPI
import ConnectorLogCore
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Takes the requests for the invoker out of a connection's, and answers them here, on the event loop; all others go on to
/// the server. Answers keep the order of their requests (RFC 9112, section 9.3.2): what comes behind an unanswered request
/// of the other kind waits.
///
/// One a connection of HTTP/1.1, or a stream of HTTP/2.
final class InvokerHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    static let keyField = HTTPField.Name("X-Connector-Log-Key")
    /// How long a caller that will send no more, and so may be gone, is waited for.
    private static let halfClosedPatience = TimeAmount.seconds(1)

    /// Whose request is being read.
    private enum Reader {
        case server
        case invoker
    }

    private enum Turn {
        /// Nothing of the invoker's is under way.
        case none
        /// It is being found out whether the call may go through.
        case admitting(Pending)
        case calling(InvokedCall, Pending)
        /// An answer was given before the request was whole: the rest of it is read and dropped.
        case answered
    }

    /// A request for the invoker.
    private struct Pending {
        var head: HTTPRequest
        var path: InvokerPath?
        var requestID: String
        var closes: Bool
        var begin: NIODeadline
    }

    private let invoker: Invoker
    private var context: ChannelHandlerContext?
    private var reader = Reader.server
    private var turn = Turn.none
    /// Requests that the server has yet to answer.
    private var serverRequests = 0
    private var isRequestWhole = true
    /// What cannot be dealt with yet.
    private var held = CircularBuffer<HTTPRequestPart>()
    private var isReadHeld = false
    private var isGoingOn = false
    private var isInputClosed = false
    /// Of HTTP/2: where a connection cannot be closed behind one answer.
    private var isStream = false
    /// Of HTTP/1.1: from here on parts go out as the vendor's came in, and need not become http-types and be made back. The end
    /// of an answer goes the whole way, for the server's own handlers count by it.
    private var codec: ChannelHandlerContext?
    private var isFlushPlanned = false
    private var writable: EventLoopPromise<Void>?

    init(invoker: Invoker) {
        self.invoker = invoker
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        codec = try? context.pipeline.syncOperations.context(handlerType: HTTP1ToHTTPServerCodec.self)
        isStream = codec == nil
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        (self.context, codec) = (nil, nil)
    }

    // MARK: - In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if held.isEmpty, canTake(part) { take(part, context) } else { held.append(part) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .calling(let call, _) = turn { call.takeBreak() }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { isReadHeld = true }
    }

    private var mayRead: Bool {
        guard held.isEmpty else { return false }
        switch turn {
        case .none, .answered: return true
        case .admitting: return isRequestWhole
        case .calling(let call, _): return !call.isFull
        }
    }

    private func canTake(_ part: HTTPRequestPart) -> Bool {
        switch (part, turn) {
        case (.head(let head), .none): serverRequests == 0 || !Self.isForInvoker(head)
        case (.head, _): false
        case (_, .admitting): reader == .server
        default: true
        }
    }

    private static func isForInvoker(_ head: HTTPRequest) -> Bool {
        head.path?.hasPrefix(InvokerPath.prefix) ?? false
    }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head):
            isRequestWhole = false
            reader = Self.isForInvoker(head) ? .invoker : .server
            if reader == .invoker { return begin(head, context) }
            serverRequests += 1
        case .body(let bytes) where reader == .invoker:
            if case .calling(let call, _) = turn { call.take(bytes) }
            return
        case .end(let trailers):
            isRequestWhole = true
            guard reader == .invoker else { break }
            if case .calling(let call, _) = turn { call.takeEnd(trailers) } else { endTurn() }
            return
        case .body: break
        }
        context.fireChannelRead(wrapInboundOut(part))
    }

    /// Deals with what was held, as far as it goes.
    private func goOn() {
        // An answer that is given at once comes here again.
        guard !isGoingOn else { return }
        isGoingOn = true
        defer { isGoingOn = false }
        var isPassedOn = false
        while let context, let part = held.first, canTake(part) {
            held.removeFirst()
            take(part, context)
            isPassedOn = isPassedOn || reader == .server
        }
        // The server looks at what came once it is told that this was all.
        if isPassedOn { context?.fireChannelReadComplete() }
        if case .calling(let call, _) = turn, held.isEmpty { call.takeBreak() }
        guard isReadHeld, mayRead else { return }
        isReadHeld = false
        context?.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .inputClosed? = event as? ChannelEvent, !isAtRest else {
            return context.fireUserInboundEventTriggered(event)
        }
        // The server would close at once.
        isInputClosed = true
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.halfClosedPatience) {
            let handler = handler.value
            guard !handler.isAtRest else { return }
            handler.leave()
            handler.context?.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private var isAtRest: Bool {
        if case .none = turn { true } else { false }
    }

    private func leave() {
        let (turn, writable) = (turn, writable)
        self.turn = .none
        self.writable = nil
        held.removeAll()
        if case .calling(let call, _) = turn { call.callerLeft() }
        writable?.succeed()
    }

    // MARK: - Calls

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        let path = InvokerPath(target: head.path ?? "")
        let pending = Pending(
            head: head, path: path, requestID: invoker.door.requestID(of: head),
            closes: head.headerFields[.connection]?.lowercased().contains("close") ?? false, begin: .now())
        turn = .admitting(pending)
        guard let path else {
            return refuse(
                InvokerRefusal(.notFound, "calls go to /invoke/{connector_identifier}/{path}"), pending)
        }
        if let refusal = Self.problem(of: head, path) { return refuse(refusal, pending) }
        let key = path.key ?? Self.keyField.flatMap { head.headerFields[$0] }
        if let admission = invoker.door.admissionInMemory(path, key: key) { return call(admission, pending) }
        let (loop, channel, invoker) = (context.eventLoop, context.channel, invoker)
        let handler = NIOLoopBound(self, eventLoop: loop)
        Task {
            let result: Result<InvokerAdmission, InvokerRefusal>
            do throws(InvokerRefusal) {
                result = .success(try await invoker.door.admit(path, key: key, request: head, channel: channel))
            } catch {
                result = .failure(error)
            }
            loop.execute { handler.value.admitted(result) }
        }
    }

    private static let secFetchDest = HTTPField.Name("Sec-Fetch-Dest")

    private static func problem(of head: HTTPRequest, _ path: InvokerPath) -> InvokerRefusal? {
        if path.leavesBase { return InvokerRefusal(.badRequest, "a path has no segments . and ..") }
        // A vendor would send what the invoker put in back to whoever asks (RFC 9110, section 9.3.8).
        if head.method == .connect || head.method == .trace {
            return InvokerRefusal(.badRequest, "the invoker does not take \(head.method.rawValue)")
        }
        // Only browsers send it, and what they would show or run is the vendor's, not the log's.
        if let use = secFetchDest.flatMap({ head.headerFields[$0] }), use.lowercased() != "empty" {
            return InvokerRefusal(.forbidden, "a browser may not show or run what comes through the invoker")
        }
        if let upgrade = head.headerFields[.upgrade]?.lowercased(), upgrade.contains("websocket") {
            return InvokerRefusal(.badRequest, "the invoker passes no WebSocket on")
        }
        return nil
    }

    private func admitted(_ result: Result<InvokerAdmission, InvokerRefusal>) {
        // The caller may have left meanwhile.
        guard case .admitting(let pending) = turn else { return }
        switch result {
        case .success(let admission): call(admission, pending)
        case .failure(let refusal): refuse(refusal, pending)
        }
        goOn()
    }

    private func call(_ admission: InvokerAdmission, _ pending: Pending) {
        guard let context, let path = pending.path else { return }
        if admission.route.target.record == .required, !invoker.recorder.isRecording {
            return refuse(
                InvokerRefusal(
                    .serviceUnavailable, "the call could not be recorded, as its connector requires",
                    headers: [.retryAfter: "1"]), pending)
        }
        if let refusal = invoker.limits.enter(admission) { return refuse(refusal, pending) }
        let call = InvokedCall(
            admission, path, pending.head, requestID: pending.requestID, invoker: invoker, loop: context.eventLoop,
            caller: self)
        turn = .calling(call, pending)
    }

    /// Not before all of this read has come: an answer to a request that is not whole ends its connection.
    private func refuse(_ refusal: InvokerRefusal, _ pending: Pending) {
        guard let context else { return }
        turn = .admitting(pending)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { handler.value.refused(refusal) }
    }

    private func refused(_ refusal: InvokerRefusal) {
        guard case .admitting(let pending) = turn else { return }
        invoker.door.note(
            requestID: pending.requestID, method: pending.head.method, status: refusal.code.status, key: nil,
            duration: .now() - pending.begin, isCall: false)
        answer(refusal, pending)
        goOn()
    }

    private func answer(_ refusal: InvokerRefusal, _ pending: Pending) {
        var (head, body) = invoker.door.answer(refusal, requestID: pending.requestID)
        if pending.closes { head.headerFields[.connection] = "close" }
        write(.head(head))
        if pending.head.method != .head { write(.body(body)) }
        end(nil, pending)
    }

    /// After the last part of an answer.
    private func end(_ trailers: HTTPFields?, _ pending: Pending) {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(.end(trailers)), promise: nil)
        isFlushPlanned = false
        turn = .answered
        if pending.closes {
            context.close(mode: .output, promise: nil)
        } else if isRequestWhole {
            endTurn()
        } else {
            goOn()
        }
    }

    private func endTurn() {
        turn = .none
        reader = .server
        if isInputClosed, held.isEmpty { context?.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        goOn()
    }

    // MARK: - Out

    private func write(_ part: HTTPResponsePart) {
        context?.write(wrapOutboundOut(part), promise: nil)
    }

    /// At the end of this turn of the loop: what comes at once is sent at once, and an event waits for no other.
    private func planFlush() {
        guard !isFlushPlanned, let context else { return }
        isFlushPlanned = true
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let handler = handler.value
            guard handler.isFlushPlanned else { return }
            handler.isFlushPlanned = false
            handler.context?.flush()
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            context.write(data, promise: promise)
            serverRequests -= 1
            if !held.isEmpty { goOn() }
        } else {
            context.write(data, promise: promise)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let writable {
            self.writable = nil
            writable.succeed()
        }
        context.fireChannelWritabilityChanged()
    }
}

extension InvokerHandler: CallerSide {
    var isWritable: Bool { context?.channel.isWritable ?? true }

    func send(head: HTTPResponseHead) {
        guard case .calling(let call, var pending) = turn else { return }
        var head = head
        // The encoder would put the end of chunks behind it, which the client takes for its next answer.
        if pending.head.method == .head, !head.headers.contains(name: "content-length"), !isStream {
            pending.closes = true
            turn = .calling(call, pending)
        }
        if pending.closes { head.headers.add(name: "Connection", value: "close") }
        if let codec {
            codec.write(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
        } else {
            write(
                .head(
                    HTTPResponse(
                        status: HTTPResponse.Status(code: Int(head.status.code)),
                        headerFields: HTTPFields(head.headers, splitCookie: false))))
        }
        planFlush()
    }

    func send(body: ByteBuffer) {
        if let codec {
            codec.write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(body))), promise: nil)
        } else {
            write(.body(body))
        }
        planFlush()
    }

    func sendEnd(_ trailers: HTTPFields?) {
        guard case .calling(_, let pending) = turn else { return }
        end(trailers, pending)
    }

    func send(refusal: InvokerRefusal) {
        guard case .calling(_, let pending) = turn else { return }
        answer(refusal, pending)
    }

    /// Closed, for nothing else tells a client that the answer is not whole (RFC 9112, section 8).
    func breakOff() {
        turn = .answered
        // What has come of it may not have been sent.
        context?.flush()
        context?.close(promise: nil)
    }

    func whenWritable() -> EventLoopFuture<Void>? {
        guard let context, !context.channel.isWritable else { return nil }
        // What is not sent does not make the channel writable again.
        if isFlushPlanned {
            isFlushPlanned = false
            context.flush()
            if context.channel.isWritable { return nil }
        }
        let promise = writable ?? context.eventLoop.makePromise()
        writable = promise
        return promise.futureResult
    }

    func wantsMore() { goOn() }

    func goOn(with next: InvokedCall) {
        if case .calling(_, let pending) = turn { turn = .calling(next, pending) }
    }
}
