# Every verb of this repository; `make help` lists them.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help environment test lint unit docs-tables clean

help: ## List the verbs
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

environment: ## Make the Python environment (.venv) that everything below uses
	@tests/setup/python_environment

test: environment ## Run everything: lint and unit tests
	@.venv/bin/python tests/run.py lint unit

lint: environment ## Run the linters and ansible-test sanity
	@.venv/bin/python tests/run.py lint

unit: environment ## Run the unit tests with their coverage
	@.venv/bin/python tests/run.py unit
	@tail -n 15 .build/logs/unit.log

docs-tables: environment ## Write the tables of inputs into the roles' READMEs
	@tests/docs_tables

clean: ## Remove what builds and tests left in this checkout (caches stay)
	@rm -rf .build .venv .ansible tests/output
