# Two commands: `make demo` runs the main job on real imagery, `make test` passes all tests. Both make and use .venv.
PYTHON ?= python3
VENV := .venv
JUPYTER := .venv-jupyter
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
DEMO_DIR ?= demo
SAMPLE ?= auto
# tests run in this many processes, a module in one
JOBS ?= 2

UI_SOURCES := $(shell find ui/src ui/public -type f -not -name '*.test.ts' 2>/dev/null) ui/index.html ui/vite.config.ts \
  ui/svelte.config.js
PAGE := src/groundset/server/static/index.html
NPM := $(shell command -v npm 2>/dev/null)

.PHONY: help demo ui ui-types ui-lint ui-test test test-long lint types services bench clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo        the main job on a real scene, in ./demo, then the page (SAMPLE=auto|sentinel2|itaipu|wake, ARGS=--no-serve)
demo: $(VENV)/.installed ui
	$(BIN)/groundset demo $(DEMO_DIR) --sample $(SAMPLE) $(ARGS)

## make test        lint, types, and all tests with real PostgreSQL, SeaweedFS and pgstac
test: $(VENV)/.installed-test services ui lint types ui-test
	$(BIN)/python -m pytest -m "not long" --numprocesses $(JOBS) --dist loadscope

## make test-long   the 1,000-kill, JupyterLab and torchgeo suites, and the loading tests with PyTorch
test-long: $(VENV)/.installed-test services ui $(JUPYTER)/.installed
	$(PIP) install --editable '.[test,torch]'
	GROUNDSET_JUPYTER=$(CURDIR)/$(JUPYTER)/bin/python $(BIN)/python -m pytest -m long --timeout 3600
	$(BIN)/python -m pytest tests/loading

## make ui          build the page where its sources are newer (needs Node.js 20.19 with npm)
ifeq ($(NPM),)
ui ui-lint ui-test:
	@echo "$@: npm is not here, so the page is neither built nor checked (apt-get install npm)"
	@[ "$${GROUNDSET_REQUIRE_UI:-0}" != 1 ]
else
ui: $(PAGE)

ui-lint: ui/node_modules/.package-lock.json $(VENV)/.installed-test
	$(BIN)/python scripts/openapi.py --check
	cd ui && npm run --silent types:check && npm run --silent check && npm run --silent format:check

ui-test: ui/node_modules/.package-lock.json
	cd ui && npm run --silent test

## make ui-types    the page's types, after a change of the server's models or routes
ui-types: ui/node_modules/.package-lock.json $(VENV)/.installed-test
	$(BIN)/python scripts/openapi.py
	cd ui && npm run --silent types
endif

$(PAGE): ui/node_modules/.package-lock.json $(UI_SOURCES)
	@echo "building the page (half a minute)"
	@cd ui && npm run --silent build -- --logLevel warn
	@touch $@

ui/node_modules/.package-lock.json: ui/package-lock.json
	@echo "installing the page's packages into ui/node_modules (a minute)"
	@cd ui && npm ci --no-audit --no-fund --loglevel error
	@touch $@

lint: $(VENV)/.installed-test ui-lint
	$(BIN)/ruff check src tests benchmarks scripts hatch_build.py
	$(BIN)/ruff format --check src tests benchmarks scripts hatch_build.py
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
	@echo "making a Python environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "installing Python packages into $(VENV) (a minute or two)"
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/bin/python
	@echo "installing Python packages with those of the tests into $(VENV) (some minutes)"
	@$(PIP) install --editable '.[test]'
	@touch $@ $(VENV)/.installed

# a Jupyter of its own, as on a hub: its kernel takes Groundset from $(VENV)
$(JUPYTER)/.installed: | $(VENV)/bin/python
	$(PYTHON) -m venv $(JUPYTER)
	$(JUPYTER)/bin/python -m pip --disable-pip-version-check --quiet install jupyterlab jupyter-server-proxy ipykernel anywidget
	touch $@

clean:
	rm -rf $(VENV) $(JUPYTER) build dist ui/node_modules src/groundset/server/static
