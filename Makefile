# The two commands of the README are `make run` and `make test`; both install what they need first.
PYTHON ?= python3
BIN := .venv/bin
# Two processes a core, since many tests wait for a browser or a server; a file stays in one of them, as the functions host
# indexes an app once in a process. All folders in one run: those that wait begin, and the small change of the unit tests
# fills what is left over.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')
PARALLEL = -n $(WORKERS) --dist loadfile --no-loadscope-reorder
FOLDERS := tests/stack tests/browser tests/conformance tests/integration tests/unit
# Where Python can watch what runs at hardly any cost, what the tests do not reach is told. COVERAGE=1 tells it elsewhere.
MONITORING := $(shell $(PYTHON) -c 'import sys; print("sysmon" * (sys.version_info >= (3, 12)))')
COVERAGE ?= $(MONITORING)
ORDER = $(if $(SHUFFLE),--shuffle $(SHUFFLE))
COVERED = $(if $(COVERAGE),--cov --cov-report=term)
QUICK := $(addprefix tests/conformance/test_,fidelity.py functions.py helpers.py imports.py infra_docs.py infra_settings.py \
	once_each.py references.py table_owners.py)
LINTERS := tests/unit/addin/test_modules.py tests/conformance/test_infra_scripts.py
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version

# Containers set this to stay small. Here it would have each of some hundred processes compile what another has compiled.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check lint types tests unit integration conformance loop browser audit bench package release lock ready tools

run:
	@$(PYTHON) -m dev.setup run && exec $(BIN)/python -m dev

# SHUFFLE=seed makes another order of the tests. What is no test uses one core at most, so it runs beside them.
test: tools
	@$(MAKE) --no-print-directory --jobs=4 lint types tests audit

# Between changes: everything that needs no browser, no servers, and of generated cases only a few.
check: lint types
	$(BIN)/pytest tests/unit $(QUICK) $(PARALLEL) -q --hypothesis-profile=quick -m "not lint"

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

# What is publicly known of faults in the locked packages; STRICT=1 makes them an error.
audit: tools
	@$(BIN)/python -m dev.audit

bench: tools
	$(BIN)/python -m bench

package: ready
	$(BIN)/python infra/package.py --measure

# Dates the changelog, commits, tags; package, SBOM, notes and hashes in dist/. Pushes nothing.
release: tools
	$(BIN)/python -m dev.release

lock: tools
	$(LOCK) 3.11 requirements.in -o requirements.txt
	$(LOCK) 3.11 requirements.in requirements-cli.in -c requirements.txt -o requirements-cli.txt
	$(LOCK) 3.11 dev/requirements-run.in -c requirements-cli.txt -o dev/requirements-run.txt
	$(LOCK) 3.11 requirements-dev.in -c dev/requirements-run.txt -o requirements-dev.txt
	$(LOCK) 3.11 --no-deps dev/requirements-node.in -o dev/requirements-node.txt
	$(LOCK) 3.13 --no-deps dev/requirements-host.in -o dev/requirements-host.txt

# What running, the command line and the package need.
ready:
	@$(PYTHON) -m dev.setup run

# And what tests and linters need; what cannot be installed of Chromium and the checks of the pane is named and skipped.
tools:
	@$(PYTHON) -m dev.setup test
