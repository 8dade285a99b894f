package import ConnectorLogAPI

extension JSONValue: JSONWritable {
    /// Members of objects in the order of their names.
    package func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.writeNull()
        case .bool(let flag): json.write(flag)
        case .number(let number): json.write(verbatim: (Int64(exactly: number).map(String.init) ?? String(number)).utf8)
        case .text(let text): json.write(text)
        case .array(let values):
            json.array { json in
                for value in values { json.write(value) }
            }
        case .object(let members):
            json.object { json in
                for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                    json.name(name)
                    json.write(value)
                }
            }
        }
    }
}
