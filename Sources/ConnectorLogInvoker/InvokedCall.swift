import AsyncHTTPClient
import ConnectorLogAPI
import ConnectorLogCore
import ConnectorLogIngest
import HTTPTypes
import NIOCore
import NIOHTTP1

/// Where the answer of a call goes. Called on the call's event loop.
protocol CallerSide: AnyObject {
    func send(head: HTTPResponseHead)
    func send(body: ByteBuffer)
    func sendEnd(_ trailers: HTTPFields?)
    /// In the place of an answer of which nothing was sent yet.
    func send(refusal: InvokerRefusal)
    /// Part of the answer was sent, and the rest never comes.
    func breakOff()
    /// Whether the caller takes what is sent.
    var isWritable: Bool { get }
    /// Done when the caller has taken enough of what was sent; nil when it has.
    func whenWritable() -> EventLoopFuture<Void>?
    /// More of the request can be taken.
    func wantsMore()
    /// Another attempt takes the place of the call.
    func goOn(with next: InvokedCall)
}

/// One call on its way through: the caller's request to the vendor, the vendor's answer to the caller, and of both what the
/// log is to know. An attempt that is made again is a call of its own.
///
/// All of it happens on one event loop, that of the caller's connection, which is also that of the vendor's.
final class InvokedCall {
    private enum State {
        /// Until the request's body or its end begins.
        case waiting
        case sending
        /// The head of the answer was passed on.
        case answering
        /// The answer is read, and not passed on: after it there will be another attempt.
        case dropping
        /// Until the next attempt.
        case pausing
        case done
    }

    /// Of the attempts before this one.
    private struct Earlier {
        var failed = 0
        /// When the first began.
        var begin: NIODeadline
    }

    let admission: InvokerAdmission
    let requestID: String
    /// What the vendor is asked for: path and query, byte for byte.
    let target: String
    /// Behind the request's body.
    private(set) var requestTrailers: HTTPHeaders?
    private var responseTrailers: HTTPHeaders?

    private let invoker: Invoker
    private let loop: any EventLoop
    private weak var caller: (any CallerSide)?
    private let request: HTTPRequest
    private let path: InvokerPath
    private let context: RunContext
    private let begin = NIODeadline.now()
    private let earlier: Earlier
    /// What another attempt would send; nil when there cannot be one.
    private var copy: ByteBuffer?
    private var record: RecordedCall
    /// That the caller was told. 499 stands in logs for one that did not wait for it.
    private var statusTold = 499

    private var state = State.waiting
    private var headers = HTTPHeaders()
    private var slot: Int?
    private var upstream: Upstream.Loop?
    private var task: HTTPClient.Task<Void>?
    private var pausing: Scheduled<Void>?
    private var lastActivity: NIODeadline
    private var requestBody: BodyCapture
    private var responseBody: BodyCapture

    // The request's body on its way.
    private var writer: HTTPClient.Body.StreamWriter?
    private var upload: EventLoopPromise<Void>?
    private var queued = CircularBuffer<ByteBuffer>()
    private var isUploadWhole = false
    private var writesUnderWay = 0

    // Of the answer, what has come off the wire.
    private var version: HTTPVersion?
    private var arrivedBytes = 0
    private var isAnswerWhole = false
    private var vendorChannel: (any Channel)?

    // Where records are required, what would end the answer for its reader waits for the record.
    private var heldHead: HTTPResponseHead?
    private var heldBody: ByteBuffer?
    /// Of the answer's body, where its length is known.
    private var bytesToCome: Int?

    convenience init(
        _ admission: InvokerAdmission, _ path: InvokerPath, _ request: HTTPRequest, requestID: String,
        invoker: Invoker, loop: any EventLoop, caller: any CallerSide
    ) {
        self.init(
            admission, path, request, requestID: requestID, after: Earlier(begin: .now()), invoker: invoker, loop: loop,
            caller: caller)
    }

    private init(
        _ admission: InvokerAdmission, _ path: InvokerPath, _ request: HTTPRequest, requestID: String,
        after earlier: Earlier, invoker: Invoker, loop: any EventLoop, caller: (any CallerSide)?
    ) {
        self.admission = admission
        self.requestID = requestID
        self.invoker = invoker
        self.loop = loop
        self.caller = caller
        self.request = request
        self.path = path
        self.earlier = earlier
        target = admission.route.target.target(path.rest)
        context = RunContext(request.headerFields, randomBytes: invoker.randomBytes)
        lastActivity = begin
        requestBody = BodyCapture(limit: invoker.captureBytes, hold: invoker.hold)
        responseBody = BodyCapture(limit: invoker.captureBytes, hold: invoker.hold)
        record = RecordedCall(
            teamID: admission.teamID, connector: admission.connector, startedAt: invoker.now(),
            method: request.method.rawValue, uri: admission.route.target.uri(path.rest))
        if earlier.failed < admission.route.target.retries, RetrySchedule.isIdempotent(request.method) {
            copy = ByteBuffer()
        }
    }

    // MARK: - The request

    /// Whether more of the request's body would only be held in memory.
    var isFull: Bool {
        guard writer != nil else { return isSending && !queued.isEmpty }
        // From 300 on the client reads no more of it, and lets go of what it gets (its state machine of requests).
        return !isOver && writesUnderWay > 0 && (record.status ?? 0) < 300
    }

    private var isSending: Bool {
        if case .sending = state { true } else { false }
    }

    func take(_ bytes: ByteBuffer) {
        guard !isOver else { return }
        requestBody.take(bytes)
        keepCopy(of: bytes)
        lastActivity = .now()
        if let writer, queued.isEmpty { write(bytes, to: writer) } else { queued.append(bytes) }
    }

    private func keepCopy(of bytes: ByteBuffer) {
        guard let kept = copy else { return }
        guard kept.readableBytes + bytes.readableBytes <= RetrySchedule.bodyBytes else { return copy = nil }
        if kept.readableBytes == 0 { copy = bytes } else { copy?.writeImmutableBuffer(bytes) }
    }

    /// No more of the body is there now: what came is sent.
    func takeBreak() {
        if case .waiting = state, !queued.isEmpty { send(isStream: true) }
    }

    func takeEnd(_ trailers: HTTPFields?) {
        guard !isOver else { return }
        requestTrailers = ForwardedFields.trailers(trailers)
        isUploadWhole = true
        if case .waiting = state {
            send(isStream: requestTrailers != nil)
        } else if writer != nil, queued.isEmpty {
            upload?.succeed()
        }
    }

    /// The caller went away: nobody waits for the answer any more.
    func callerLeft() {
        if case .pausing = state { return leaveInPause() }
        guard !isOver else { return }
        record.errorName = "CallerLeft"
        record.errorMessage = "the caller went away before the answer was whole"
        giveUp(CancellationError())
    }

    private var isOver: Bool {
        switch state {
        case .pausing, .done: true
        case .waiting, .sending, .answering, .dropping: false
        }
    }

    private var isAnswering: Bool {
        if case .answering = state { true } else { false }
    }

    /// Nothing more of it is waited for. Only then is the client told, which says at once that the call failed.
    private func giveUp(_ error: any Error) {
        let (task, upload) = (task, upload)
        finish()
        upload?.fail(error)
        task?.cancel()
    }

    private func send(isStream: Bool) {
        state = .sending
        makeHeaders()
        // A connection alone would tell whether somebody listens there.
        if let address = admission.route.target.address, !invoker.upstream.networks.allow(address) {
            return fail(.forbiddenTarget)
        }
        let upstream = invoker.upstream.on(loop)
        let slot = upstream.calls.add(self)
        (self.slot, self.upstream) = (slot, upstream)
        headers.replaceOrAdd(name: UpstreamTap.slotField, value: String(slot))
        do {
            var request = try upstream.request(request.method.rawValue, to: admission.route.target.origin)
            request.headers = headers
            request.body = body(isStream: isStream)
            task = upstream.client.execute(
                request: request, delegate: AnswerDelegate(self, on: loop), eventLoop: .delegate(on: loop))
        } catch {
            fail(CallFailure(kind: .badRequest, name: "InvalidRequest", message: "this request cannot be sent on"))
        }
    }

    private func makeHeaders() {
        headers = ForwardedFields.request(request.headerFields, replaced: admission.route.replaced)
        if let trace = context.trace { headers.replaceOrAdd(name: "traceparent", value: trace.field) }
        headers.add(name: "Host", value: admission.route.target.authority)
        record.requestHeaders = headers.map { HeaderField(name: $0.name, value: $0.value) }
        for header in admission.route.headers {
            headers.add(name: header.name, value: header.value)
            // A secret that is changed meanwhile would not be known when the record is redacted.
            record.requestHeaders.append(HeaderField(name: header.name, value: header.shown))
        }
    }

    private func body(isStream: Bool) -> HTTPClient.Body? {
        guard isStream else { return queued.popFirst().map { first in .byteBuffer(joined(first)) } }
        let length = request.headerFields[.contentLength].flatMap { Int64($0) }
        let call = NIOLoopBound(self, eventLoop: loop)
        return .stream(contentLength: requestTrailers == nil ? length : nil) { call.value.beginUpload(to: $0) }
    }

    private func beginUpload(to writer: HTTPClient.Body.StreamWriter) -> EventLoopFuture<Void> {
        let upload = loop.makePromise(of: Void.self)
        (self.writer, self.upload) = (writer, upload)
        while let bytes = queued.popFirst() { write(bytes, to: writer) }
        if isUploadWhole { upload.succeed() }
        return upload.futureResult
    }

    /// Several pieces that came at once.
    private func joined(_ first: ByteBuffer) -> ByteBuffer {
        var whole = first
        while let next = queued.popFirst() { whole.writeImmutableBuffer(next) }
        return whole
    }

    private func write(_ bytes: ByteBuffer, to writer: HTTPClient.Body.StreamWriter) {
        writesUnderWay += 1
        writer.write(.byteBuffer(bytes)).hop(to: loop).assumeIsolated().whenComplete { _ in
            self.writesUnderWay -= 1
            self.lastActivity = .now()
            if self.writesUnderWay == 0 { self.caller?.wantsMore() }
        }
    }

    // MARK: - The time limit

    /// Ends the call when nothing came or went for as long as its connector allows.
    func checkTime(_ now: NIODeadline) {
        guard !isOver else { return }
        if isCallerSlow { return lastActivity = now }
        let limit = TimeAmount.seconds(Int64(admission.route.target.timeLimit))
        if now - lastActivity >= limit { fail(.timeLimit(admission.route.target.timeLimit)) }
    }

    /// It is the caller that does not take the answer, or does not send the rest of its request.
    private var isCallerSlow: Bool {
        caller?.isWritable == false || !isUploadWhole && !isFull && isSending
    }

    // MARK: - The answer

    func noteAnswer(version: HTTPVersion) { self.version = version }

    func noteArrival(of bytes: Int) { arrivedBytes += bytes }

    func noteEnd(_ trailers: HTTPHeaders?, on channel: any Channel) {
        (responseTrailers, isAnswerWhole, vendorChannel) = (trailers, true, channel)
        guard !isUploadWhole else { return }
        // Once the client's own handler has seen it, too.
        loop.assumeIsolated().execute { self.endBeforeUpload() }
    }

    /// A vendor may answer before it has read the request. The client would wait for the end of the request, of which the
    /// vendor takes no more.
    private func endBeforeUpload() {
        guard isAnswering, isAnswerWhole, !isUploadWhole, responseBody.size == arrivedBytes else { return }
        let channel = vendorChannel
        endAnswer()
        channel?.close(promise: nil)
    }

    func receive(_ head: HTTPResponseHead) {
        guard isSending, let caller else { return }
        lastActivity = .now()
        let status = Int(head.status.code)
        record.status = status
        record.responseHeaders = head.headers.map { HeaderField(name: $0.name, value: $0.value) }
        if RetrySchedule.statuses.contains(status), let pause = pause(head.headers.first(name: "retry-after")) {
            state = .dropping
            return begin(pause)
        }
        state = .answering
        statusTold = status
        let answer = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: status),
            headers: ForwardedFields.response(head.headers))
        if admission.route.target.record == .required {
            bytesToCome = bodyLength(of: answer)
            if bytesToCome == 0 { return heldHead = answer }
        }
        caller.send(head: answer)
    }

    /// Nil when only the end tells (RFC 9112, section 6.3).
    private func bodyLength(of answer: HTTPResponseHead) -> Int? {
        if request.method == .head || answer.status == .noContent || answer.status == .notModified { return 0 }
        return answer.headers.first(name: "content-length").flatMap { Int($0) }
    }

    /// Done when more of the answer can be taken.
    func receive(_ bytes: ByteBuffer) -> EventLoopFuture<Void> {
        guard bytes.readableBytes > 0 else { return loop.makeSucceededVoidFuture() }
        lastActivity = .now()
        if case .dropping = state {
            responseBody.take(bytes)
            if responseBody.size > RetrySchedule.bodyBytes { endAttempt(isAnswerWhole: false) }
            return loop.makeSucceededVoidFuture()
        }
        guard isAnswering, let caller else { return loop.makeSucceededVoidFuture() }
        responseBody.take(bytes)
        bytesToCome = bytesToCome.map { $0 - bytes.readableBytes }
        if bytesToCome == 0 { heldBody = bytes } else { caller.send(body: bytes) }
        if isAnswerWhole, !isUploadWhole { loop.assumeIsolated().execute { self.endBeforeUpload() } }
        return caller.whenWritable() ?? loop.makeSucceededVoidFuture()
    }

    func receiveEnd() {
        if case .dropping = state { return endAttempt() }
        if isAnswering { endAnswer() }
    }

    private func endAnswer() {
        let trailers = ForwardedFields.trailers(responseTrailers)
        guard admission.route.target.record == .required else {
            let caller = caller
            giveUp(CancellationError())
            caller?.sendEnd(trailers)
            return
        }
        let (upload, task) = (upload, task)
        let call = NIOLoopBound(self, eventLoop: loop)
        finish { isRecorded in
            let call = call.value
            guard let caller = call.caller else { return }
            guard isRecorded else { return caller.breakOff() }
            if let head = call.heldHead { caller.send(head: head) }
            if let body = call.heldBody { caller.send(body: body) }
            caller.sendEnd(trailers)
        }
        upload?.fail(CancellationError())
        task?.cancel()
    }

    func fail(_ failure: CallFailure) {
        guard !isOver else { return }
        let hasHead = isAnswering
        let failure = record.status == nil ? failure : failure.afterHead
        (record.errorName, record.errorMessage) = (failure.name, failure.message)
        if case .dropping = state { return endAttempt() }
        if !hasHead, failure.mayPass, let pause = pause() {
            begin(pause)
            return endAttempt()
        }
        if !hasHead { statusTold = failure.kind.code.status }
        if let name = failure.kind.faultName {
            record.fault = RecordedCall.Fault(name: name, statusCode: failure.kind.code.status)
        }
        let caller = caller
        giveUp(failure)
        if hasHead {
            caller?.breakOff()
        } else {
            caller?.send(refusal: InvokerRefusal(failure.kind.code, failure.message))
        }
    }

    // MARK: - Further attempts

    /// How long to wait before another attempt; nil when there is none.
    private func pause(_ retryAfter: String? = nil) -> TimeAmount? {
        guard isUploadWhole, copy != nil,
            admission.route.target.record == .bestEffort || invoker.recorder.isRecording
        else { return nil }
        let random = invoker.randomBytes(2).reduce(0) { $0 * 256 + Double($1) } / 65_536
        let pause = RetrySchedule.delay(
            failed: earlier.failed + 1, retryAfter: retryAfter, now: invoker.now(), random: random)
        let end = earlier.begin + .seconds(Int64(admission.route.target.timeLimit))
        guard .now() + pause < end, invoker.limits.mayRetry(admission) else { return nil }
        return pause
    }

    private func begin(_ pause: TimeAmount) {
        pausing = loop.assumeIsolated().scheduleTask(in: pause) {
            // Whatever is left of an answer that nobody gets.
            if case .dropping = self.state { self.endAttempt(isAnswerWhole: false) }
            self.makeNextAttempt()
        }
    }

    /// The call keeps its place among those of its connector.
    private func endAttempt(isAnswerWhole: Bool = true) {
        let task = task
        close(isAnswerWhole: isAnswerWhole)
        invoker.recorder.take(record)
        state = .pausing
        task?.cancel()
    }

    private func makeNextAttempt() {
        guard case .pausing = state else { return }
        guard let caller, let copy else { return leaveInPause() }
        state = .done
        let next = InvokedCall(
            admission, path, request, requestID: requestID,
            after: Earlier(failed: earlier.failed + 1, begin: earlier.begin), invoker: invoker, loop: loop,
            caller: caller)
        caller.goOn(with: next)
        if copy.readableBytes > 0 { next.take(copy) }
        next.takeEnd(again: requestTrailers)
    }

    private func takeEnd(again trailers: HTTPHeaders?) {
        requestTrailers = trailers
        isUploadWhole = true
        send(isStream: trailers != nil)
    }

    private func leaveInPause() {
        state = .done
        pausing?.cancel()
        note()
        invoker.limits.leave(admission)
    }

    // MARK: - The end

    /// - Parameter whenRecorded: called on the loop once it is known whether the call is on disk.
    private func finish(whenRecorded: (@Sendable (Bool) -> Void)? = nil) {
        guard !isOver else { return }
        pausing?.cancel()
        close()
        note()
        invoker.limits.leave(admission)
        guard let whenRecorded else { return invoker.recorder.take(record) }
        let loop = loop
        invoker.recorder.take(record) { isRecorded in loop.execute { whenRecorded(isRecorded) } }
    }

    /// Nothing of it is under way any more, and its record is complete.
    private func close(isAnswerWhole: Bool = true) {
        let isCut = record.status != nil && record.errorName != nil
        state = .done
        if let slot { upstream?.calls.remove(slot) }
        (task, writer, upload, upstream, vendorChannel) = (nil, nil, nil, nil, nil)
        queued.removeAll()
        record.duration = (NIODeadline.now() - begin).nanoseconds / 1000
        record.requestBody = requestBody.captured(isWhole: isUploadWhole)
        record.responseBody = responseBody.captured(isWhole: isAnswerWhole && !isCut)
        requestBody.release()
        responseBody.release()
        // From 2 on versions have no second number (RFC 9110, section 2.5).
        record.httpVersion = version.map { $0.major < 2 ? "\($0.major).\($0.minor)" : "\($0.major)" }
        record.requestID = context.requestID ?? requestID
        context.fill(&record)
    }

    private func note() {
        invoker.door.note(
            requestID: requestID, method: request.method, status: statusTold, key: admission.keyID,
            duration: NIODeadline.now() - earlier.begin, isCall: true)
    }
}
