# make run    serve the playground on http://localhost:8501 (PORT= changes it)
# make test   everything that has to hold: checks, then all tests, in real processes and a real browser
# make check  format, lint and types of Python and of the browser code, import order
# make coverage  which lines of engine and pages the tests reach, those in child processes too; fails under its floor
# make bench  measured ratios and latencies, with a null control beside them

PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
INDEPENDENT := tests/science tests/conformance tests/engine tests/uploads tests/house tests/pages tests/export \
	tests/cli tests/checks tests/golden
NODE := $(VENV)/node
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check coverage bench clean

run: $(VENV)/run.stamp
	@PORT=$(PORT) $(BIN)/playground run

# Tests that calculate share the cores; those of processes, faults, timing and the browser have them to themselves.
test: check
	@sh tests/browser/chromium.sh $(BIN)
	$(BIN)/node --test tests/live/*.test.mjs
	$(BIN)/python -m pytest -n 2 --dist loadfile $(INDEPENDENT)
	$(BIN)/python -m pytest $(INDEPENDENT:%=--ignore=%)

check: $(VENV)/dev.stamp $(NODE).stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NODE)/node_modules/.bin/biome check --error-on-warnings .
	$(BIN)/node $(NODE)/node_modules/typescript/bin/tsc --project tests/live

coverage: $(VENV)/dev.stamp
	@sh tests/browser/chromium.sh $(BIN)
	@rm -rf .coverage && mkdir .coverage
	$(BIN)/coverage run -m pytest -n 2 --dist loadfile $(INDEPENDENT)
	$(BIN)/coverage run -m pytest $(INDEPENDENT:%=--ignore=%)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

bench: $(VENV)/dev.stamp
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV)

$(VENV)/pip.stamp:
	@sh assets/deploy/venv.sh $(VENV)
	@touch $@

$(VENV)/run.stamp: $(VENV)/pip.stamp pyproject.toml requirements.lock
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable ".[dev]"
	@touch $@

# Node itself is a Python package, so that its version is locked beside the others; what checks the browser code is npm's.
$(NODE).stamp: $(VENV)/dev.stamp tests/live/package.json tests/live/package-lock.json
	@mkdir -p $(NODE)
	@cp tests/live/package.json tests/live/package-lock.json $(NODE)
	@cd $(NODE) && ../bin/npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
