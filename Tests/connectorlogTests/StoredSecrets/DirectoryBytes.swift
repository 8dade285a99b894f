import Foundation

/// The files below a directory as they lie on the disk.
enum DirectoryBytes {
    static func forEachFile(in directory: String, _ body: (_ name: String, _ bytes: [UInt8]) throws -> Void) throws {
        guard let files = FileManager.default.enumerator(atPath: directory) else { return }
        for case let name as String in files {
            let path = directory + "/" + name
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), !isDirectory.boolValue else {
                continue
            }
            try body(name, [UInt8](Data(contentsOf: URL(filePath: path))))
        }
    }
}
