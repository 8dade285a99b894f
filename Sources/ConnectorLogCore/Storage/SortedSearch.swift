extension RandomAccessCollection where Index == Int {
    /// The first place where `isBehind` holds, or the end. It holds for none of the elements up to some place and for all
    /// from there on.
    package func firstIndex(rising isBehind: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
