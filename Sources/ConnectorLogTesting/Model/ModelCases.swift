/// The randomised comparison, seed by seed.
enum ModelCases {
    static let all = (1...6).map { seed in
        StoreConformanceCase("agreesWithTheModel(seed \(seed))") { store in
            try await ModelTest.run(seed: seed, operations: 250, reopens: false, on: store)
        }
    }

    static let durable = (101...103).map { seed in
        StoreConformanceCase("agreesWithTheModelWhenReopened(seed \(seed))") { store in
            try await ModelTest.run(seed: seed, operations: 250, reopens: true, on: store)
        }
    }
}
