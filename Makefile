# make run    serve the playground on http://localhost:8501 (PORT= changes it)
# make test   everything that has to hold: checks, then all tests, in real processes and a real browser
# make check  format, lint, types, import order
# make bench  measured ratios and latencies, with a null control beside them

PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check bench clean

run: $(VENV)/run.stamp
	@PORT=$(PORT) $(BIN)/playground run

test: $(VENV)/dev.stamp check
	@sh tests/browser/chromium.sh $(BIN)
	@if command -v node >/dev/null 2>&1; then node --test tests/live/*.test.mjs; else echo "no node: the drawing code's unit tests are left out"; fi
	$(BIN)/python -m pytest

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

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
