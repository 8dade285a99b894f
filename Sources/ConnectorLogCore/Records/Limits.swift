/// The limits of what an entry may hold. Those of the flat form are part of the API (`openapi.yaml`); texts are counted in
/// Unicode scalars, bodies in bytes.
package enum Limits {
    package static let connectorIdentifier = 100
    package static let event = 255
    package static let method = 32
    package static let uri = 8192
    package static let identifier = 255
    package static let name = 255
    package static let message = 16_384
    package static let attributeMembers = 64
    package static let attributeBytes = 8192
    package static let headerFields = 256
    package static let headerBytes = 65_536
    /// A day, in milliseconds.
    package static let durationMilliseconds: Double = 86_400_000
    package static let secondsAhead: Int64 = 86_400

    /// Bytes of a body that are kept unless configured otherwise; the rest is cut, and the entry says so.
    package static let bodyBytes = 262_144
    /// What `bodyBytes` may be configured to at most. A longer body in an HTTP Archive is not redacted: its size alone is
    /// kept.
    package static let largestBodyBytes = 16 << 20
    /// Bytes that a body may have to be redacted when it was compressed, or stands in an archive as fields of a form; of a
    /// longer one only the size is kept.
    package static let decompressedBodyBytes = 8 << 20
    /// Codings of a body within each other that are undone.
    package static let bodyCodings = 3
    /// Bytes of one line or array element. Two bodies of the default size, escaped, fit.
    package static let lineBytes = 4 << 20
    /// Bytes of one entry of an HTTP Archive: browsers save whole bodies, in base64 where they are no text.
    package static let archiveEntryBytes = 32 << 20
    /// Bytes that no entry exceeds in an archive that a server writes: two bodies of control characters, each of which
    /// becomes six bytes (`\u0000`), and all else.
    package static let exportedEntryBytes = 2 * 6 * largestBodyBytes + (16 << 20)
    /// Bytes of one ingest request after decompression.
    package static let requestBytes = 128 << 20
    /// Lines of one ingest request.
    package static let requestLines = 200_000
    /// Nesting of arrays and objects in one line.
    package static let depth = 64
}
