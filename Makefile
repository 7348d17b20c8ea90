PYTHON ?= python3
VENV := .venv
REQUIREMENTS := $(wildcard requirements/*.txt)

.PHONY: demo test lint sanity benchmark clean

# The main job against the built-in emulator: preview, run, run again.
demo: $(VENV)/installed
	$(VENV)/bin/python -m emulator.demo

# Lint, then unit, contract and integration tests. More arguments for pytest: make test ARGS="-k flags"
test: lint
	$(VENV)/bin/python -m pytest --numprocesses=auto $(ARGS)

lint: $(VENV)/installed
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

# What Ansible's reviewers check. More arguments for ansible-test: make sanity ARGS="--test pylint"
sanity: $(VENV)/installed
	$(VENV)/bin/python tests/sanity/run.py $(ARGS)

# Against auth0-deploy-cli and others, into docs/benchmark. More arguments: make benchmark ARGS="--only loop --repeats 2"
benchmark: $(VENV)/installed
	$(VENV)/bin/python -m tests.benchmark $(ARGS)

clean:
	rm -rf $(VENV)

$(VENV)/installed: $(REQUIREMENTS)
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade pip
	$(VENV)/bin/python -m pip install --quiet $(addprefix --requirement=,$(REQUIREMENTS))
	touch $@
