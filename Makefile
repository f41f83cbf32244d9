# The commands of this repository; `make help` lists them.
SHELL := bash
.DEFAULT_GOAL := help
# Where Ansible and Python find the collection, and where expensive artifacts are cached.
VIGIL_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/vigil-observability
in_environment := VIGIL_CACHE=$(VIGIL_CACHE) ANSIBLE_COLLECTIONS_PATH=.build PYTHONPATH=.build PATH="$$PWD/.venv/bin:$$PATH"
# Ends with the make that started it, however that ends; CHANGED=1 leaves out what passed with the same inputs.
run := $(in_environment) exec python tests/run.py $(if $(CHANGED),--changed)
.PHONY: help demo demo-down environment test lint rules unit molecule hosts bench build docs-tables clean

help: ## List these commands
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: environment ## Deploy the stack to three hosts in containers and demonstrate it (I=single_node: one host)
	@$(in_environment) python demo/up.py $(I)

demo-down: ## Remove the demo
	@tests/hosts/hosts destroy --label demo
	@tests/hosts/archives stop

environment: ## Create the Python environment (.venv) that the other commands use
	@exec setpriv --pdeathsig TERM tests/setup/python_environment

test: environment ## Run all tests: lint, unit tests, all scenarios on test hosts, the demo; CHANGED=1: those whose inputs changed
	@$(run) lint unit molecule demo

lint: environment ## Run the linters and ansible-test sanity
	@$(run) lint

rules: environment ## Check and test the shipped alert rules
	@tests/lint/promtool_rules

unit: environment ## Run the unit tests and measure coverage
	@$(run) unit

molecule: environment ## Run all scenarios, or one (S=<scenario>); V=<step> runs one step and keeps the hosts
	@$(run) molecule $(if $(S),--scenario $(S)) $(if $(V),--step $(V))

hosts: environment ## Prepare the container engine, the test host image and the server archives
	@tests/setup/hosts_and_servers

# What `make bench` measures: all, or one (B); with REF, deployments are compared with those of a commit.
measured = $(filter $(1),$(or $(B),$(if $(REF),deployments,deployments grafana logs traces telemetry incidents analyses)))

bench: $(if $(filter grafana logs telemetry,$(B)),environment,hosts) ## Benchmark deployments, a hundred dashboards, a million log lines, ten thousand traces, a collector, the application library, incidents, analyses (B=deployments, B=grafana, B=logs, B=traces, B=telemetry, B=incidents, B=analyses: only those; REF=<commit>: deployments compared with that commit)
	$(if $(call measured,deployments),@$(in_environment) python tests/bench.py $(REF))
	$(if $(call measured,grafana),@$(in_environment) python tests/bench_grafana.py)
	$(if $(call measured,logs),@$(in_environment) python tests/bench_logs.py)
	$(if $(call measured,traces),@$(in_environment) python tests/bench_traces.py)
	$(if $(call measured,traces),@$(in_environment) python tests/bench_collector.py)
	$(if $(call measured,telemetry),@$(in_environment) python tests/bench_telemetry.py)
	$(if $(call measured,incidents),@$(in_environment) python tests/bench_incidents.py)
	$(if $(call measured,analyses),@$(in_environment) python tests/bench_analyses.py)

build: environment ## Build the collection archive
	@$(in_environment) ansible-galaxy collection build --force

docs-tables: environment ## Update what is generated: common parts of roles, tables in READMEs and docs
	@tests/docs_tables

clean: ## Remove build and test output from this checkout (keeps caches)
	@rm -rf .build .venv .ansible tests/output
