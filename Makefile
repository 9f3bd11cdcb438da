# Everything that people and CI call. Each target sets up what it needs; a second call does no work twice.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The first that really runs: a shim may be on the path without an interpreter behind it.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMPS := build/stamps
UI_SOURCES := $(shell find ui_kiosk hub/console -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/static/*' 2>/dev/null)
NPM := npm --no-fund --no-audit --loglevel=error

.PHONY: help setup demo test bench soak lint format clean screenshots
help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMPS)/system $(STAMPS)/python $(STAMPS)/kiosk ## virtual environment, npm packages, user interfaces, Debian packages

demo: setup ## hub, one station and its simulated hardware; Ctrl-C stops all
	@# At a terminal the demo gets a process group of its own: Ctrl-C then stops it, and make sees its exit 0.
	@if [ -t 0 ]; then set -m; fi; code=0; $(BIN)/voltdock-sim demo || code=$$?; exit $$code

test: setup ## every test: Python, TypeScript, browser journeys
	@$(NPM) test
	@$(BIN)/pytest -n 2 --dist loadscope

bench: setup ## measure; ONLY=name for one; writes build/bench.json
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

soak: setup ## break everything, for SECONDS=n from SEED=s, and compare the three books
	@$(BIN)/python -m tests.journeys.faults.soak $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

lint: $(STAMPS)/python $(STAMPS)/npm ## all static checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(NPM) run typecheck
	@$(NPM) run lint
	@$(NPM) run format:check

format: $(STAMPS)/python $(STAMPS)/npm ## all formatters
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@$(NPM) run format

screenshots: setup ## play the demo in a headless browser, regenerate docs/images/
	@$(BIN)/python -m tests.journeys.screenshots

clean: ## forget everything that was built
	rm -rf $(VENV) build node_modules ui_kiosk/node_modules ui_kiosk/packages/*/node_modules edge_agent/kiosk/static hub/console/static hub/console/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .demo

$(STAMPS)/system: deploy/dev/system-packages.sh
	@PYTHON="$(PYTHON)" bash deploy/dev/system-packages.sh
	@mkdir -p $(STAMPS) && touch $@

# The lock pins every package by hash; uv installs it in seconds. The project itself is linked, not copied.
$(STAMPS)/python: deploy/locks/all.lock pyproject.toml | $(STAMPS)/system
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --require-hashes deploy/locks/all.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/npm: package.json package-lock.json $(wildcard ui_kiosk/package.json ui_kiosk/packages/*/package.json hub/console/package.json) | $(STAMPS)/system
	@$(NPM) ci
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/kiosk: $(STAMPS)/npm $(UI_SOURCES)
	@$(NPM) run build
	@touch $@
