/// A page of a list: the member that names the rows, and where to go on.
package struct PageAnswer<Row: JSONWritable>: JSONWritable {
    package var name: String
    package var rows: [Row]
    package var nextCursor: String?

    package init(_ name: String, _ rows: [Row], nextCursor: String?) {
        (self.name, self.rows, self.nextCursor) = (name, rows, nextCursor)
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.name(name)
            json.array { json in
                for row in rows { json.write(row) }
            }
            json.member("next_cursor", nextCursor)
        }
    }
}

/// A page as a client reads it: all its members but `next_cursor` are the rows.
package struct PageDocument<Row: Decodable & Sendable>: Decodable, Sendable {
    package var rows: [Row]
    /// Null on the last page.
    package var nextCursor: String?

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: MemberName.self)
        guard let name = members.allKeys.first(where: { $0.stringValue != "next_cursor" }) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no rows"))
        }
        rows = try members.decode([Row].self, forKey: name)
        nextCursor = try members.decodeIfPresent(String.self, forKey: "next_cursor")
    }
}
