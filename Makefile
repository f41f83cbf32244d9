# Every verb of this repository; `make help` lists them.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help environment test lint unit molecule hosts docs-tables clean

help: ## List the verbs
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

environment: ## Make the Python environment (.venv) that everything below uses
	@tests/setup/python_environment

test: environment ## Run everything: lint, unit tests, every scenario on real hosts
	@.venv/bin/python tests/run.py lint unit molecule

lint: environment ## Run the linters and ansible-test sanity
	@.venv/bin/python tests/run.py lint

unit: environment ## Run the unit tests with their coverage
	@.venv/bin/python tests/run.py unit
	@tail -n 15 .build/logs/unit.log

molecule: environment ## Run the scenarios, or S=<scenario>; V=<step> takes one step of it and leaves its hosts
	@.venv/bin/python tests/run.py molecule $(if $(S),--scenario $(S)) $(if $(V),--step $(V))

hosts: environment ## Make the engine, the image of test hosts and the archives of the servers
	@tests/setup/hosts_and_servers

docs-tables: environment ## Write the tables of inputs into the roles' READMEs
	@tests/docs_tables

clean: ## Remove what builds and tests left in this checkout (caches stay)
	@rm -rf .build .venv .ansible tests/output
