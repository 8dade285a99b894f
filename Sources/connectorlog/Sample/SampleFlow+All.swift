import ConnectorLogCore

extension SampleFlow {
    /// One run that is done, one that failed with root faults, one in progress.
    static let all = [contacts, invoice, orders]

    /// The run whose Connector Log page is worth the first look.
    static let failed = invoice

    private static func header(_ name: String, _ value: String) -> HTTPExchange.Header {
        HTTPExchange.Header(name, value)
    }

    /// Made-up credentials: that they do not show anywhere is the point of the sample.
    private static let crmToken = header("Authorization", "Bearer sample-access-token-1b9d")
    private static let erpPassword = header("Authorization", "Basic c2FtcGxlLXVzZXI6c2FtcGxlLXBhc3N3b3Jk")
    private static let shopKey = header("X-Api-Key", "sample-shop-key-77aa")
    private static let json = header("Content-Type", "application/json")

    private static let contacts = SampleFlow(
        flowID: "6f1d2a90-5c1e-4b7f-9a51-0c7d1e6b1001", name: "Sync contacts nightly", version: "12",
        stateID: "6f1d2a90-5c1e-4b7f-9a51-0c7d1e6b2001", user: "scheduler",
        calls: [
            SampleCall(
                connector: "crm", event: "auth.token.refresh", method: "POST", path: "/crm/oauth/token",
                headers: [header("Content-Type", "application/x-www-form-urlencoded")],
                body: "grant_type=client_credentials&client_id=connector-log-sample&client_secret=sample-client-secret"),
            SampleCall(
                connector: "crm", event: "data.load", method: "GET", path: "/crm/v3/contacts?limit=2",
                headers: [crmToken]),
            SampleCall(
                connector: "crm", event: "data.load", method: "GET", path: "/crm/v3/contacts?limit=2&after=502",
                headers: [crmToken]),
            SampleCall(
                connector: "crm", event: "data.load", method: "GET", path: "/crm/v3/contacts?limit=2&after=502",
                headers: [crmToken, header("X-Retry-Attempt", "1")], waitsToRetry: true),
            SampleCall(
                connector: "crm", event: "data.save", method: "PUT", path: "/crm/v3/segments/nightly",
                headers: [crmToken, json], body: #"{"members":["501","502","503"]}"#),
        ],
        status: .done, currentStep: "Finished")

    private static let invoice = SampleFlow(
        flowID: "6f1d2a90-5c1e-4b7f-9a51-0c7d1e6b1002", name: "Approve invoice", version: "4",
        stateID: "6f1d2a90-5c1e-4b7f-9a51-0c7d1e6b2002", user: "jo.sample@example.com",
        calls: [
            SampleCall(
                connector: "erp", event: "data.load", method: "GET", path: "/erp/invoices/INV-2041",
                headers: [erpPassword]),
            SampleCall(
                connector: "erp", event: "data.load", method: "GET", path: "/erp/suppliers/S-77", headers: [erpPassword]
            ),
            SampleCall(
                connector: "erp", event: "data.save", method: "POST", path: "/erp/invoices/INV-2041/approvals",
                headers: [erpPassword, json], body: #"{"approved_by":"jo.sample","comment":"fine by me"}"#,
                fault: SampleCall.Fault(name: "Data Save Fault", kind: "service", action: "save")),
            SampleCall(
                connector: "erp", event: "invoke", method: "POST", path: "/erp/mail/notifications",
                headers: [erpPassword, json], body: #"{"to":"jo.sample@example.com","template":"approval-failed"}"#,
                fault: SampleCall.Fault(name: "Service Invoke Fault", kind: "service", action: "invoke")),
        ],
        status: .failed, currentStep: "Approve in the ERP")

    private static let orders = SampleFlow(
        flowID: "6f1d2a90-5c1e-4b7f-9a51-0c7d1e6b1003", name: "Import orders", version: "7",
        stateID: "6f1d2a90-5c1e-4b7f-9a51-0c7d1e6b2003", user: "scheduler",
        calls: [
            SampleCall(
                connector: "shop", event: "data.load", method: "GET", path: "/shop/orders?status=new",
                headers: [shopKey]),
            SampleCall(
                connector: "shop", event: "data.load", method: "GET",
                path: "/shop/stock/A-1001?api_key=sample-shop-key-77aa"),
            SampleCall(
                connector: "shop", event: "data.load", method: "GET", path: "/shop/orders/A-1001/shipments",
                headers: [shopKey], givesUpSoon: true),
            SampleCall(
                connector: "carrier", event: "data.save", method: "POST", path: "/labels", target: .nobody,
                headers: [json], body: #"{"order":"A-1001","password":"sample-carrier-password"}"#,
                fault: SampleCall.Fault(name: "Bad Gateway", kind: "api", action: "save")),
        ],
        status: .inProgress, currentStep: "Wait for the carrier")
}
