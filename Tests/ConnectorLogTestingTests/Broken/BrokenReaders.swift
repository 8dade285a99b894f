import ConnectorLogCore
import ConnectorLogTesting
import Synchronization

/// Defects of queries and pages.
enum BrokenReaders {
    static let all: [BrokenVariant] = ignoredFilters + edges + pages + texts + fields

    private static func ignoring(
        _ name: String, caughtBy: String, _ clear: @escaping @Sendable (inout EntryQuery) -> Void
    ) -> BrokenVariant {
        .log("ignores\(name)", caughtBy: caughtBy) { log in
            log.entryQuery = { query in
                var query = query
                clear(&query)
                return query
            }
        }
    }

    private static let ignoredFilters: [BrokenVariant] = [
        ignoring("Connector", caughtBy: "readersSeeWhatWasAppendedBefore") { $0.connector = nil },
        ignoring("State", caughtBy: "filtersCompareBytes") { $0.stateID = nil },
        ignoring("Flow", caughtBy: "filtersCompareBytes") { $0.flowID = nil },
        ignoring("FlowVersion", caughtBy: "eachFilterTakesWhatItSays") { $0.flowVersion = nil },
        ignoring("Outcome", caughtBy: "filteredPagesCoverTheList") { $0.outcome = nil },
        ignoring("Method", caughtBy: "absentFieldsPassNoFilter") { $0.method = nil },
        ignoring("Status", caughtBy: "eachFilterTakesWhatItSays") { $0.status = nil },
        ignoring("Event", caughtBy: "absentFieldsPassNoFilter") { $0.event = nil },
        ignoring("RequestID", caughtBy: "requestIdsAreTheSendersAndTheVendors") { $0.requestID = nil },
        ignoring("Text", caughtBy: "textIsFoundInItsFields") { $0.text = nil },
        ignoring("Word", caughtBy: "wordsAreFoundWhole") { $0.word = nil },
        ignoring("WordsBorders", caughtBy: "wordsAreFoundWhole") { query in
            (query.text, query.word) = (query.word ?? query.text, nil)
        },
        ignoring("From", caughtBy: "rangesHoldTheirBeginAndNotTheirEnd") { $0.from = nil },
        ignoring("To", caughtBy: "rangesHoldTheirBeginAndNotTheirEnd") { $0.to = nil },
        ignoring("OutcomeBesideAConnector", caughtBy: "filtersTogetherTakeWhatAllTake") { query in
            if query.connector != nil { query.outcome = nil }
        },
        ignoring("ToBesideAText", caughtBy: "filtersTogetherTakeWhatAllTake") { query in
            if query.text != nil { query.to = nil }
        },
    ]

    private static let edges: [BrokenVariant] = [
        ignoring("TheEndOfARange", caughtBy: "rangesHoldTheirBeginAndNotTheirEnd") { query in
            query.to = query.to?.advanced(byMicroseconds: 1)
        },
        ignoring("TheBeginOfARange", caughtBy: "rangesHoldTheirBeginAndNotTheirEnd") { query in
            query.from = query.from?.advanced(byMicroseconds: 1)
        },
        .log("comparesByCanonicalEquivalence", caughtBy: "filtersCompareBytes") { log in
            log.entryQuery = { query in
                var query = query
                if query.flowID != nil { (query.flowID, query.limit) = (nil, 1000) }
                return query
            }
            log.entryPage = { query, page in
                guard let flow = query.flowID else { return page }
                return Page(rows: page.rows.filter { $0.flowID == flow }, next: nil)
            }
        },
    ]

    private static let pages: [BrokenVariant] = [
        .log("neverSaysNext", caughtBy: "pagesCoverTheListInEitherOrder", "nextIsNilAtTheEnd") { log in
            log.entryPage = { Page(rows: $1.rows, next: nil) }
        },
        .log("saysNextBehindAFullPage", caughtBy: "nextIsNilAtTheEnd") { log in
            log.entryPage = { query, page in
                guard page.rows.count == query.limit, let last = page.rows.last else { return page }
                return Page(rows: page.rows, next: PagePosition(time: last.logTime, id: last.id))
            }
        },
        .log("skipsTiesAtThePagesEdge", caughtBy: "pagesCoverTheListInEitherOrder", "pagesBeginBehindAnyPlace") { log in
            log.entryQuery = { query in
                var query = query
                let isNewestFirst = query.order == .newestFirst
                query.after?.id = isNewestFirst ? EntryID(high: 0, low: 0) : EntryID(high: .max, low: .max)
                return query
            }
        },
        .log("repeatsTheRowAtThePagesEdge", caughtBy: "pagesBeginBehindAnyPlace", "nextIsNilAtTheEnd") { log in
            log.entryQuery = { query in
                var query = query
                if let id = query.after?.id, id.low > 0, id.low < .max {
                    query.after?.id.low = query.order == .newestFirst ? id.low + 1 : id.low - 1
                }
                return query
            }
        },
        .log("ordersTiesTheOtherWay", caughtBy: "listsAreOrderedByTimeThenId") { log in
            log.entryPage = { query, page in
                var page = page
                page.rows.sort { a, b in
                    if a.logTime == b.logTime { return query.order == .oldestFirst ? a.id > b.id : a.id < b.id }
                    return query.order == .oldestFirst ? a.logTime < b.logTime : a.logTime > b.logTime
                }
                return page
            }
        },
        .log("listsAlwaysNewestFirst", caughtBy: "listsAreOrderedByTimeThenId") { log in
            log.entryQuery = { query in
                var query = query
                query.order = .newestFirst
                return query
            }
        },
        .log("pagesByOffset", caughtBy: "insertsBetweenPagesShiftNothing") { log in
            let offsets = Mutex<[PagePosition: Int]>([:])
            log.listsEntries = { store, query throws(StoreError) in
                var all = query
                (all.after, all.limit) = (nil, 100_000)
                let start = query.after.map { place in offsets.withLock { $0[place] ?? 0 } } ?? 0
                let rest = try await store.entries(all).rows.dropFirst(start)
                let page = Array(rest.prefix(query.limit))
                guard rest.count > page.count, let last = page.last else { return Page(rows: page, next: nil) }
                let next = PagePosition(time: last.logTime, id: last.id)
                offsets.withLock { $0[next] = start + page.count }
                return Page(rows: page, next: next)
            }
        },
        .log("findsEntriesByCounter", caughtBy: "unknownIdsAnswerNothing") { log in
            log.findsEntry = { store, team, id throws(StoreError) in
                let rows = try await store.entries(EntryQuery(teamID: team, limit: 1000)).rows
                let row = rows.first { $0.id.milliseconds == id.milliseconds && $0.id.counter == id.counter }
                return try await store.entry(team: team, id: row?.id ?? id)
            }
        },
        .log("findsEntriesOfAllTeams", caughtBy: "teamsSeeNothingOfEachOther") { log in
            log.findsEntry = { store, _, id throws(StoreError) in
                for team in try await store.teams() {
                    if let entry = try await store.entry(team: team.id, id: id) { return entry }
                }
                return nil
            }
        },
        .log("fallingIDs", caughtBy: "idsRiseWithRowsAndCommits") { log in
            log.shownID = { EntryID(milliseconds: $0.milliseconds, counter: ~$0.counter, random: $0.random) }
        },
        .log("answersARandomForm", caughtBy: "idsHaveTheFormOfVersion7") { log in
            log.shownID = { EntryID(high: $0.high ^ 0x3000, low: $0.low) }
        },
        .log("missesTheLastRowOfAPage", caughtBy: "readersSeeWhatWasAppendedBefore") { log in
            log.entryPage = { _, page in Page(rows: page.rows.dropLast(), next: page.next) }
        },
    ]

    private static func texts(of entry: LogEntry, binary: Bool = false) -> [String] {
        [entry.summary.uri, entry.summary.errorName, entry.summary.errorMessage].compactMap { $0 }
            + [entry.requestBody, entry.responseBody].compactMap { $0 }.filter { binary || !$0.isBinary }.map(\.text)
    }

    private static func lowercased(_ text: String) -> String {
        String(decoding: text.utf8.map { $0 &- 65 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    private static let texts: [BrokenVariant] = [
        .log("textMindsCase", caughtBy: "textMatchesLettersOfASCIIInEitherCase") { log in
            log.takesText = { entry, text in texts(of: entry).contains { text.isEmpty || $0.contains(text) } }
        },
        .log("textFoldsAllLetters", caughtBy: "textMatchesLettersOfASCIIInEitherCase") { log in
            log.takesText = { entry, text in
                texts(of: entry).contains { $0.lowercased().contains(text.lowercased()) }
            }
        },
        .log("textLooksIntoBinaryBodies", caughtBy: "textIsNotFoundElsewhere") { log in
            log.takesText = { entry, text in
                texts(of: entry, binary: true).contains { lowercased($0).contains(lowercased(text)) }
            }
        },
        .log("textLooksAcrossFields", caughtBy: "textIsNotFoundElsewhere") { log in
            log.takesText = { entry, text in
                lowercased(texts(of: entry).joined()).contains(lowercased(text))
            }
        },
        .log("textLooksIntoBeginnings", caughtBy: "textIsFoundInItsFields", "textOfAnyLengthIsFound") { log in
            log.takesText = { entry, text in
                texts(of: entry).contains { lowercased(String($0.prefix(1000))).contains(lowercased(text)) }
            }
        },
        .log("textTakesWildcards", caughtBy: "textIsLiteral") { log in
            log.takesText = { entry, text in
                let parts = lowercased(text).split(separator: "%")
                return texts(of: entry).contains { body in parts.allSatisfy { lowercased(body).contains($0) } }
            }
        },
    ]

    private static func showing(
        _ name: String, caughtBy: String..., change: @escaping @Sendable (inout LogEntry) -> Void
    ) -> BrokenVariant {
        BrokenVariant(name: name, caughtBy: caughtBy) {
            let clock = ManualClock()
            let store = InMemoryStore(clock: clock)
            var log = BrokenLog(store)
            log.entry = { entry in
                var entry = entry
                change(&entry)
                return entry
            }
            return StoreUnderTest(writer: log, reader: log, catalog: store, keeper: store, pending: store, clock: clock)
        }
    }

    private static let fields: [BrokenVariant] = [
        showing("emptyForNull", caughtBy: "absentFieldsStayAbsent") { $0.summary.event = $0.summary.event ?? "" },
        showing("nullForEmpty", caughtBy: "emptyTextsAreNotAbsent") { entry in
            if entry.summary.uri == "" { entry.summary.uri = nil }
        },
        showing("nullForAnEmptyBody", caughtBy: "emptyTextsAreNotAbsent", "binaryBodiesComeBack") { entry in
            if entry.responseBody?.bytes == [] { entry.responseBody = nil }
        },
        showing("composesText", caughtBy: "textsKeepTheirBytes") { entry in
            if entry.summary.event == "caf\u{E9}" { entry.summary.event = "caf\u{E9}" }
        },
        showing("endsTextAtNul", caughtBy: "textsKeepTheirBytes") { entry in
            if let nul = entry.summary.uri?.firstIndex(of: "\u{0}") {
                entry.summary.uri = entry.summary.uri.map { String($0[..<nul]) }
            }
        },
        showing("sortsHeaders", caughtBy: "headersKeepOrderAndRepeats") { entry in
            entry.requestHeaders.sort { $0.name < $1.name }
        },
        showing("readsBinaryAsText", caughtBy: "binaryBodiesComeBack") { entry in
            let text = entry.requestBody?.text ?? ""
            entry.requestBody?.bytes = Array(text.utf8)
        },
        showing("forgetsCuts", caughtBy: "cutsOfBodiesAreSaid") { $0.requestBody?.isTruncated = false },
        showing("forgetsSizes", caughtBy: "cutsOfBodiesAreSaid") { entry in
            let size = entry.requestBody?.bytes.count ?? 0
            entry.requestBody?.originalSize = size
        },
        showing("cutsLongTexts", caughtBy: "entriesAtTheirLimitsComeBack") { entry in
            entry.summary.errorMessage = entry.summary.errorMessage.map { String($0.prefix(16_000)) }
        },
        showing("forgetsReceipts", caughtBy: "receiptsComeBack") { $0.receipt = [] },
        showing("judgesOutcomesItself", caughtBy: "statusesAndOutcomesComeBack") { entry in
            entry.summary.outcome = Outcome(status: entry.summary.status, hasError: false)
        },
        showing("roundsDurations", caughtBy: "durationsComeBack") { entry in
            entry.summary.durationMicroseconds = entry.summary.durationMicroseconds.map { $0 / 1000 * 1000 }
        },
        showing("mixesRows", caughtBy: "mixedRowsKeepTheirOwnFields") { entry in
            if entry.summary.connectorIdentifier == "stripe" { entry.summary.traceID = nil }
        },
    ]
}
