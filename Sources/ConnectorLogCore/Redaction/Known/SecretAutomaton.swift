internal import CByteSearch

/// All forms of all known secrets in one automaton (Aho and Corasick, 1975): one walk over a text finds every place at
/// which a form ends, in time that grows with the text alone. Letters of ASCII are compared without case; who cares about
/// it compares again.
///
/// Nodes are numbered by depth, so that the children of one follow each other. Nearly every node has one child.
final class SecretAutomaton: Sendable {
    typealias Node = UInt32
    static let root: Node = 0
    private static let none: UInt32 = .max

    /// In the order of their bytes without case, so that equal ones, and those below one node, are neighbours.
    let forms: [SecretForm]
    /// For each form, the secret that it is one of.
    let secrets: [Int]

    private struct Vertex {
        var firstChild: UInt32
        /// The node of the longest proper end of this one's text that is a beginning of some form.
        var failure: Node
        /// The nearest node on the way of failures at which a form ends; `none` without.
        var shorterEnd: Node
        /// The first of the forms that begin with this node's text.
        var firstForm: UInt32
        /// How many forms are just this node's text.
        var endingForms: UInt16
        var childCount: UInt16
        var depth: UInt16
    }

    private let vertices: [Vertex]
    /// For each node, the byte that leads to it.
    private let labels: [UInt8]
    /// The children of the root by byte; `root` where there is none.
    private let rootChildren: [Node]

    var nodeCount: Int { vertices.count }
    /// Bytes of the longest anchor.
    let longest: Int

    /// - Parameter forms: with the number of the secret that each belongs to.
    init(_ forms: [(form: SecretForm, secret: Int)]) {
        let sorted = forms.map { (key: $0.form.anchor.map(\.asciiLowercased), $0.form, $0.secret) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        self.forms = sorted.map { $0.1 }
        secrets = sorted.map { $0.2 }
        let keys = sorted.map { $0.key }
        longest = keys.map(\.count).max() ?? 0

        // Level by level: a node is the keys in a range, which share their first `depth` bytes.
        var vertices: [Vertex] = []
        var labels: [UInt8] = [0]
        var level: [Range<Int>] = [0..<keys.count]
        var depth = 0
        while !level.isEmpty {
            var next: [Range<Int>] = []
            let firstOfNext = vertices.count + level.count
            for range in level {
                var start = range.lowerBound
                while start < range.upperBound, keys[start].count == depth { start += 1 }
                let ending = start - range.lowerBound
                let firstChild = firstOfNext + next.count
                while start < range.upperBound {
                    let byte = keys[start][depth]
                    var end = start + 1
                    while end < range.upperBound, keys[end][depth] == byte { end += 1 }
                    next.append(start..<end)
                    labels.append(byte)
                    start = end
                }
                vertices.append(
                    Vertex(
                        firstChild: UInt32(firstChild), failure: Self.root, shorterEnd: Self.none,
                        firstForm: UInt32(range.lowerBound), endingForms: UInt16(clamping: ending),
                        childCount: UInt16(firstOfNext + next.count - firstChild), depth: UInt16(depth)))
            }
            level = next
            depth += 1
        }
        var rootChildren = [Node](repeating: Self.root, count: 256)
        for child in Self.children(of: vertices[0]) { rootChildren[Int(labels[child])] = Node(child) }
        Self.link(&vertices, labels, rootChildren)
        (self.vertices, self.labels, self.rootChildren) = (vertices, labels, rootChildren)
    }

    private static func children(of vertex: Vertex) -> Range<Int> {
        Int(vertex.firstChild)..<Int(vertex.firstChild) + Int(vertex.childCount)
    }

    /// Failures of a level need only those above it.
    private static func link(_ vertices: inout [Vertex], _ labels: [UInt8], _ rootChildren: [Node]) {
        for parent in vertices.indices {
            for child in children(of: vertices[parent]) {
                if parent > 0 {
                    vertices[child].failure = step(
                        from: vertices[parent].failure, labels[child], vertices, labels, rootChildren)
                }
                let failure = Int(vertices[child].failure)
                vertices[child].shorterEnd =
                    vertices[failure].endingForms > 0 ? Node(failure) : vertices[failure].shorterEnd
            }
        }
    }

    @inline(__always)
    private static func step(
        from start: Node, _ byte: UInt8, _ vertices: [Vertex], _ labels: [UInt8], _ rootChildren: [Node]
    ) -> Node {
        var node = start
        while node != root {
            let vertex = vertices[Int(node)]
            for child in children(of: vertex) where labels[child] == byte { return Node(child) }
            node = vertex.failure
        }
        return rootChildren[Int(byte)]
    }

    /// The node after one more byte, in lower case.
    @inline(__always)
    func step(from node: Node, _ lowercased: UInt8) -> Node {
        Self.step(from: node, lowercased, vertices, labels, rootChildren)
    }

    /// Whether some form ends at the node.
    @inline(__always)
    func isEnd(_ node: Node) -> Bool {
        let vertex = vertices[Int(node)]
        return vertex.endingForms > 0 || vertex.shorterEnd != Self.none
    }

    /// Gives the numbers of the forms that end at the node, longest first.
    func forEachEnding(at node: Node, _ body: (_ form: Int) -> Void) {
        var node = node
        while node != Self.none {
            let vertex = vertices[Int(node)]
            for form in Int(vertex.firstForm)..<Int(vertex.firstForm) + Int(vertex.endingForms) { body(form) }
            node = vertex.shorterEnd
        }
    }

    /// The longest beginning of a form, shorter than it and at least `minimum` bytes, with which the text that led to the
    /// node ends and that is taken.
    func beginning(
        at node: Node, minimum: Int, where isTaken: (_ form: Int, _ length: Int) -> Bool
    ) -> (form: Int, length: Int)? {
        var node = node
        while node != Self.root {
            let vertex = vertices[Int(node)]
            let length = Int(vertex.depth)
            guard length >= minimum else { return nil }
            for form in Int(vertex.firstForm) + Int(vertex.endingForms)..<forms.count {
                guard forms[form].anchor.count > length, isBelow(form, node, length) else { break }
                if isTaken(form, length) { return (form, length) }
            }
            node = vertex.failure
        }
        return nil
    }

    /// Whether the form begins as the first one of the node does.
    private func isBelow(_ form: Int, _ node: Node, _ length: Int) -> Bool {
        let first = forms[Int(vertices[Int(node)].firstForm)].anchor.prefix(length)
        return zip(first, forms[form].anchor).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }
}
