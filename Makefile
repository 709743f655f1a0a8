# Everything runs as an ordinary user inside .venv; a machine needs git, make and Python 3.11 or newer.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
# What is installed is named by what asked for it, so a second run does nothing and a changed lock installs again.
INSTALLED := .venv/installed-$(shell cat requirements-dev.lock pyproject.toml | git hash-object --stdin)
ARGS ?=

.PHONY: help setup controlplane check format test demo bench
help:
	@echo 'make demo     try it: a forge, two environments and an open pull (ARGS=--check plays it without a person)'
	@echo 'make test     set up, check, and run every test'
	@echo 'make bench    plans, deployments, door, comments and a rebuild beside their budgets (ARGS="plans door" for some of them)'
	@echo 'make setup    put the command into .venv/bin/plumbline'
	@echo 'make check    format, lint, types and import contracts'
	@echo 'make format   rewrite the sources the way check wants them'

setup: $(INSTALLED)

# pip installs one thing, uv, by the hashes that the lock holds for it; uv installs the rest. A sync removes what the
# lock does not name, so that nothing works here by accident, and the project itself goes in last.
$(INSTALLED):
	@echo '== Set up'
	@.ci/venv
	@sed -n '/^uv==/,/^[^ ]/{/^uv==/p;/^ .*--hash/p;}' requirements-dev.lock | sed '$$s/ \\$$//' > .venv/uv.lock
	@$(BIN)/uv --version 2>/dev/null | grep -qF "uv $$(sed -n 's/^uv==\([^ ]*\).*/\1/p' .venv/uv.lock)" || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip sync --quiet --require-hashes requirements-dev.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@rm -f .venv/installed-*
	@touch $@

controlplane: $(INSTALLED)
	@echo '== Control plane and renderers'
	@$(BIN)/python -m fixtures.cluster.build

check: $(INSTALLED)
	@echo '== Format, lint, types, import contracts'
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(INSTALLED)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

test: controlplane check
	@echo '== Tests'
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

bench: controlplane
	@echo '== Bench: use a machine that does nothing else'
	@$(BIN)/python -m tests.bench $(ARGS)

demo: $(INSTALLED)
	@$(BIN)/python -m fixtures.demo $(ARGS)
