# Everything a person or CI does with this project is a target here; `make` alone lists them.
# Works in a folder with spaces in its name: every path is relative.

SHELL := /bin/sh
.DEFAULT_GOAL := help
STAGE ?= dev
RUN := .venv/bin
CDK := $(RUN)/npx --no-install cdk
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export CDK_DISABLE_CLI_TELEMETRY := true

# ── install ───────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: bootstrap
bootstrap: ## install everything into this folder (instant when nothing changed)
	@sh scripts/bootstrap.sh

# ── the local stage ───────────────────────────────────────────────────────────────────────────────────────────────

DOCUMENTS := $(wildcard examples/documents/*)

.PHONY: run
run: up ## take the example documents in, search them, write a brief that cites them, and show where to look next
	@bin/heddle run examples/research_brief.yaml $(DOCUMENTS:%=--input documents=@%)

.PHONY: up
up: bootstrap ## bring the local stage up (quick when it is up)
	@bin/heddle up

.PHONY: down
down: ## stop the local stage; its data is kept
	@bin/heddle down

.PHONY: local-tests
local-tests: bootstrap ## the tests that need a running local stage; they bring up one of their own
	$(RUN)/pytest tests/local -q

.PHONY: test
test: unit-tests infra-tests local-tests ## all tests

# ── the gate ──────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: check
check: format lint types imports unit-tests infra-tests ## everything CI demands of a change, without a running stage

.PHONY: format
format: bootstrap
	$(RUN)/ruff format --check .

.PHONY: lint
lint: bootstrap
	$(RUN)/ruff check .

.PHONY: types
types: bootstrap
	$(RUN)/mypy --num-workers 2 layers/core/python functions infra sdk cli tests

.PHONY: imports
imports: bootstrap
	PYTHONPATH=layers/core/python $(RUN)/lint-imports

.PHONY: unit-tests
unit-tests: bootstrap
	$(RUN)/pytest tests --ignore tests/infra --ignore tests/local -q -n 2

# cdk-nag, the lint of templates and of state machines, snapshots: one process, because they share a synthesis.
.PHONY: infra-tests
infra-tests: bootstrap
	$(RUN)/pytest tests/infra -q

.PHONY: snapshots
snapshots: bootstrap ## accept the templates as they are now (look at the difference)
	$(RUN)/pytest tests/infra/test_templates.py -q --snapshot-update

# ── figures ───────────────────────────────────────────────────────────────────────────────────────────────────────

# The peers live in an environment of their own, so that measuring changes nothing that tests or functions see.
BENCH := UV_PROJECT_ENVIRONMENT=.build/bench-venv PYTHONPATH=layers/core/python:sdk:cli:. \
	.tools/bin/uv run --frozen --group bench python -W ignore -m

.PHONY: bench
bench: bootstrap ## measure engine, makespan, cold starts, model calls, content and fan-out beside their peers (12 minutes)
	$(BENCH) benchmarks.engine_overhead
	$(BENCH) benchmarks.makespan
	$(BENCH) benchmarks.cold_start
	$(BENCH) benchmarks.thin_client
	$(BENCH) benchmarks.model_port
	$(BENCH) benchmarks.streaming
	$(BENCH) benchmarks.reservations --memory
	$(BENCH) benchmarks.analysis
	$(BENCH) benchmarks.large_pdf
	$(BENCH) benchmarks.plugins
	$(BENCH) benchmarks.fan_out

.PHONY: bench-stage
bench-stage: bootstrap ## measure a local stage of its own: start, requests, makespan, triggers, sockets (25 minutes)
	$(BENCH) benchmarks.local_stage
	$(BENCH) benchmarks.makespan --stage --rounds 3
	$(BENCH) benchmarks.trigger_latency
	$(BENCH) benchmarks.connections
	$(BENCH) benchmarks.burst

# ── the cloud ─────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: synth
synth: bootstrap ## write the templates of STAGE (default dev) to cdk.out, without credentials
	$(CDK) synth -q -c stage="$(STAGE)"

.PHONY: deploy
deploy: bootstrap ## deploy STAGE to the AWS account of your credentials (docs/deploy.md)
	$(CDK) deploy "**" -c stage="$(STAGE)" --require-approval never --outputs-file ".build/outputs-$(STAGE).json"

# ── generated things and leftovers ────────────────────────────────────────────────────────────────────────────────

# Each script in scripts/write_*.py writes one generated part of the repository; tests fail when one has drifted.
.PHONY: docs
docs: bootstrap ## write everything generated again: references, schemas, catalogue
	@set -e; for script in scripts/write_*.py; do echo "$$script"; \
	PYTHONPATH=.:layers/core/python:sdk:cli $(RUN)/python "$$script"; done

.PHONY: clean
clean: ## delete what was built or cached (not the local stage's data)
	rm -rf .build cdk.out .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
