VENV := .venv
# The Python that has made the environment, if there is one that works.
PYTHON ?= $(shell $(VENV)/bin/python -c pass 2>/dev/null && echo $(VENV)/bin/python || echo python3)
# Node.js and a browser are large: only what needs them installs them. What has a session in noxfile.py has an environment there.
REQUIREMENTS := $(addprefix requirements/,benchmark.txt emulator.txt modules.txt nox.txt tests.txt)
INSTALL = @$(PYTHON) requirements/install.py
NOX := $(VENV)/bin/nox
EMULATOR_TESTS := *emulator* */test_distil* */test_official* */test_operations* *recordings*
# ZUPLO=latest, or a version: that gateway beside the pinned one. What a tag means changes, so npm is asked each time.
GATEWAY := $(VENV)/gateway$(addprefix -,$(ZUPLO))/installed

.PHONY: demo emulator picture check test test-faults lint sanity package docs runner release release-look release-rehearsal gateway-test \
	benchmark clean FORCE

# The whole setup against the built-in emulator: preview, run, run again, check. Installs only what that needs.
# More arguments for ansible-playbook: make demo ARGS="-e mcp_server_name=Shop"
demo:
	$(INSTALL) $(VENV)/demo-installed requirements/demo.txt
	@$(VENV)/bin/python -m demo $(ARGS)

# An emulated tenant to play with, until Ctrl-C. Prints the variables with which ansible-playbook reaches it.
emulator:
	$(INSTALL) $(VENV)/demo-installed requirements/demo.txt
	@$(VENV)/bin/python -m emulator --ready export $(ARGS)

# For every edit, in three minutes: lint, then unit and contract tests, without those of the emulator. Many wait, so four at once.
check: lint
	$(VENV)/bin/python -m pytest tests/unit tests/contract $(addprefix --ignore-glob=,$(EMULATOR_TESTS)) \
		--numprocesses=4 --dist=worksteal $(ARGS)

# Lint, then all tests that need no Node.js, browser or container. More arguments for pytest: make test ARGS="-k flags"
test: lint
	@echo "About 7,000 tests: unit, contract, examples and integration, the last with real ansible-playbook runs."
	@echo "On two cores they take 35 minutes; 'make check' runs the core of the first two kinds in three."
	$(VENV)/bin/python -m pytest --numprocesses=auto --dist=worksteal $(ARGS)

# All that can go wrong with the main job, in 20 minutes. More arguments: make test-faults ARGS="--only kills --seed 2"
test-faults: $(VENV)/installed
	$(VENV)/bin/python -m tests.faults $(ARGS)

lint: $(VENV)/installed
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

# What Ansible's reviewers and Galaxy check: the default sessions of noxfile.py and antsibull-nox.toml.
sanity: $(VENV)/installed
	$(NOX) $(ARGS)

# What people install: its files, and that it works on the oldest and the newest ansible-core.
package: $(VENV)/installed
	$(NOX) --session package -- $(ARGS)

# The documentation site, into build/site/html, and its tests. More arguments for pytest: make docs ARGS="-k links"
docs: $(VENV)/installed
	$(NOX) --session docs -- $(ARGS)

# All checks of a release, the changelog and the package, for: make release VERSION=0.1.0. Nothing is committed or uploaded.
release: release-look sanity package
	$(NOX) --session release -- $(VERSION)

release-look: $(VENV)/installed
	@$(VENV)/bin/python -m tests.package.release --look $(VERSION)

# The same with the last commit in another folder, without the checks.
release-rehearsal: $(VENV)/installed
	$(NOX) --session release -- --rehearse

# ansible-runner, AWX, execution environments and ansible-navigator. More arguments for pytest: make runner ARGS="-k navigator"
runner: $(VENV)/installed
	$(NOX) --session runner -- $(ARGS)

# The real Zuplo gateway, real MCP clients and a real browser. More arguments: make gateway-test ARGS="-k browser"
# On the newest gateway: make gateway-test ZUPLO=latest
gateway-test: $(GATEWAY)
	$(VENV)/bin/python -m pytest tests/gateway --numprocesses=2 --dist=loadfile $(ARGS)

# Against auth0-deploy-cli and others, into docs/benchmark. More arguments: make benchmark ARGS="--only loop --repeats 2"
benchmark: $(VENV)/installed
	$(VENV)/bin/python -m tests.benchmark $(ARGS)

$(GATEWAY): $(VENV)/installed requirements/gateway.txt $(wildcard tests/gateway/package*.json) tests/gateway/install.py $(if $(ZUPLO),FORCE)
	$(VENV)/bin/python -m pip install --quiet --requirement=requirements/gateway.txt
	$(VENV)/bin/python -m tests.gateway.install
	touch $@

# docs/images/demo.svg, which shows what `make demo` prints. A test tells when it is to be made anew.
picture:
	$(INSTALL) $(VENV)/demo-installed requirements/demo.txt
	$(VENV)/bin/python -m demo.picture

clean:
	rm -rf $(VENV) .nox build

# Asked each time, and changed only where something was installed.
$(VENV)/installed: FORCE
	$(INSTALL) $@ $(REQUIREMENTS)
