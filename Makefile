# The two commands of the README are `make run` and `make test`; both install what they need first.
PYTHON ?= python3
BIN := .venv/bin
# One process a core; a file stays in one of them, as the functions host indexes an app once in a process.
PARALLEL := -n auto --dist loadfile
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version

.PHONY: run test lint types unit integration conformance loop browser bench package lock ready pane-ready

run: ready
	@exec $(BIN)/python -m dev

test: lint types unit integration conformance loop browser

lint: ready
	$(BIN)/ruff check .

types: ready
	$(BIN)/mypy

unit: ready pane-ready
	$(BIN)/pytest tests/unit $(PARALLEL)

integration: ready
	$(BIN)/pytest tests/integration $(PARALLEL)

conformance: ready
	$(BIN)/pytest tests/conformance $(PARALLEL)

loop: ready
	$(BIN)/pytest tests/stack

browser: ready pane-ready
	$(BIN)/pytest tests/browser $(PARALLEL)

bench: ready
	$(BIN)/python -m bench

package: ready
	$(BIN)/python infra/package.py --measure

lock: ready
	$(LOCK) 3.11 requirements.in -o requirements.txt
	$(LOCK) 3.11 requirements-cli.in -c requirements.txt -o requirements-cli.txt
	$(LOCK) 3.11 requirements-dev.in -c requirements.txt -o requirements-dev.txt
	$(LOCK) 3.11 --no-deps dev/requirements-node.in -o dev/requirements-node.txt
	$(LOCK) 3.13 --no-deps dev/requirements-host.in -o dev/requirements-host.txt

ready:
	@$(PYTHON) -m dev.setup

# Chromium, and the Node packages that check the pane; what cannot be installed is named, and its tests are skipped.
pane-ready: ready
	@$(PYTHON) -m dev.browser_setup
