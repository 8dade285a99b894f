#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// What became of a run (a *flow state*): that it began, where it is, how it ended. Later changes add to earlier ones.
public struct ConnectorLogStateChange: Sendable {
    /// The run: 1 to 255 characters.
    public var stateID: String
    /// What it is a run of: 1 to 255 characters.
    public var flowID: String
    public var flowName: String?
    public var flowVersion: String?
    public var status: Status?
    /// At most 255 characters.
    public var currentStep: String?
    /// Who started it, at most 255 characters.
    public var user: String?
    /// Where the run can be looked at, at most 8,192 characters.
    public var joinURI: String?
    public var createdAt: Date?
    /// When this change happened; nil stands for when it is recorded.
    public var updatedAt: Date?

    public enum Status: String, Sendable {
        case inProgress = "in_progress"
        case done, failed, expired
    }

    public init(stateID: String, flowID: String, status: Status? = nil) {
        (self.stateID, self.flowID, self.status) = (stateID, flowID, status)
    }
}
