# `make` lists what there is.
.PHONY: help run test build release client-docs format lint bench bench-redaction soak fuzz fuzz-redaction store-fixture clean

help: ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{ printf "make %-15s %s\n", $$1, $$2 }'

run: ## Build and start the server with sample data
	scripts/run

test: ## Run all tests
	scripts/test

build: ## Build for debugging
	swift build --explicit-target-dependency-import-check error

release: ## Build the program as it is shipped
	scripts/release

client-docs: ## Make the documentation of the Swift client library, in .cache/client-docs
	scripts/client-docs

format: ## Format the Swift sources
	swift format -i -r Sources Tests Examples Package.swift

lint: ## Check the format
	swift format lint --strict -r Sources Tests Examples Package.swift

bench: ## Measure speed and size beside SQLite, PostgreSQL and nginx, and check the goals (BENCH=--quick for fewer entries)
	python3 Benchmarks/run.py --check $(BENCH)

bench-redaction: ## Measure what redaction costs an entry, and its time against size on texts made to be slow
	mkdir -p .cache
	python3 Benchmarks/workload/gen_events.py -n 20000 --seed 1 > .cache/redaction.ndjson
	swift build -c release --product redaction-benchmark
	.build/release/redaction-benchmark .cache/redaction.ndjson
	.build/release/redaction-benchmark --linear

SOAK_MINUTES ?= 30
soak: ## Call through the invoker for long at half load: memory is flat, each call is in the log once (SOAK_MINUTES=n)
	python3 Benchmarks/soak.py --minutes $(SOAK_MINUTES)

FUZZ_ROUNDS ?= 50000
fuzz: ## Feed the block reader, the way in and redaction with random damage for long (FUZZ_ROUNDS=n)
	mkdir -p .cache/fuzz
	swift build --build-tests
	CONNECTORLOG_FUZZ_ROUNDS=$(FUZZ_ROUNDS) CONNECTORLOG_FUZZ_FIRST=$$(date +%s)000000 \
	CONNECTORLOG_FUZZ_TRACE=$(CURDIR)/.cache/fuzz CONNECTORLOG_FLIPS=10000 \
	swift test --skip-build --disable-xctest --filter 'FuzzTests|QuarantineTests' || \
	{ echo "the rounds under way:"; grep -H . .cache/fuzz/*; exit 1; }

FUZZ_SECONDS ?= 600
fuzz-redaction: ## Look for texts that redaction breaks on, led by the code that they reach (FUZZ_SECONDS=n)
	scripts/fuzz-redaction $(FUZZ_SECONDS)

store-fixture: ## Keep a store of the present format in Tests/Stores (NAME=version); before a format changes
	swift build --build-tests
	CONNECTORLOG_STORE_FIXTURE=$(NAME) swift test --skip-build --disable-xctest --filter writesTheStoreOfThisVersion

clean: ## Remove what was built and cached
	rm -rf .build .cache
