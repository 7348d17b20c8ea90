PYTHON ?= python3
VENV := .venv
# Node.js and a browser are large: only what needs them installs them. Those of the package go into environments of their own.
REQUIREMENTS := $(filter-out requirements/docs.txt requirements/gateway.txt requirements/package.txt,$(wildcard requirements/*.txt))
# ZUPLO=latest, or a version: that gateway beside the pinned one. What a tag means changes, so npm is asked each time.
GATEWAY := $(VENV)/gateway$(addprefix -,$(ZUPLO))/installed

.PHONY: demo test test-faults lint sanity package docs gateway-test benchmark clean FORCE

# The main job against the built-in emulator: preview, run, run again.
demo: $(VENV)/installed
	$(VENV)/bin/python -m emulator.demo

# Lint, then unit, contract and integration tests. More arguments for pytest: make test ARGS="-k flags"
test: lint
	$(VENV)/bin/python -m pytest --numprocesses=auto --dist=worksteal $(ARGS)

# All that can go wrong with the main job, in 20 minutes. More arguments: make test-faults ARGS="--only kills --seed 2"
test-faults: $(VENV)/installed
	$(VENV)/bin/python -m tests.faults $(ARGS)

lint: $(VENV)/installed
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

# What Ansible's reviewers check. More arguments for ansible-test: make sanity ARGS="--test pylint"
sanity: $(VENV)/installed
	$(VENV)/bin/python tests/sanity/run.py $(ARGS)

# What people install: its files, that it works on the oldest and the newest ansible-core, and Galaxy's verdict.
package: $(VENV)/package/installed
	$(VENV)/bin/python -m pytest tests/package --numprocesses=2 --dist=worksteal $(ARGS)

# The documentation site, into build/site/html, and its tests. More arguments for pytest: make docs ARGS="-k links"
docs: $(VENV)/installed
	$(VENV)/bin/nox --session docs -- $(ARGS)

# The real Zuplo gateway, real MCP clients and a real browser. More arguments: make gateway-test ARGS="-k browser"
# On the newest gateway: make gateway-test ZUPLO=latest
gateway-test: $(GATEWAY)
	$(VENV)/bin/python -m pytest tests/gateway --numprocesses=2 --dist=loadfile $(ARGS)

# Against auth0-deploy-cli and others, into docs/benchmark. More arguments: make benchmark ARGS="--only loop --repeats 2"
benchmark: $(VENV)/installed
	$(VENV)/bin/python -m tests.benchmark $(ARGS)

$(VENV)/package/installed: $(VENV)/installed requirements/package.txt requirements/modules.txt noxfile.py tests/package/install.py
	$(VENV)/bin/python -m tests.package.install
	touch $@

$(GATEWAY): $(VENV)/installed requirements/gateway.txt $(wildcard tests/gateway/package*.json) tests/gateway/install.py $(if $(ZUPLO),FORCE)
	$(VENV)/bin/python -m pip install --quiet --requirement=requirements/gateway.txt
	$(VENV)/bin/python -m tests.gateway.install
	touch $@

clean:
	rm -rf $(VENV)

$(VENV)/installed: $(REQUIREMENTS)
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade pip
	$(VENV)/bin/python -m pip install --quiet $(addprefix --requirement=,$(REQUIREMENTS))
	touch $@
