# Two commands: `make demo` runs the main job on real imagery, `make test` passes all tests. Both make and use .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
DEMO_DIR ?= demo
SAMPLE ?= auto

.PHONY: help demo test test-long lint types services bench clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo        the main job on a real scene, in ./demo (SAMPLE=auto|sentinel2|itaipu|wake)
demo: $(VENV)/.installed
	$(BIN)/groundset demo $(DEMO_DIR) --sample $(SAMPLE) --no-serve

## make test        lint, types, and all tests with real PostgreSQL, SeaweedFS and pgstac
test: $(VENV)/.installed-test services lint types
	$(BIN)/python -m pytest -m "not long"

## make test-long   the 1,000-kill and torchgeo suites, and the loading tests with PyTorch
test-long: $(VENV)/.installed-test services
	$(PIP) install --editable '.[test,torch]'
	$(BIN)/python -m pytest -m long --timeout 3600
	$(BIN)/python -m pytest tests/loading

lint: $(VENV)/.installed-test
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/lint-imports

types: $(VENV)/.installed-test
	$(BIN)/mypy

services: $(VENV)/.installed-test
	sh scripts/services.sh

## make bench       all benchmarks in full, one after the other (about half an hour)
bench: $(VENV)/.installed-test
	for file in benchmarks/[a-z]*.py; do $(BIN)/python $$file || exit 1; done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Groundset needs Python 3.11 or newer, found " + sys.version.split()[0] + "; say make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(PIP) install --editable .
	touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/bin/python
	$(PIP) install --editable '.[test]'
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist
