import Mustache

/// The templates of all pages, compiled at start-up.
package struct PageTemplates: Sendable {
    package enum Name: String, CaseIterable, Sendable {
        case signIn = "sign-in"
        case dashboard
        case search
        case connectors
        case connector
        case invoker
        case insights
        case connectorLog = "connector-log"
        case failures
        case entry
        case fault
        case faultPart = "fault-part"
        case redaction
        case teamSettings = "team-settings"
        case keys
        case retention
        case audit
        case trial
        case error
        case bounce
        /// Around every page.
        case frame
        // Parts that several pages share.
        case pager
        case headers
        case pieces
        case receipt
        case receiptTable = "receipt-table"
        case rulesArea = "rules-area"
        case settings
        case matched
        case uri
        case range
        case timeChart = "time-chart"
        case pageLinks = "page-links"
        case body
        case eventRow = "event-row"
        case faultRow = "fault-row"
        case waterfall
        case jsonTree = "json-tree"
        case jsonLine = "json-line"

        /// The file's text, as it stands in the program.
        package var source: String {
            let bytes =
                switch self {
                case .signIn: PackageResources.sign_in_mustache
                case .connectors: PackageResources.connectors_mustache
                case .connector: PackageResources.connector_mustache
                case .invoker: PackageResources.invoker_mustache
                case .search: PackageResources.search_mustache
                case .dashboard: PackageResources.dashboard_mustache
                case .insights: PackageResources.insights_mustache
                case .connectorLog: PackageResources.connector_log_mustache
                case .failures: PackageResources.failures_mustache
                case .entry: PackageResources.entry_mustache
                case .fault: PackageResources.fault_mustache
                case .faultPart: PackageResources.fault_part_mustache
                case .teamSettings: PackageResources.team_settings_mustache
                case .keys: PackageResources.keys_mustache
                case .retention: PackageResources.retention_mustache
                case .audit: PackageResources.audit_mustache
                case .settings: PackageResources.settings_mustache
                case .redaction: PackageResources.redaction_mustache
                case .trial: PackageResources.trial_mustache
                case .error: PackageResources.error_mustache
                case .bounce: PackageResources.bounce_mustache
                case .frame: PackageResources.frame_mustache
                case .pager: PackageResources.pager_mustache
                case .headers: PackageResources.headers_mustache
                case .pieces: PackageResources.pieces_mustache
                case .receipt: PackageResources.receipt_mustache
                case .receiptTable: PackageResources.receipt_table_mustache
                case .rulesArea: PackageResources.rules_area_mustache
                case .uri: PackageResources.uri_mustache
                case .matched: PackageResources.matched_mustache
                case .range: PackageResources.range_mustache
                case .timeChart: PackageResources.time_chart_mustache
                case .pageLinks: PackageResources.page_links_mustache
                case .body: PackageResources.body_mustache
                case .eventRow: PackageResources.event_row_mustache
                case .faultRow: PackageResources.fault_row_mustache
                case .waterfall: PackageResources.waterfall_mustache
                case .jsonTree: PackageResources.json_tree_mustache
                case .jsonLine: PackageResources.json_line_mustache
                }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Compiled once; `PageRoutes` throws what failed when the server starts.
    static let compiled = Result { try PageTemplates() }

    private let library: MustacheLibrary

    /// Throws when a template does not parse: the server must not start then.
    package init() throws {
        MustacheContentTypes.register(PageEscaping(), named: PageEscaping.name)
        var library = MustacheLibrary()
        for name in Name.allCases {
            // Each template names the escaping: a partial falls back to the library's own otherwise.
            // A partial's last line break would stand in the middle of preformatted text.
            let source = name.source.hasSuffix("\n") ? String(name.source.dropLast()) : name.source
            let text = "{{% CONTENT_TYPE:\(PageEscaping.name)}}\n" + source
            library.register(try MustacheTemplate(string: text), named: name.rawValue)
        }
        self.library = library
    }

    /// The HTML of a page.
    package func render<Page: PageModel>(_ page: Page) -> String {
        // Every name is registered, so that there is always a template.
        library.render(page, withTemplate: Page.template.rawValue) ?? ""
    }

    /// The HTML of one part of a page.
    package func render(_ part: some Sendable, part name: Name) -> String {
        library.render(part, withTemplate: name.rawValue) ?? ""
    }
}
