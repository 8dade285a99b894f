/// One HTTP request as the client makes it, and its answer. Between the API client and the network, so that tests put
/// something else in the network's place.
protocol HTTPTransport: Sendable {
    func send(_ request: HTTPExchange.Request) async throws(APIFailure) -> HTTPExchange.Response

    /// As `send`, but the body of an answer with status 200 goes piece by piece to `receive`, and is not in what is
    /// returned. Throws `APIFailure`, or what `receive` threw.
    func stream(
        _ request: HTTPExchange.Request, _ receive: ([UInt8]) throws -> Void
    ) async throws -> HTTPExchange.Response
}

enum HTTPExchange {
    struct Request: Equatable, Sendable {
        var method: String
        var url: String
        var headers: [Header] = []
        var body: [UInt8] = []
        /// How long to wait for the whole answer; nil leaves it to the transport.
        var timeout: Duration?
    }

    struct Response: Equatable, Sendable {
        var status: Int
        var headers: [Header] = []
        var body: [UInt8] = []

        /// The first field of that name; names match in either case (RFC 9110, section 5.1).
        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    struct Header: Equatable, Sendable {
        var name: String
        var value: String

        init(_ name: String, _ value: String) {
            (self.name, self.value) = (name, value)
        }
    }
}
