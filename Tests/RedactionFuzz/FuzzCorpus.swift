import ConnectorLogTesting
import Foundation

/// What libFuzzer begins with: texts with planted secrets, and JSON that is made of what the redactor knows. The same each
/// time.
enum FuzzCorpus {
    private static let count = 1500

    static func write(to directory: String) {
        var random = SeededRandom(seed: 23)
        let texts = RedactionTexts(seed: 22)
        for number in 0..<count {
            let input = [UInt8.random(in: 0...127, using: &random)] + texts.next(&random)
            do {
                try Data(input).write(to: URL(filePath: "\(directory)/made-\(number)"))
            } catch {
                // Nothing is there to fuzz with, and nobody to hand an error to.
                fatalError("cannot write to \(directory)")
            }
        }
    }
}
