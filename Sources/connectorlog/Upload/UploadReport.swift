import ConnectorLogAPI
import ConnectorLogIngest

/// What became of the lines that `ingest` sent.
struct UploadReport: Equatable, Sendable {
    struct Rejection: Equatable, Sendable {
        var file: String
        var line: Int
        var code: String
        var field: String?
        var message: String

        static func tooLong(file: String, line: Int, limit: Int) -> Rejection {
            Rejection(
                file: file, line: line, code: LineError.Code.lineTooLong.rawValue,
                message: "longer than \(limit) bytes")
        }

        init(file: String, line: Int, code: String, field: String? = nil, message: String) {
            (self.file, self.line, self.code, self.field, self.message) = (file, line, code, field, message)
        }

        init(file: String, line: Int, _ error: LineError) {
            self.init(
                file: file, line: line, code: error.code.rawValue, field: error.field, message: error.message)
        }
    }

    /// Lines that are stored, whichever run sent them.
    var accepted = 0
    /// Lines that were not sent since an earlier run had sent them; what became of them then is in the other two.
    var skipped = 0
    var rejected: [Rejection] = []
    /// What was counted.
    var noun = UploadFormat.Kind.lines.noun

    var exitReason: ExitReason { rejected.isEmpty ? .success : .dataError }

    mutating func add(_ receipt: IngestReceipt, file: String, firstLine: Int) {
        accepted += receipt.accepted
        rejected += receipt.rejected.map {
            Rejection(file: file, line: firstLine + $0.line - 1, code: $0.code, field: $0.field, message: $0.message)
        }
    }

    /// A batch that an earlier run sent.
    mutating func add(_ answer: UploadJournal.Answer, of batch: IngestBatch, file: String) {
        accepted += answer.accepted
        skipped += batch.lineCount
        rejected += answer.rejected.map {
            Rejection(
                file: file, line: batch.firstLine + $0.line - 1, code: $0.code, message: "rejected by an earlier run")
        }
    }

    /// In the order of files and lines, whatever order the requests ended in.
    mutating func sort(files: [String]) {
        let order = Dictionary(files.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        rejected.sort { (order[$0.file] ?? 0, $0.line) < (order[$1.file] ?? 0, $1.line) }
    }
}

extension UploadReport: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object {
            $0.member("accepted", accepted)
            $0.member("rejected", rejected)
            if skipped > 0 { $0.member("skipped", skipped) }
        }
    }
}

extension UploadReport.Rejection: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object {
            $0.member("file", file)
            $0.member("line", line)
            $0.member("code", code)
            if let field { $0.member("field", field) }
            $0.member("message", message)
        }
    }
}
