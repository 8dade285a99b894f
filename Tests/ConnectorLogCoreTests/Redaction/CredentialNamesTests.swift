import ConnectorLogCore
import Testing

@Suite
struct CredentialNamesTests {
    private let names = CredentialNames()

    @Test(arguments: CredentialNames.wholeNames + CredentialNames.endings)
    func knowsEachNameInAnySpelling(_ name: String) {
        for spelling in [
            name, name.uppercased(), name.map { "\($0)_" }.joined(), name.map { "\($0)" }.joined(separator: "-"),
        ] {
            #expect(names.saysCredential(spelling), "\(spelling)")
        }
    }

    @Test(arguments: CredentialNames.endings)
    func knowsEndings(_ ending: String) {
        #expect(names.saysCredential("x-my_" + ending))
        #expect(names.saysCredential(String(repeating: "long_", count: 40) + ending))
        #expect(!names.saysCredential(ending + "x"))
    }

    @Test(arguments: CredentialNames.wholeNames)
    func wholeNamesAreNoEndings(_ name: String) {
        guard !CredentialNames.endings.contains(where: name.hasSuffix) else { return }
        #expect(!names.saysCredential("qq" + name))
        #expect(!names.saysCredential(name + "q"))
    }

    @Test(arguments: CredentialNames.exceptions + ["next_page_token", "NextPageToken", "page-token"])
    func knowsExceptions(_ name: String) {
        #expect(!names.saysCredential(name))
    }

    @Test(arguments: [
        "", "a", "ab", "_", "___", "name", "id", "x-request-id", "user-agent", "description", "keyboard", "k", "tokens",
        "max_tokens", "%", "%%%", "\\u00", "u00zz",
    ])
    func leavesOtherNamesAlone(_ name: String) {
        #expect(!names.saysCredential(name))
    }
}
