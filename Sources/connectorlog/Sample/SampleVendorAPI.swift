import ConnectorLogCore
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// A small vendor's API on loopback for a first look: it answers as vendors do, well and badly. Every name and token in it
/// is made up.
struct SampleVendorAPI: Sendable {
    let clock: any Clock<Duration>

    /// Runs the API on a free port of loopback while `body` runs.
    func run<Result: Sendable>(_ body: @escaping @Sendable (_ port: Int) async throws -> Result) async throws -> Result
    {
        let (ports, port) = AsyncStream<Int>.makeStream()
        // Its end is always abrupt, and nobody's concern.
        let logger = Logger(label: "sample-vendor") { _ in SwiftLogNoOpLogHandler() }
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                port.yield(channel.localAddress?.port ?? 0)
                port.finish()
            },
            logger: logger
        )
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                defer { port.finish() }
                try await application.run()
                return nil
            }
            group.addTask {
                for await port in ports { return try await body(port) }
                throw CommandFailure(.unavailable, "the sample vendor API did not start")
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CommandFailure(.unavailable, "the sample vendor API stopped early")
        }
    }

    private var router: Router<BasicRequestContext> {
        let router = Router()
        addContacts(to: router.group("crm"))
        addInvoices(to: router.group("erp"))
        addOrders(to: router.group("shop"))
        return router
    }

    // MARK: The CRM: sign-in, paging, and a rate limit that lets the second try pass

    private func addContacts(to group: RouterGroup<BasicRequestContext>) {
        group.post("oauth/token") { _, _ in
            try await answer(
                after: 41, .ok, "crm-7f21",
                #"{"access_token":"sample-access-token-1b9d","token_type":"Bearer","expires_in":1800}"#)
        }
        group.get("v3/contacts") { request, _ in
            guard request.uri.queryParameters["after"] != nil else {
                return try await answer(after: 88, .ok, "crm-7f22", Self.contacts)
            }
            guard request.headers[.retryAttempt] != nil else {
                return try await answer(
                    after: 12, .tooManyRequests, "crm-7f23",
                    #"{"status":"error","category":"RATE_LIMITS","message":"You have reached your secondly limit."}"#,
                    [.retryAfter: "1"])
            }
            return try await answer(
                after: 73, .ok, "crm-7f24", #"{"results":[{"id":"503","city":"Turku"}],"paging":null}"#)
        }
        group.put("v3/segments/nightly") { _, _ in
            try await answer(after: 64, .ok, "crm-7f25", #"{"id":"nightly","members":3,"changed":1}"#)
        }
    }

    private static let contacts =
        #"{"results":[{"id":"501","city":"Oulu"},{"id":"502","city":"Tampere"}],"paging":{"next":{"after":"502"}}}"#

    // MARK: The ERP: what is missing, what is invalid, what breaks

    private func addInvoices(to group: RouterGroup<BasicRequestContext>) {
        group.get("invoices/:id") { _, _ in
            try await answer(
                after: 57, .ok, "erp-90001",
                #"{"id":"INV-2041","supplier":"S-77","total":"1840.00","currency":"EUR","state":"open"}"#)
        }
        group.get("suppliers/:id") { _, _ in
            try await answer(
                after: 23, .notFound, "erp-90002", #"{"code":"SUPPLIER_NOT_FOUND","message":"No supplier S-77."}"#)
        }
        group.post("invoices/:id/approvals") { _, _ in
            try await answer(
                after: 95, .unprocessableContent, "erp-90003",
                """
                {"code":"VALIDATION_FAILED","message":"The invoice cannot be approved.",\
                "details":[{"field":"cost_center","issue":"has to be given for amounts above 1000 EUR"}]}
                """)
        }
        group.post("mail/notifications") { _, _ in
            try await answer(
                after: 140, .internalServerError, "erp-90004",
                #"{"code":"INTERNAL","message":"Something went wrong on our side. Please contact support."}"#)
        }
    }

    // MARK: The shop: one answer that never comes

    private func addOrders(to group: RouterGroup<BasicRequestContext>) {
        group.get("orders") { _, _ in
            try await answer(
                after: 102, .ok, "shop-3c1",
                #"{"orders":[{"id":"A-1001","lines":3},{"id":"A-1002","lines":1}],"has_more":false}"#)
        }
        group.get("stock/:id") { _, _ in
            try await answer(after: 31, .ok, "shop-3c2", #"{"id":"A-1001","available":true}"#)
        }
        group.get("orders/:id/shipments") { _, _ -> Response in
            // Until the caller gives up and the request's task is cancelled.
            for await _ in AsyncStream<Never>.makeStream().stream {}
            throw HTTPError(.serviceUnavailable)
        }
    }

    private func answer(
        after milliseconds: Int, _ status: HTTPResponse.Status, _ requestID: String, _ body: String,
        _ headers: HTTPFields = [:]
    ) async throws -> Response {
        try await clock.sleep(for: .milliseconds(milliseconds))
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.vendorRequestID] = requestID
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}

extension HTTPField.Name {
    fileprivate static let vendorRequestID = HTTPField.Name("X-Request-Id").unsafelyUnwrapped
    fileprivate static let retryAttempt = HTTPField.Name("X-Retry-Attempt").unsafelyUnwrapped
}
