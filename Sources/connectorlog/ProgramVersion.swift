/// The version of this program. Raised with each release, together with `CHANGELOG.md`.
enum ProgramVersion {
    static let text = "0.1.0"
}
