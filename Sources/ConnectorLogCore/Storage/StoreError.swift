/// Why a store could not do what it was asked. The texts name places in the store, never a record's contents.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Too much is waiting to be written, or too many slow searches run. Try again later.
        case overloaded
        /// The store is closing or closed.
        case closed
        /// Something with this name or id exists.
        case conflict
        /// The idempotency key was used with another body.
        case idempotencyMismatch
        /// Stored bytes do not have their checksum or do not decode.
        case damaged
        /// The disk is full, or takes no more for another reason. Nothing of the batch is stored.
        case full
        /// The store was written by a newer version of this program.
        case newer
        /// A copy into the store has not ended.
        case unfinished
        /// There is no store where one was looked for.
        case missing
        /// The storage failed otherwise.
        case failed
    }

    package var code: Code
    package var message: String
    package var cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        (self.code, self.message, self.cause) = (code, message, cause)
    }

    package var description: String {
        cause.map { "\(code.rawValue): \(message): \($0)" } ?? "\(code.rawValue): \(message)"
    }
}

extension StoreError {
    /// - Parameter place: where the copy is, such as "the data directory".
    package static func unfinishedCopy(_ place: String) -> StoreError {
        StoreError(
            .unfinished,
            "a copy into this store was begun and has not ended: give the same connectorlog store copy again, which goes "
                + "on where it stopped, or empty \(place) and begin anew")
    }
}
