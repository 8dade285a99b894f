/// The instructions that were come to at one place of the text.
struct InstructionMarks {
    private var rounds: [Int] = []
    private var round = 0

    init(count: Int = 0) {
        rounds = [Int](repeating: 0, count: count)
    }

    mutating func removeAll() { round += 1 }

    /// False when it was there.
    @inline(__always)
    mutating func insert(_ instruction: Int32) -> Bool {
        defer { rounds[Int(instruction)] = round }
        return rounds[Int(instruction)] != round
    }
}
