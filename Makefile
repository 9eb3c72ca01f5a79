# The README's two commands are `make run` and `make test`. Both first install what they need.
PYTHON ?= python3
BIN := .venv/bin
# Tests run in two processes per core, because many of them wait for a browser or a server. All tests of a file run in the
# same process, because the functions host can index an app only once per process. All folders are tested in one run: the
# slow tests start first, and the short unit tests fill the remaining time.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')
PARALLEL = -n $(WORKERS) --dist loadfile --no-loadscope-reorder
FOLDERS := tests/stack tests/browser tests/conformance tests/integration tests/unit
# Coverage is measured by default with Python versions that can do so at almost no cost; COVERAGE=1 enables it on others.
MONITORING := $(shell $(PYTHON) -c 'import sys; print("sysmon" * (sys.version_info >= (3, 12)))')
COVERAGE ?= $(MONITORING)
ORDER = $(if $(SHUFFLE),--shuffle $(SHUFFLE))
COVERED = $(if $(COVERAGE),--cov --cov-report=term)
QUICK := $(addprefix tests/conformance/test_,fidelity.py functions.py helpers.py imports.py infra_docs.py infra_settings.py \
	once_each.py references.py table_owners.py)
LINTERS := tests/unit/addin/test_modules.py tests/conformance/test_infra_scripts.py
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version

# Containers set this variable to save space. Here, each of about a hundred processes would have to compile every module.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check lint types tests unit integration conformance loop browser audit bench package release lock ready tools

run:
	@$(PYTHON) -m dev.setup run && exec $(BIN)/python -m dev

# SHUFFLE=seed changes the order of the tests. The other checks use one core at most, so they run in parallel with them.
test: tools
	@$(MAKE) --no-print-directory --jobs=4 lint types tests audit

# Quick checks for use while you work: no browser, no servers, no long tests, and only a few generated cases. A process
# for each core, since these tests compute rather than wait, and each process takes seconds to collect them.
check: lint types
	$(BIN)/pytest tests/unit $(QUICK) $(PARALLEL) -n logical -q --hypothesis-profile=quick -m "not lint and not long"

lint: tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/pytest -q -m lint $(LINTERS)

types: tools
	$(BIN)/mypy

tests: tools
	MAKEFLAGS= $(if $(MONITORING),COVERAGE_CORE=sysmon) $(BIN)/pytest $(FOLDERS) $(PARALLEL) -m "not lint" $(ORDER) $(COVERED)

unit: tools
	$(BIN)/pytest tests/unit $(PARALLEL)

integration: tools
	$(BIN)/pytest tests/integration $(PARALLEL)

conformance: tools
	$(BIN)/pytest tests/conformance $(PARALLEL)

loop: tools
	$(BIN)/pytest tests/stack

browser: tools
	$(BIN)/pytest tests/browser $(PARALLEL)

# Reports publicly known vulnerabilities of the locked packages; with STRICT=1, they are an error.
audit: tools
	@$(BIN)/python -m dev.audit

bench: tools
	$(BIN)/python -m bench

package: ready
	$(BIN)/python infra/package.py --measure

# Dates the changelog, commits, tags, and writes package, SBOM, notes and hashes to dist/. Pushes nothing.
release: tools
	$(BIN)/python -m dev.release

lock: tools
	$(LOCK) 3.11 requirements.in -o requirements.txt
	$(LOCK) 3.11 requirements.in requirements-cli.in -c requirements.txt -o requirements-cli.txt
	$(LOCK) 3.11 dev/requirements-run.in -c requirements-cli.txt -o dev/requirements-run.txt
	$(LOCK) 3.11 requirements-dev.in -c dev/requirements-run.txt -o requirements-dev.txt
	$(LOCK) 3.11 --no-deps dev/requirements-node.in -o dev/requirements-node.txt
	$(LOCK) 3.13 --no-deps dev/requirements-host.in -o dev/requirements-host.txt

# Installs the requirements of the local stack, the command line and the package.
ready:
	@$(PYTHON) -m dev.setup run

# Also installs the requirements of tests and linters. If Chromium or the checks of the pane cannot be installed, it says
# so, and they are skipped.
tools:
	@$(PYTHON) -m dev.setup test
