# Everything a person or CI does with this project is a target here; `make` alone lists them.
# Works in a folder with spaces in its name: paths are relative and quoted.

SHELL := /bin/sh
.DEFAULT_GOAL := help
STAGE ?= dev
RUN := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export CDK_DISABLE_CLI_TELEMETRY := true
export PYTHONDONTWRITEBYTECODE :=

# ── install ───────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: bootstrap
bootstrap: ## install everything into this folder (instant when nothing changed)
	@sh scripts/bootstrap.sh

# ── the local stage ───────────────────────────────────────────────────────────────────────────────────────────────

# ── the gate ──────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: check
check: format lint types imports unit infra-tests ## everything CI demands of a change, without a running stage

.PHONY: format
format: bootstrap
	$(RUN)/ruff format --check .

.PHONY: lint
lint: bootstrap
	$(RUN)/ruff check .

.PHONY: types
types: bootstrap
	$(RUN)/mypy layers/core/python functions infra sdk cli

.PHONY: imports
imports: bootstrap
	$(RUN)/lint-imports

.PHONY: unit
unit: bootstrap
	$(RUN)/pytest tests/unit tests/contract tests/replay -q -n 2

.PHONY: infra-tests
infra-tests: bootstrap
	$(RUN)/pytest tests/infra -q

# ── the cloud ─────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: synth
synth: bootstrap ## write the templates of STAGE (default dev) to cdk.out, without credentials
	$(RUN)/npx --no-install cdk synth -q -c stage="$(STAGE)"

.PHONY: deploy
deploy: bootstrap ## deploy STAGE to the AWS account of your credentials
	$(RUN)/npx --no-install cdk deploy "**" -c stage="$(STAGE)" --require-approval never

# ── generated things and leftovers ────────────────────────────────────────────────────────────────────────────────

.PHONY: clean
clean: ## delete what was built or cached (not the local stage's data)
	rm -rf .build cdk.out .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
