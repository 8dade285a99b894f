package import ConnectorLogCore
import Foundation

/// A log entry in the shape of a service request of Boomi Flow: its bodies are texts of JSON, and what came back is a list
/// of responses, or of failures when the call failed.
package struct ServiceRequest: Sendable {
    private let entry: LogEntry
    private let isWhole: Bool

    /// - Parameter isWhole: with responses and failures, which lists leave out.
    package init(_ entry: LogEntry, isWhole: Bool) {
        (self.entry, self.isWhole) = (entry, isWhole)
    }

    private var summary: EntrySummary { entry.summary }

    /// When the answer came, as far as it is known.
    private var answeredAt: Timestamp { summary.logTime.advanced(byMicroseconds: summary.durationMicroseconds ?? 0) }

    private func writeIdentity(to json: inout JSONWriter, isAnswer: Bool) {
        json.member("id", summary.id)
        if isAnswer { json.member("serviceRequestId", summary.id) }
        json.member("tenantId", tenant)
        json.member("stateId", summary.stateID)
        json.member("createdAt", isAnswer ? answeredAt : summary.logTime)
    }

    /// What Boomi reported of it.
    private var tenant: String? {
        guard let json = entry.attributesJSON,
            case .object(let members)? = try? JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)),
            case .text(let tenant)? = members["boomi.tenant"]
        else { return nil }
        return tenant
    }

    /// As Boomi's own log has it: a text of JSON.
    private var problem: String {
        var json = JSONWriter()
        json.object { json in
            json.member("kind", summary.errorName)
            json.member("uri", summary.uri)
            json.member("statusCode", summary.status)
            json.member("message", summary.errorMessage)
            json.member("responseBody", entry.responseBody?.textOrNil)
            json.name("responseHeaders")
            json.write(HeadersDocument(entry.responseHeaders))
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension ServiceRequest: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            writeIdentity(to: &json, isAnswer: false)
            json.member("method", summary.method)
            json.member("uri", summary.uri)
            json.member("content", entry.requestBody?.textOrNil)
            json.member("attributes", verbatim: (entry.attributesJSON ?? "{}").utf8)
            guard isWhole else { return }
            json.name("responses")
            json.array { if summary.outcome == .ok { writeResponse(to: &$0) } }
            json.name("failures")
            json.array { if summary.outcome == .failed { writeFailure(to: &$0) } }
        }
    }

    private func writeResponse(to json: inout JSONWriter) {
        json.object { json in
            writeIdentity(to: &json, isAnswer: true)
            json.member("content", entry.responseBody?.textOrNil)
        }
    }

    private func writeFailure(to json: inout JSONWriter) {
        json.object { json in
            writeIdentity(to: &json, isAnswer: true)
            json.member("problem", problem)
        }
    }
}

extension Body {
    /// Bytes that are no text have none.
    fileprivate var textOrNil: String? { isBinary ? nil : text }
}

/// Which page, by its number.
package struct PagePlace: Hashable, Sendable {
    /// From 1.
    package var number: Int
    package var size: Int

    package init(number: Int, size: Int) {
        (self.number, self.size) = (number, size)
    }
}

/// `{_meta, _links, items}`.
package struct ServiceRequestPage: JSONWritable, Sendable {
    package struct Total: Hashable, Sendable {
        package var count: Int
        /// False when there are more than were counted.
        package var isExact: Bool

        package init(count: Int, isExact: Bool) {
            (self.count, self.isExact) = (count, isExact)
        }
    }

    private let items: [ServiceRequest]
    private let total: Total
    private let place: PagePlace
    private let path: String
    private let parameters: [(name: String, value: String)]

    /// - Parameters:
    ///   - path: of the request, percent-encoded.
    ///   - parameters: of its query, decoded, that links repeat.
    package init(
        items: [ServiceRequest], total: Total, place: PagePlace, path: String,
        parameters: [(name: String, value: String)]
    ) {
        self.items = items
        self.total = total
        self.place = place
        self.path = path
        self.parameters = parameters
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.name("_meta")
            json.object {
                $0.member("total", total.count)
                $0.member("totalIsExact", total.isExact)
                $0.member("page", place.number)
                $0.member("pageSize", place.size)
            }
            json.name("_links")
            json.object { json in
                json.member("self", link(place.number))
                json.member("first", link(1))
                json.member("prev", place.number > 1 ? link(place.number - 1) : nil)
                let hasNext = place.number * place.size < total.count || !total.isExact && items.count == place.size
                json.member("next", hasNext ? link(place.number + 1) : nil)
            }
            json.member("items", items)
        }
    }

    private func link(_ number: Int) -> String {
        let query = [("page", String(number))] + parameters.map { ($0.name, PercentEncoding.encode($0.value)) }
        return path + "?" + query.map { "\($0)=\($1)" }.joined(separator: "&")
    }
}
