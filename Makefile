SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# What is installed, remembered until pyproject.toml changes.
CORE := $(VENV)/.core
DEV := $(VENV)/.dev

.PHONY: help demo test check fix bench docs screenshots vendor clean

help: ## say what the targets do
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is not found. Ringfence needs Python 3.11 or newer (Debian: apt-get install python3 python3-venv; else make PYTHON=/path/to/python3)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is $$($(PYTHON) --version). Ringfence needs Python 3.11 or newer: make PYTHON=/path/to/python3.11." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "error: $(PYTHON) can't make virtual environments (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(CORE): pyproject.toml | $(BIN)/python
	@echo "Installing ringfence into $(VENV)"
	@$(PIP) install --editable .
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	@echo "Installing ringfence and its development tools into $(VENV)"
	@$(PIP) install --editable '.[dev,docs]'
	@touch $@ $(CORE)

demo: $(CORE) ## the main job on examples/shop, in three steps
	@BIN=$(BIN) examples/shop/demo

test: $(DEV) ## run every test, print the coverage
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n 2 --dist worksteal
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

check: $(DEV) ## format, lint, types and layers; changes nothing
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: $(DEV) ## format, repair what lint can repair, rewrite generated tables
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format
	@$(BIN)/python docs/generate.py

bench: $(DEV) ## time the engine, judge learned policies, write both into docs/
	@$(BIN)/python bench/run.py --write docs/performance.md
	@$(BIN)/python -m bench.flows_quality --write docs/flows/quality.md

docs: $(DEV) ## build the site into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "site/index.html"

screenshots: $(DEV) ## take the pictures of docs/web.md anew; needs Chromium
	@$(BIN)/python docs/screenshots.py

vendor: $(BIN)/python ## copy the browser libraries that web/package-lock.json pins; needs npm
	@$(BIN)/python web/vendor.py

clean: ## remove what the other targets made
	@rm -rf $(VENV) site dist .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .bench
