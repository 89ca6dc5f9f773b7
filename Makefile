# Every target sets up what it needs by itself (tools/setup.sh says what it installs).
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin

.PHONY: help setup demo test test-all random lint audit lock deb release docs bench torture mutants servers
.PHONY: bench-full format clean

help: ## show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what development needs (packages, .venv)
	@tools/setup.sh

demo: ## a shop, the fake Synerise and the daemon on this machine (ARGS=--once ends by itself)
	@tools/setup.sh --runtime
	@$(BIN)/synqd demo $(ARGS)

test: ## run the whole test suite
	@tools/setup.sh --with-monitoring
	@$(BIN)/pytest -n 3 --dist worksteal $(ARGS)

test-all: ## what is too long for `make test`: image, Debian package, release, many random edits (EDITS=200)
	@tools/setup.sh --with-packages
	@SYNQD_RANDOM_EDITS=$(or $(EDITS),200) $(BIN)/pytest -m long -n 2 --dist worksteal $(ARGS)

random: setup ## random SQL on every watched table, in both ways of capture (SECONDS=60 SEED=1)
	@SYNQD_RANDOM_SECONDS=$(or $(SECONDS),60) SYNQD_RANDOM_SEED=$(or $(SEED),$(shell date +%s)) \
	  $(BIN)/pytest -k after_random tests/daemon $(ARGS)

lint: setup ## style, types, layers, and advisories as far as they can be asked for
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.audit

audit: setup ## known vulnerabilities of what is installed and locked; fails when it cannot ask
	@$(BIN)/python -m tools.audit --required --locked

lock: setup ## write the versions and hashes of what the daemon, its build and a release need anew
	@$(BIN)/python -m tools.lock

deb: ## a Debian package for this release of Debian, in dist/
	@tools/setup.sh --with-packages
	@$(BIN)/python -m tools.deb

release: ## lint, audit, all tests, then source archive and wheel in dist/; nothing is uploaded
	@$(MAKE) --no-print-directory lint audit test test-all
	@$(BIN)/python -m tools.release

format: setup ## put the code into the project's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: setup ## write what is made from the code anew: references, manual pages, dashboard
	@$(BIN)/python -m tools.reference
	@$(BIN)/python -m tools.shipped
	@$(BIN)/python -m tools.dashboard

bench: setup ## measure speed against bare baselines
	@$(BIN)/python -m benchmarks.run $(ARGS)

bench-full: setup ## the same with the large shop (over an hour, 20 GB of disk; ARGS="--rounds 1": half an hour)
	@$(BIN)/python -m benchmarks.run --full $(ARGS)

torture: setup ## 10,000 kills while Synerise fails (half an hour; ARGS="--kills 300 --daemon-kills 10": a minute)
	@$(BIN)/python -m benchmarks.torture $(ARGS)

mutants: ## break the code in 200 random places: do the tests notice? (under an hour; SAMPLE=200 SEED=1)
	@tools/setup.sh --with-mutants
	@nice $(BIN)/python -m tools.mutants --sample $(or $(SAMPLE),200) --seed $(or $(SEED),$(shell date +%s)) $(ARGS)

servers: setup ## the tests that depend on the database server, on five of them (ARGS="--server mysql-9.7")
	@nice $(BIN)/python -m tools.servers $(ARGS)

clean: ## remove what the targets have built
	@rm -rf .venv .state .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
