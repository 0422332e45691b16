.DEFAULT_GOAL := help
.PHONY: help demo setup test lint bench clean

PYTHON := .venv/bin/python

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## set up, load the demo city, serve it on http://127.0.0.1:8080
	@exec .venv/bin/landmap serve --demo

setup: ## install what is missing, make .venv, build the web assets; quick when nothing changed
	@docker/setup.sh

test: ## set up and run all tests
	@docker/setup.sh --tests
	@$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow and not e2e"
	@$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "slow or e2e"

lint: setup ## ruff, mypy, import-linter
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

bench: setup ## compare with other servers on a million parcels, and print the table
	@$(PYTHON) -m tests.benchmarks.run

clean: ## delete the environment and what was built; the database under .landmap stays
	rm -rf .venv services/web/node_modules services/web/dist tests/e2e/clients/node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
