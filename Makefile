# Plugport's commands. `make help` explains them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Without compiled modules each start of the program would take a second more, and tests start it some hundred times.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# -qq: errors only. --no-compile: the first import compiles what it needs, which spares a third of the first install.
PIP_INSTALL := $(BIN)/python -m pip --disable-pip-version-check install -qq --no-compile
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"

# What was installed is remembered by empty files in .venv, so that a second run has nothing to do.
VENV_MADE := $(VENV)/.made
RUNTIME_INSTALLED := $(VENV)/.runtime-installed
PROJECT_INSTALLED := $(VENV)/.project-installed
DEV_INSTALLED := $(VENV)/.dev-installed
VSCE_INSTALLED := $(VENV)/.vsce-installed

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: install
install: $(PROJECT_INSTALLED) ## Make .venv with everything that `make run` needs

.PHONY: run
run: install ## Serve on 127.0.0.1:8000 with an embedded PostgreSQL; PLUGPORT_* settings are honoured
	@exec $(BIN)/plugport serve

.PHONY: dev-install
dev-install: $(DEV_INSTALLED) $(VSCE_INSTALLED) ## Make .venv with everything that tests and checks need

.PHONY: test
test: dev-install ## Run every test
	$(BIN)/pytest

.PHONY: test-faults
test-faults: dev-install ## Kill the server and its stores 200 times each, and let the model of uploads run long (an hour)
	KILLS=$${KILLS:-200} HYPOTHESIS_PROFILE=long $(BIN)/pytest tests/faults tests/contract/uploads

.PHONY: bench
bench: dev-install ## Measure lists, searches and details as the catalogue grows, uploads beside other programs, contracts
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.uploads
	$(BIN)/python -m tests.bench.contracts

.PHONY: check
check: dev-install ## Lint, format check, types, Dockerfile, compose file and lock files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint deploy/Dockerfile
	$(BIN)/pytest tests/deploy

.PHONY: openapi
openapi: dev-install ## Write schemas/published/openapi.json anew, after a change of the interface that is meant
	$(BIN)/python -W ignore -m app.api.docs > $(VENV)/openapi.json
	@mv $(VENV)/openapi.json schemas/published/openapi.json

.PHONY: format
format: dev-install ## Put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The development lock is resolved first, because it holds everything; the runtime lock is the part of it that serves.
# setuptools is locked too: the project itself is built without fetching anything that no hash vouches for.
.PHONY: lock
lock: $(VENV_MADE) ## Pin the packages of pyproject.toml anew (LOCK_FLAGS=--upgrade takes newer versions)
	@[ -x $(BIN)/uv ] || $(PIP_INSTALL) uv
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		> $(VENV)/build-requires.in
	$(UV_COMPILE) $(LOCK_FLAGS) --extra embedded --extra dev --output-file requirements-dev.lock \
		pyproject.toml $(VENV)/build-requires.in
	$(UV_COMPILE) --extra embedded --constraint requirements-dev.lock --output-file requirements.lock \
		pyproject.toml $(VENV)/build-requires.in

.PHONY: clean
clean: ## Remove .venv and every tool's leavings (never the data)
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV_MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Plugport needs Python 3.11 or newer, and \`$(PYTHON)\` is: $$($(PYTHON) --version 2>&1 || true)" >&2; \
		echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUNTIME_INSTALLED): requirements.lock | $(VENV_MADE)
	@echo "Installing the packages of requirements.lock ..."
	@$(PIP_INSTALL) --require-hashes -r requirements.lock
	@touch $@

$(PROJECT_INSTALLED): pyproject.toml $(RUNTIME_INSTALLED)
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_INSTALLED): requirements-dev.lock $(PROJECT_INSTALLED)
	@echo "Installing the packages of requirements-dev.lock ..."
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(VSCE_INSTALLED): tests/vsce/package-lock.json tests/vsce/package.json $(DEV_INSTALLED)
	@echo "Installing the packages of tests/vsce/package-lock.json ..."
	@$(BIN)/python -m tests.vsce
	@touch $@
