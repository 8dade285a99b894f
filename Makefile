# `make` lists what there is.
.PHONY: help run test build release format lint bench clean

help: ## This list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{ printf "make %-9s %s\n", $$1, $$2 }'

run: ## Build and start the server with sample data
	scripts/run

test: ## Run all tests
	scripts/test

build: ## Build for debugging
	swift build --explicit-target-dependency-import-check error

release: ## Build the program as it is shipped
	swift build -c release --product connectorlog

format: ## Format the Swift sources
	swift format -i -r Sources Tests Package.swift

lint: ## Check the format
	swift format lint --strict -r Sources Tests Package.swift

bench: ## Measure speed and size beside SQLite and PostgreSQL, and check the goals (BENCH=--quick for fewer entries)
	python3 Benchmarks/run.py --check $(BENCH)

clean: ## Remove what was built and cached
	rm -rf .build .cache
