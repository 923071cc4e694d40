# The front door. Every target sets up what it needs and does nothing twice; `make help` explains them.

PYTHON ?= python3
LANGS ?= py,ts,go
VENV := .venv/bin/python
SETUP := $(PYTHON) scripts/setup.py
CHECK := $(VENV) scripts/check.py
# The Node that npm brought, else the user's own; the conductor starts the TypeScript runner with it.
NODE = DYNAMORM_NODE="$$($(PYTHON) scripts/toolpaths.py node 2>/dev/null || echo node)"
CONDUCTOR = $(NODE) $(VENV) -m dynamorm_contract
NARROW = --langs "$(LANGS)" $(if $(CASES),--cases "$(CASES)") $(if $(FILTER),--filter "$(FILTER)") $(if $(TARGET),--target "$(TARGET)")
# Without the live target nothing needs DynamoDB Local, nor Java.
ENGINE = $(if $(TARGET),$(if $(findstring live,$(TARGET)),--engine),--engine)

.DEFAULT_GOAL := help
.PHONY: help setup contract contract-wire contract-live contract-selftest contract-mutants contract-replay contract-fuzz contract-bulk contract-chaos coverage coverage-update parity page \
	dist verify-dist release-check rehearse test rubric lint fmt types unit unit-py unit-ts unit-go tox generate check-generated engine dev lock clean distclean \
	docs check-tools check-py check-ts check-go check-contract check-dist plan

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ The two that matter
contract: ## Run every contract case in all languages on real DynamoDB Local (LANGS=py,go FILTER=lock TARGET=wire CASES=DIR)
	@$(SETUP) --langs "$(LANGS)" $(ENGINE)
	@$(CONDUCTOR) run $(NARROW)

test: ## Run everything CI runs: generated files, lint, types, unit tests, tox, the files of a release, contract
	@$(SETUP) --engine --lint --browser
	@$(CHECK)

rubric: ## All of `test`, as one table of what this project holds itself to; red if anything was skipped
	@$(SETUP) --engine --lint --browser
	@$(VENV) scripts/rubric.py

##@ The contract, in parts
contract-wire: ## Only the scripted targets: no Java, no DynamoDB Local
	@$(MAKE) --no-print-directory contract TARGET=pure,wire

contract-live: ## Only the cases on DynamoDB Local
	@$(MAKE) --no-print-directory contract TARGET=live

contract-selftest: ## Prove that the suite can fail: must-fail cases, blinded conductor, bad runners
	@$(SETUP) --langs "$(LANGS)" --engine
	@$(CONDUCTOR) selftest $(NARROW)

contract-mutants: ## Plant known faults and show which case kills each
	@$(SETUP) --langs "$(LANGS)"
	@$(CONDUCTOR) mutants $(NARROW)

contract-replay: ## Tell one case line by line (CASE=p0-create-golden LANGS=py TARGET=wire TABLE=dynamic KEEP=1)
	@$(SETUP) --langs "$(LANGS)" $(ENGINE)
	@$(CONDUCTOR) replay --langs "$(LANGS)" --filter "$(CASE)" $(if $(TARGET),--target "$(TARGET)") $(if $(TABLE),--table "$(TABLE)") $(if $(KEEP),--keep)

contract-fuzz: ## Random models and calls: equal requests, nothing lost, one reads what another wrote (N=500 SEED=1)
	@$(SETUP) --langs "$(LANGS)" $(ENGINE)
	@$(CONDUCTOR) fuzz --langs "$(LANGS)" --steps "$(or $(N),500)" $(if $(SEED),--seed "$(SEED)") $(if $(TARGET),--target "$(TARGET)")

contract-bulk: ## Read a table of many items in every way, by every language and by each other's cursors (N=50000)
	@$(SETUP) --langs "$(LANGS)" $(ENGINE)
	@$(CONDUCTOR) bulk --langs "$(LANGS)" --steps "$(or $(N),50000)"

contract-chaos: ## Write through a proxy that fails one request in five: every item is stored or named as not stored (N=5000 SEED=1)
	@$(SETUP) --langs "$(LANGS)" $(ENGINE)
	@$(CONDUCTOR) chaos --langs "$(LANGS)" --steps "$(or $(N),5000)" $(if $(SEED),--seed "$(SEED)")

coverage: ## Show the requirements of spec/ that no case cites, and what changed since the lock
	@$(SETUP) --langs py
	@$(CONDUCTOR) coverage

coverage-update: ## Take the requirements and the cases that cite them into spec/coverage.lock
	@$(SETUP) --langs py
	@$(CONDUCTOR) coverage --update

parity: ## Write docs/parity-matrix.md from the last whole contract run
	@$(SETUP) --langs py
	@$(CONDUCTOR) parity

page: ## Test build/contract/parity.html, the page of the last contract run, in headless Chromium
	@$(SETUP) --langs py --browser
	@cd contract-tests && ../$(VENV) -m pytest -q conductor/browser

##@ What CI runs, job by job (scripts/plan.py says which a change needs)
plan: ## Say which jobs the changes since BASE need (BASE=main)
	@$(PYTHON) scripts/plan.py --base "$(or $(BASE),main)"

docs: ## Check what is written: generated files, versions, links, the examples of READMEs and guides
	@$(SETUP) --engine
	@$(CHECK) generated
	@$(CHECK) docs
	@$(VENV) -m pytest -q -c scripts/pyproject.toml scripts/tests/test_readme.py
	@cd py && ../$(VENV) -m pytest -q tests/test_readme.py tests/cli/test_guide.py
	@cd ts && npm run --silent test -- test/readme.test.ts
	@go test ./dynamorm ./dynamorm/samples -run 'Readme'

check-tools: ## All gates of scripts/, the conductor and the workflows
	@$(SETUP) --engine --lint
	@$(CHECK) scripts conductor workflows docs

check-py: ## All gates of the Python house: lint, types, unit tests, tox
	@$(SETUP) --langs py --engine
	@$(CHECK) py

check-ts: ## All gates of the TypeScript house
	@$(SETUP) --langs py,ts --engine
	@$(CHECK) ts

check-go: ## All gates of the Go house
	@$(SETUP) --langs py,go --engine --lint
	@$(CHECK) go

check-contract: ## The whole contract: cases, self-tests, mutants, fuzz, faults, parity matrix and its page
	@$(SETUP) --engine --browser
	@$(CHECK) contract

check-dist: ## Build what is released, and use it as a user would
	@$(SETUP) --engine
	@$(CHECK) dist

##@ While working
setup: ## Check the prerequisites and set up every language, the lint tools and DynamoDB Local
	@$(SETUP) --engine --lint

lint: ## Lint and format checks: ruff, eslint, prettier, gofmt, go vet, staticcheck, actionlint, shellcheck, links
	@$(SETUP) --lint
	@$(CHECK) lint

fmt: ## Format everything
	@$(SETUP)
	@$(VENV) -m ruff format --quiet --config scripts/pyproject.toml scripts
	@cd contract-tests && ../$(VENV) -m ruff format --quiet .
	@cd py && ../$(VENV) -m ruff format --quiet .
	@cd ts && npm run --silent format
	@gofmt -w dynamorm contract-tests/runners/go

types: ## Type checks: mypy, pyright, tsc, all strict
	@$(SETUP) --langs py,ts
	@$(CHECK) types

unit: ## Unit tests of the scripts, the conductor and the three libraries
	@$(SETUP) --engine
	@$(CHECK) unit

unit-py: ## Unit tests of the Python library
	@$(SETUP) --langs py --engine
	@$(CHECK) unit py

unit-ts: ## Unit tests of the TypeScript library
	@$(SETUP) --langs py,ts --engine
	@$(CHECK) unit ts

unit-go: ## Unit tests of the Go library
	@$(SETUP) --langs py,go --engine
	@$(CHECK) unit go

tox: ## Unit tests of the Python library on every supported interpreter there is
	@$(SETUP) --langs py
	@$(CHECK) tox

generate: ## Write what is derived from spec/: requirement index, constants, error classes
	@$(SETUP) --langs py
	@$(VENV) scripts/generate.py

check-generated: ## Fail where a generated file is stale
	@$(SETUP) --langs py
	@$(VENV) scripts/generate.py --check

engine: ## Run DynamoDB Local in the foreground and print the environment lines (PORT=8000)
	@$(SETUP) --langs '' --engine
	@$(PYTHON) scripts/engine.py run $(if $(PORT),--port $(PORT))

dev: ## Open a shell with DynamoDB Local, a KMS server and the SDKs' variables (CMD='…' runs one command in it)
	@$(SETUP) --langs py --engine
	@$(VENV) scripts/dev.py $(if $(CMD),--cmd "$$CMD") $(if $(PORT),--port "$(PORT)")

##@ Releases
dist: ## Build the files of a release into build/dist, of the commit (DIRTY=1: of the tree as it is; ONLY=wheel,npm)
	@$(SETUP)
	@$(VENV) scripts/dist.py $(if $(DIRTY),--dirty) $(if $(ONLY),--only "$(ONLY)")

verify-dist: dist ## Install these files as their users do, run the READMEs' examples, hold sizes and times to budgets
	@$(SETUP) --engine
	@$(VENV) scripts/verify_dist.py

release-check: ## Show what the next release would say; fail where versions, fragments or the version of DMS are wrong
	@$(SETUP) --langs py
	@$(VENV) scripts/version.py check
	@$(VENV) scripts/spec_diff.py
	@$(VENV) scripts/changelog.py check
	@$(VENV) scripts/changelog.py draft

rehearse: ## Do a release in a clone: commit, tag, files, the page as a folder (V=0.1.0-rc.1 INTO=DIR)
	@$(SETUP) --langs py
	@$(VENV) scripts/release.py rehearse "$(V)" $(if $(INTO),--into "$(INTO)")

##@ Upkeep
lock: ## Lock the Python tools again, after a change of scripts/requirements.in
	@$(SETUP) --langs py
	@.venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header scripts/requirements.in -o scripts/requirements.lock

clean: ## Remove results and caches, keep what set-up installed
	@rm -rf build/contract build/runners build/mypy build/dist build/check py/.tox ts/dist py/dist
	@find . \( -name node_modules -o -name .venv -o -name .git \) -prune -o \
		\( -name __pycache__ -o -name .pytest_cache -o -name .ruff_cache -o -name .mypy_cache -o -name .hypothesis \) \
		-type d -print | xargs rm -rf

distclean: clean ## Remove what set-up installed, too
	@rm -rf build .venv ts/node_modules
