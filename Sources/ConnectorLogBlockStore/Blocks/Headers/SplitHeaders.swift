import ConnectorLogCore

/// Header lists taken apart into names, shapes and values, without a copy of any of them.
struct SplitHeaders {
    /// The first place of each name in the column's bytes.
    private(set) var names: [Range<Int>] = []
    /// The numbers of the names; nil for the shape of null.
    private(set) var shapes: [[Int]?] = []
    private(set) var shapeOfRow: [Int] = []

    private var nameOfField: [Int] = []
    private var rowOfField: [Int] = []
    private var valueOfField: [Range<Int>] = []
    /// The numbers of the fields, name by name.
    private var fieldsByName: [Int] = []
    private var firstOfName: [Int] = []

    private static let maximumNames = 1024

    /// A shape is a path from the root: each node a name behind those on the way to it. Rows mostly take the path of a row
    /// before them, so that a name is compared once and never hashed.
    private struct Node {
        var name = -1
        var firstChild = -1
        var nextSibling = -1
        /// The child that was taken last.
        var recent = -1
        var shape = -1
    }

    private var nodes = [Node()]
    /// Steps that are left for names that no row before had in their place: headers made to be all alike would else take
    /// the square of their length.
    private var stepsLeft: Int

    /// Nil when rows share too few names and shapes for it to pay, or a value is no header list.
    init?(_ column: TextColumn) {
        let span = column.bytes.span
        stepsLeft = 8 * column.bytes.count + 4096
        var nullShape = -1
        for row in 0..<column.count {
            if column.isNull(row) {
                if nullShape < 0 {
                    nullShape = shapes.count
                    shapes.append(nil)
                }
                shapeOfRow.append(nullShape)
                continue
            }
            let firstField = nameOfField.count
            guard let node = take(span, column.range(row), row: row) else { return nil }
            if nodes[node].shape < 0 {
                nodes[node].shape = shapes.count
                shapes.append(Array(nameOfField[firstField...]))
            }
            shapeOfRow.append(nodes[node].shape)
            if nodes.count > 1024 + 4 * row || nameOfField.count > HeaderColumnFormat.maximumFields { return nil }
        }
        if nameOfField.isEmpty || shapes.count * 2 > max(column.count, 16) { return nil }
        groupByName()
    }

    /// Takes one row's fields; returns the node at the end of its path.
    private mutating func take(_ bytes: Span<UInt8>, _ list: Range<Int>, row: Int) -> Int? {
        var node = 0
        var at = list.lowerBound
        while at < list.upperBound {
            guard let name = HeaderList.text(in: bytes, at: &at, end: list.upperBound),
                let value = HeaderList.text(in: bytes, at: &at, end: list.upperBound),
                let next = child(of: node, bytes, name)
            else { return nil }
            node = next
            nameOfField.append(nodes[node].name)
            rowOfField.append(row)
            valueOfField.append(value)
        }
        return node
    }

    private mutating func child(of node: Int, _ bytes: Span<UInt8>, _ name: Range<Int>) -> Int? {
        let recent = nodes[node].recent
        if recent >= 0, Self.isEqual(bytes, names[nodes[recent].name], name) { return recent }
        var child = nodes[node].firstChild
        while child >= 0, !isFound(bytes, names[nodes[child].name], name) {
            guard stepsLeft > 0 else { return nil }
            child = nodes[child].nextSibling
        }
        if child < 0 {
            guard let number = number(of: name, bytes) else { return nil }
            child = nodes.count
            nodes.append(Node(name: number, nextSibling: nodes[node].firstChild))
            nodes[node].firstChild = child
        }
        nodes[node].recent = child
        return child
    }

    private mutating func number(of name: Range<Int>, _ bytes: Span<UInt8>) -> Int? {
        for number in names.indices {
            if isFound(bytes, names[number], name) { return number }
            guard stepsLeft > 0 else { return nil }
        }
        guard names.count < Self.maximumNames else { return nil }
        names.append(name)
        return names.count - 1
    }

    /// `isEqual`, at the cost of its steps.
    private mutating func isFound(_ bytes: Span<UInt8>, _ a: Range<Int>, _ b: Range<Int>) -> Bool {
        stepsLeft -= a.count == b.count ? a.count + 1 : 1
        return Self.isEqual(bytes, a, b)
    }

    @inline(__always)
    private static func isEqual(_ bytes: Span<UInt8>, _ a: Range<Int>, _ b: Range<Int>) -> Bool {
        guard a.count == b.count else { return false }
        for offset in 0..<a.count where bytes[a.lowerBound + offset] != bytes[b.lowerBound + offset] { return false }
        return true
    }

    private mutating func groupByName() {
        var counts = Array(repeating: 0, count: names.count)
        for name in nameOfField { counts[name] += 1 }
        var next: [Int] = []
        var sum = 0
        for count in counts {
            next.append(sum)
            sum += count
        }
        firstOfName = next + [sum]
        fieldsByName = Array(repeating: 0, count: sum)
        for (field, name) in nameOfField.enumerated() {
            fieldsByName[next[name]] = field
            next[name] += 1
        }
    }

    /// Gives the place of each value of a name.
    func forEachValue(of name: Int, _ body: (Range<Int>) -> Void) {
        for field in fieldsByName[firstOfName[name]..<firstOfName[name + 1]] { body(valueOfField[field]) }
    }

    /// The values of a name in the order of rows, and the row of each.
    func values(of name: Int, in column: TextColumn) -> (texts: TextColumn, rows: [Int]) {
        let fields = fieldsByName[firstOfName[name]..<firstOfName[name + 1]]
        var texts = TextColumn()
        texts.reserve(rows: fields.count, bytes: fields.reduce(0) { $0 + valueOfField[$1].count })
        for field in fields { texts.append(valueOfField[field], of: column) }
        return (texts, fields.map { rowOfField[$0] })
    }
}
