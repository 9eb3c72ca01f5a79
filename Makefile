# The two commands of the README are `make run` and `make test`; both install what they need first.
PYTHON ?= python3
BIN := .venv/bin
# One process a core; a file stays in one of them, as the functions host indexes an app once in a process.
PARALLEL := -n auto --dist loadfile
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version

.PHONY: run test lint types unit integration conformance loop browser bench package lock ready tools

run:
	@$(PYTHON) -m dev.setup run && exec $(BIN)/python -m dev

test: lint types unit integration conformance loop browser

lint: tools
	$(BIN)/ruff check .

types: tools
	$(BIN)/mypy

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

bench: tools
	$(BIN)/python -m bench

package: ready
	$(BIN)/python infra/package.py --measure

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
