# Every verb of this repository; `make help` lists them.
SHELL := bash
.DEFAULT_GOAL := help
# Where Ansible and Python find the collection, and where what is costly to make is kept.
VIGIL_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/vigil-observability
in_environment := VIGIL_CACHE=$(VIGIL_CACHE) ANSIBLE_COLLECTIONS_PATH=.build PYTHONPATH=.build PATH="$$PWD/.venv/bin:$$PATH"
.PHONY: help demo demo-down environment test lint rules unit molecule hosts bench build docs-tables clean

help: ## List the verbs
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: environment ## Deploy three hosts in containers and show them working (I=single_node: one host)
	@$(in_environment) python demo/up.py $(I)

demo-down: ## Remove what demo started
	@tests/hosts/hosts destroy --label demo
	@tests/hosts/archives stop

environment: ## Make the Python environment (.venv) that everything below uses
	@tests/setup/python_environment

test: environment ## Run everything: lint, unit tests, every scenario on real hosts, the demo
	@.venv/bin/python tests/run.py lint unit molecule demo

lint: environment ## Run the linters and ansible-test sanity
	@.venv/bin/python tests/run.py lint

rules: environment ## Check and test the shipped alert rules
	@tests/lint/promtool_rules

unit: environment ## Run the unit tests with their coverage
	@.venv/bin/python tests/run.py unit
	@tail -n 15 .build/logs/unit.log

molecule: environment ## Run the scenarios, or S=<scenario>; V=<step> takes one step of it and leaves its hosts
	@.venv/bin/python tests/run.py molecule $(if $(S),--scenario $(S)) $(if $(V),--step $(V))

hosts: environment ## Make the engine, the image of test hosts and the archives of the servers
	@tests/setup/hosts_and_servers

bench: $(if $(filter grafana,$(B)),environment,hosts) ## Measure what deployments and a hundred dashboards cost (B=grafana: the latter alone)
	$(if $(filter grafana,$(B)),,@$(in_environment) python tests/bench.py)
	@$(in_environment) python tests/bench_grafana.py

build: environment ## Build the archive that users install
	@$(in_environment) ansible-galaxy collection build --force

docs-tables: environment ## Write the tables of inputs into the roles' READMEs
	@tests/docs_tables

clean: ## Remove what builds and tests left in this checkout (caches stay)
	@rm -rf .build .venv .ansible tests/output
