/// How the program ends. The numbers are those of `sysexits.h` (4.3BSD), so that scripts can tell "try again" from "fix it".
enum ExitReason: Int32, CaseIterable, Sendable {
    case success = 0
    /// No number of `sysexits.h` says this, and none stands for it.
    case secretsFound = 3
    case usage = 64
    case dataError = 65
    case noInput = 66
    case unavailable = 69
    case internalError = 70
    case cannotCreate = 73
    case ioError = 74
    case temporaryFailure = 75
    case noPermission = 77
    case configuration = 78

    /// Part of the help of the root command.
    var meaning: String {
        switch self {
        case .success: "done"
        case .secretsFound: "registered secrets were found in a store or a backup"
        case .usage: "the command line is wrong"
        case .dataError: "lines were rejected or refused, a store is damaged, a copy differs"
        case .noInput: "a file, or what was asked for, does not exist"
        case .unavailable: "the server cannot be reached, or the address is taken"
        case .internalError: "the server or this program failed"
        case .cannotCreate: "what is to be made exists, or cannot be made"
        case .ioError: "reading or writing failed"
        case .temporaryFailure: "too busy, too slow, or in use: try again later"
        case .noPermission: "the key is missing a right, or a file may not be read"
        case .configuration: "a setting or key is missing or wrong"
        }
    }

    static var helpTable: String {
        allCases.map { status in
            let number = String(status.rawValue)
            return "  " + number + String(repeating: " ", count: 4 - number.count) + status.meaning
        }
        .joined(separator: "\n")
    }
}

/// Why a command ends early: what people read on standard error, and how the program exits. Never carries a secret or a
/// record's contents.
struct CommandFailure: Error, Equatable, Sendable, CustomStringConvertible {
    var status: ExitReason
    var message: String

    init(_ status: ExitReason, _ message: String) {
        (self.status, self.message) = (status, message)
    }

    var description: String { message }
}
