import AsyncHTTPClient
import ConnectorLogClient
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// A run that sends an order to a vendor, and whose outcome is recorded.
struct OrderSync: Service {
    let vendor: RecordingHTTPClient
    let recorder: ConnectorLogRecorder
    let vendorURL: String
    let stateID: String

    private struct VendorFault: Error {
        var status: UInt
    }

    func run() async throws {
        recorder.record(ConnectorLogStateChange(stateID: stateID, flowID: "order-sync", status: .inProgress))
        let status = await ConnectorLogContext.with(flowID: "order-sync", stateID: stateID) { await syncOrders() }
        recorder.record(ConnectorLogStateChange(stateID: stateID, flowID: "order-sync", status: status))
        print("run \(stateID) \(status)")
    }

    private func syncOrders() async -> ConnectorLogStateChange.Status {
        do {
            try await call(.GET, "/healthz", event: "data.load")
            try await call(.POST, "/orders", event: "data.save", body: #"{"amount":-1}"#)
            return .done
        } catch {
            recordFault(error)
            return .failed
        }
    }

    private func call(_ method: HTTPMethod, _ path: String, event: String, body: String? = nil) async throws {
        try await ConnectorLogContext.with(event: event) {
            var request = HTTPClientRequest(url: vendorURL + path)
            request.method = method
            request.headers.add(name: "Content-Type", value: "application/json")
            // Is not sent to the log: see the entry's request headers there.
            request.headers.add(name: "Authorization", value: "Bearer made-up-vendor-token")
            request.body = body.map { .bytes(ByteBuffer(string: $0)) }
            let response = try await vendor.execute(request, timeout: .seconds(30))
            _ = try await response.body.collect(upTo: 1 << 20)
            guard response.status.code < 400 else { throw VendorFault(status: response.status.code) }
        }
    }

    /// Of the current run, which the context names.
    private func recordFault(_ error: any Error) {
        var fault = ConnectorLogFault(name: "Data Save Fault")
        fault.connector = "order-vendor"
        fault.message = "\(error)"
        fault.statusCode = (error as? VendorFault).map { Int($0.status) }
        recorder.record(fault)
    }
}
