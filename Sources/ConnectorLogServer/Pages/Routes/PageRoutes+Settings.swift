import ConnectorLogAPI
import ConnectorLogCore
import Hummingbird

/// Settings: the team, its keys, its retention, and who changed them. What the roles of the API may do, they may do here.
extension PageRoutes {
    func addSettings(to router: Router<ServerRequestContext>) {
        page(router, "/teams/:team/settings") { try await teamPage($0, $1, .init()) }
        page(router, "/teams/:team/settings/keys") { visit, team in
            var attempt = KeysPage.Attempt()
            attempt.done = visit.query["done"]
            return try await keysPage(visit, team, attempt)
        }
        page(router, "/teams/:team/settings/retention") { visit, team in
            var attempt = RetentionPage.Attempt()
            attempt.done = visit.query["done"]
            return try await retentionPage(visit, team, attempt)
        }
        page(router, "/teams/:team/settings/audit", auditPage)
        submit(router, under: PageAddress.settings, "/teams/:team/settings", limit: Self.formBytes, renameTeam)
        submit(router, under: PageAddress.settings, "/teams/:team/settings/teams", limit: Self.formBytes, createTeam)
        submit(router, under: PageAddress.keys, "/teams/:team/settings/keys", limit: Self.formBytes, createKey)
        submit(
            router, under: PageAddress.keys, "/teams/:team/settings/keys/:key/revoke", limit: Self.formBytes, revokeKey)
        submit(
            router, under: PageAddress.retention, "/teams/:team/settings/retention", limit: Self.formBytes,
            saveRetention)
        submit(
            router, under: PageAddress.retention, "/teams/:team/settings/retention/reset", limit: Self.formBytes,
            resetRetention)
    }

    private func page(
        _ router: Router<ServerRequestContext>, _ path: RouterPath,
        _ make: @escaping @Sendable (PageVisit, PageVisit.TeamView) async throws -> any PageModel
    ) {
        show(router, path) { visit, parameters in
            try await make(visit, try await visit.team(parameters.get("team")))
        }
    }

    private func answer(
        _ submission: PageSubmission, _ page: some PageModel, status: HTTPResponse.Status = .ok
    ) -> Response {
        PageResponse.html(render(page), status: status, submission.visit.encoding)
    }

    private func done(_ word: String, at address: String) -> Response {
        PageResponse.redirect(to: PageAddress.address(address, query: [("done", word)]))
    }

    // MARK: - Team

    private func teamPage(
        _ visit: PageVisit, _ team: PageVisit.TeamView, _ attempt: TeamSettingsPage.Attempt
    ) async throws -> TeamSettingsPage {
        guard let record = try await visit.catalog.team(id: team.id) else { throw APIError.notFound("team") }
        var attempt = attempt
        attempt.done = attempt.done ?? visit.query["done"]
        return TeamSettingsPage(
            viewer: team.viewer, team: record,
            teams: Route.listTeams.access.permits(visit.key) ? try await visit.catalog.teams() : nil,
            connectors: try await visit.catalog.connectorCount(team: team.id), key: visit.key, attempt: attempt)
    }

    private func renameTeam(_ submission: PageSubmission) async throws -> Response {
        try submission.require(.updateTeam)
        guard let name = Self.name(submission.form["name"]) else {
            var attempt = TeamSettingsPage.Attempt()
            attempt.name = submission.form["name"]
            attempt.nameProblem = Self.nameProblem
            return answer(
                submission, try await teamPage(submission.visit, submission.team, attempt),
                status: .unprocessableContent)
        }
        guard try await submission.visit.catalog.renameTeam(id: submission.team.id, name: name) else {
            throw APIError.notFound("team")
        }
        try await note(.updateTeam, submission, target: name)
        return done("renamed", at: PageAddress.settings(submission.team.id))
    }

    private func createTeam(_ submission: PageSubmission) async throws -> Response {
        try submission.require(.createTeam)
        guard let name = Self.name(submission.form["name"]) else {
            var attempt = TeamSettingsPage.Attempt()
            attempt.newName = submission.form["name"]
            attempt.newProblem = Self.nameProblem
            return answer(
                submission, try await teamPage(submission.visit, submission.team, attempt),
                status: .unprocessableContent)
        }
        let team = try await submission.visit.catalog.createTeam(name: name, id: nil, at: environment.now)
        try await note(.createTeam, submission, target: String(team.id))
        return done("created", at: PageAddress.settings(team.id))
    }

    private static let nameProblem = "A name has 1 to \(Limits.name) characters."

    private static func name(_ text: String?) -> String? {
        guard let name = text?.trimmed, (1...Limits.name).contains(name.unicodeScalars.count) else { return nil }
        return name
    }

    // MARK: - Keys

    private static let formIDBytes = 12

    private func keysPage(
        _ visit: PageVisit, _ team: PageVisit.TeamView, _ attempt: KeysPage.Attempt
    ) async throws -> KeysPage {
        KeysPage(
            viewer: team.viewer, team: team.id,
            keys: Route.listKeys.access.permits(visit.key) ? try await visit.catalog.keys(team: team.id) : nil,
            own: visit.key, formID: Base64.encodeURLSafe(environment.dependencies.randomBytes(Self.formIDBytes)),
            attempt: attempt, now: environment.now)
    }

    private func createKey(_ submission: PageSubmission) async throws -> Response {
        try submission.require(.createKey)
        let form = submission.form
        var attempt = KeysPage.Attempt()
        attempt.name = form["name"]
        attempt.role = form["role"].flatMap(Role.init) ?? attempt.role
        attempt.lifetime = form["lifetime"] ?? "none"
        guard let formID = form["form_id"], Base64.decodeURLSafe(formID)?.count == Self.formIDBytes,
            let lifetime = KeysPage.lifetimes.first(where: { $0.value == attempt.lifetime }),
            form["role"].flatMap(Role.init) != nil
        else { throw APIError(.badRequest, "the form cannot be read") }
        guard let name = Self.name(form["name"]) else {
            attempt.problem = Self.nameProblem
            return answer(
                submission, try await keysPage(submission.visit, submission.team, attempt),
                status: .unprocessableContent)
        }
        let now = environment.now
        let issued = IssuedKey.make(
            id: "key_" + formID, name: name, role: attempt.role, teamID: submission.team.id,
            expiresAt: lifetime.days.map { now.advanced(bySeconds: $0 * 86_400) }, at: now,
            randomBytes: environment.dependencies.randomBytes)
        guard try await isNew(issued) else { return done("sent", at: PageAddress.keys(submission.team.id)) }
        do {
            try await note(.createKey, submission, target: issued.record.id)
        } catch {
            // Nobody has seen the key: it must not stay.
            _ = try? await submission.visit.catalog.revokeKey(team: submission.team.id, id: issued.record.id)
            throw error
        }
        var answered = KeysPage.Attempt()
        answered.issued = issued.text
        return answer(
            submission, try await keysPage(submission.visit, submission.team, answered), status: .created)
    }

    /// False when the form was sent before: its key has this id.
    private func isNew(_ issued: IssuedKey) async throws -> Bool {
        do {
            try await environment.catalog.createKey(issued.record, hash: issued.hash)
            return true
        } catch {
            guard error.code == .conflict else { throw error }
            return false
        }
    }

    private func revokeKey(_ submission: PageSubmission) async throws -> Response {
        try submission.require(.revokeKey)
        let id = try Self.id(submission.parameters.get("key"))
        guard try await submission.visit.catalog.revokeKey(team: submission.team.id, id: id) else {
            throw APIError.notFound("key")
        }
        try await note(.revokeKey, submission, target: id)
        return done("revoked", at: PageAddress.keys(submission.team.id))
    }

    // MARK: - Retention

    private func retentionPage(
        _ visit: PageVisit, _ team: PageVisit.TeamView, _ attempt: RetentionPage.Attempt
    ) async throws -> RetentionPage {
        RetentionPage(
            viewer: team.viewer, team: team.id, own: try await visit.catalog.retention(team: team.id),
            standard: environment.settings.retention, mayChange: Route.setRetention.access.permits(visit.key),
            attempt: attempt)
    }

    private func saveRetention(_ submission: PageSubmission) async throws -> Response {
        try submission.require(.setRetention)
        var attempt = RetentionPage.Attempt()
        attempt.entryDays = submission.form["entries_days"] ?? ""
        attempt.detailDays = submission.form["details_days"] ?? ""
        let days = [attempt.entryDays, attempt.detailDays].map { text -> Int?? in
            guard let text = text?.trimmed, !text.isEmpty else { return .some(nil) }
            return Int(text).map { .some($0) }
        }
        guard let entryDays = days[0], let detailDays = days[1],
            let retention = Retention(entryDays: entryDays, detailDays: detailDays)
        else {
            attempt.problem =
                "Each is 1 to \(Retention.days.upperBound) days or empty, and details are kept no longer than entries. "
                + "Nothing was saved."
            return answer(
                submission, try await retentionPage(submission.visit, submission.team, attempt),
                status: .unprocessableContent)
        }
        guard submission.form["confirmed"] != nil else { return try await unconfirmed(submission, attempt) }
        guard try await submission.visit.catalog.setRetention(retention, team: submission.team.id) else {
            throw APIError.notFound("team")
        }
        try await note(.setRetention, submission, target: nil)
        return done("saved", at: PageAddress.retention(submission.team.id))
    }

    /// Data goes for good by this, so that it takes a word more.
    private func unconfirmed(
        _ submission: PageSubmission, _ attempt: RetentionPage.Attempt
    ) async throws -> Response {
        var attempt = attempt
        attempt.problem = "Confirm that what is older goes for good. Nothing was saved."
        return answer(
            submission, try await retentionPage(submission.visit, submission.team, attempt),
            status: .unprocessableContent)
    }

    private func resetRetention(_ submission: PageSubmission) async throws -> Response {
        try submission.require(.resetRetention)
        guard submission.form["confirmed"] != nil else { return try await unconfirmed(submission, .init()) }
        guard try await submission.visit.catalog.setRetention(nil, team: submission.team.id) else {
            throw APIError.notFound("team")
        }
        try await note(.resetRetention, submission, target: nil)
        return done("reset", at: PageAddress.retention(submission.team.id))
    }

    // MARK: - Audit

    private func auditPage(_ visit: PageVisit, _ team: PageVisit.TeamView) async throws -> any PageModel {
        guard Route.listAudit.access.permits(visit.key) else {
            return AuditPage(
                viewer: team.viewer, team: team.id, records: nil, seesServer: false, isOfServer: false, isFirst: true,
                next: nil)
        }
        let before = visit.query["before"].flatMap { Int64($0) }
        let seesServer = Route.listServerAudit.access.permits(visit.key)
        let isOfServer = seesServer && visit.query["of"] == "server"
        let records = try await visit.catalog.audit(
            team: isOfServer ? nil : team.id, before: before, limit: Self.rowsPerPage + 1)
        let shown = Array(records.prefix(Self.rowsPerPage))
        return AuditPage(
            viewer: team.viewer, team: team.id, records: shown, seesServer: seesServer, isOfServer: isOfServer,
            isFirst: before == nil,
            next: records.count > shown.count ? shown.last?.number : nil)
    }
}
