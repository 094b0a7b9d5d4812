# make demo    the comparison of two postures, from a bare checkout to a results folder and its report
# make test    linters, types and every test
# make lint    linters and types alone
# make format  put the code into the house format
# make bench   the named benchmark cases; BENCH=... passes arguments on
# make audit   do the conclusions survive what a right implementation does not care about? docs/audit.md
# make matrix  which versions of which libraries pass on which Python: docs/versions.md; MATRIX=... narrows it
# make docs    write the generated pages in docs/ again
# make site    the documentation as pages to open and search without a network: build/site/index.html
# make wheel   dist/*.whl with the compiled rules of this kind of machine: a first start without the compiler
# make clean   remove the environment, caches and builds (results stay)
#
# PYTHON names the interpreter of a new .venv, TESTS narrows the tests: make test TESTS="tests/test_draws.py -x"

PYTHON ?= python3
STATES ?= 200
# In each state, of each posture.
REPLICATES ?= 5
OUT ?= results/demo
# Of the tests many wait for a browser or a process: three workers keep two cores busy.
WORKERS ?= 3
# A second interpreter, with the newer line of Mesa: both must give the same runs. Tested where there is one.
OTHER_PYTHON ?= $(shell for p in $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13*/bin/python python3.13; do \
  "$$p" -c "import venv" 2>/dev/null && command -v "$$p" && break; done)
TESTS ?=
BENCH ?=
MATRIX ?=

BIN := .venv/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 $(BIN)/python -m pip install --quiet --constraint constraints.txt
FIRST_RUN := $(BIN)/python -c "from sim import load_scenario, simulate; simulate(load_scenario('six').with_changes({'days': 1}))"
INPUTS := pyproject.toml constraints.txt

.PHONY: demo test lint compiled format bench audit matrix docs site wheel clean browser
.DELETE_ON_ERROR:

demo: .venv/.installed-core
	$(BIN)/posture compare fourteen six --states $(STATES) --replicates $(REPLICATES) --out $(OUT)
	$(BIN)/posture report $(OUT)

# One file of tests stays in one worker, so the live page's server starts once; long files come first (tests/conftest.py).
# What is to be there before does not wait for each other: types take one processor, Chromium and packages the network.
test:
	@$(MAKE) --no-print-directory --jobs 4 lint compiled browser $(if $(OTHER_PYTHON),.venv-other/.installed)
	$(if $(OTHER_PYTHON),POSTURE_OTHER_PYTHON=.venv-other/bin/python) \
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not bench" $(TESTS)

lint: .venv/.installed-all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Else all workers of the tests would wait for the one that compiles the rules.
compiled: .venv/.installed-all
	-@$(BIN)/posture run six --days 1 >/dev/null

format: .venv/.installed-all
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.installed-peers
	PYTHONPATH=.venv/peers $(BIN)/python -m benchmarks $(BENCH)

audit: .venv/.installed-all
	$(BIN)/python -m benchmarks.audit

# Hours of work and some gigabytes, in the user's cache folder; it goes on where it stopped.
matrix: .venv/.installed-core
	$(BIN)/python -m benchmarks.matrix $(MATRIX)

docs: .venv/.installed-core
	$(BIN)/python -m experiments.report.docs_pages

site: .venv/.installed-site
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --jobs auto -d build/site-state docs build/site
	@echo "Open build/site/index.html"

# Code for other kinds of machines, made of the same sources there, stays in sim/code and comes along.
wheel: .venv/.installed-core
	$(BIN)/python -c "from sim import compiled; compiled.ship()"
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf .venv .venv-other build dist sim/code .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# A stamp is newer than its inputs once the environment agrees with them.
.venv/bin/python:
	$(PYTHON) -m venv .venv

# The model is compiled while most of the packages are still being installed, which takes about as long.
.venv/.installed-core: $(INPUTS) | .venv/bin/python
	$(PIP) filelock networkx numba numpy platformdirs pydantic
	$(FIRST_RUN) & $(PIP) --editable .; done=$$?; wait; exit $$done
	@touch $@

# The pages name what every command and part needs, so all but the tools of development is there.
.venv/.installed-site: $(INPUTS) | .venv/bin/python
	$(PIP) --editable ".[view,study,plot,docs]"
	@touch .venv/.installed-core $@

.venv/.installed-all: $(INPUTS) | .venv/bin/python
	$(PIP) --editable ".[view,study,plot,cluster,docs,dev]"
	@touch .venv/.installed-core .venv/.installed-site $@

# Programs that speed is compared with, in a folder of their own: one of them brings a package `tests`, which would
# hide ours.
.venv/.installed-peers: .venv/.installed-all benchmarks/peers.txt
	$(PIP) --no-deps --upgrade --target .venv/peers --requirement benchmarks/peers.txt
	@touch $@

.venv-other/.installed: $(INPUTS)
	$(OTHER_PYTHON) -m venv .venv-other
	PIP_DISABLE_PIP_VERSION_CHECK=1 .venv-other/bin/python -m pip install --quiet -c constraints.txt --editable .
	@touch $@

# Chromium for the browser tests: installed where that can be done without a question, never a reason to fail.
browser:
	@has() { command -v "$$1" >/dev/null 2>&1; }; \
	found() { has chromium || has chromium-browser || has google-chrome; }; \
	as_root() { if [ "$$(id -u)" = 0 ]; then "$$@"; else sudo -n "$$@"; fi; }; \
	if ! found && has apt-get && as_root true 2>/dev/null; then \
	  echo "Installing Chromium for the browser tests ..."; \
	  { as_root timeout 120 apt-get update -qq; \
	    as_root env DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y -qq --no-install-recommends chromium; \
	  } </dev/null >/dev/null 2>&1 || true; \
	fi; \
	if ! found; then \
	  echo "****************************************************************************"; \
	  echo "*** NO CHROMIUM on this machine, and it could not be installed:          ***"; \
	  echo "*** THE BROWSER TESTS CANNOT RUN and are skipped. The live page is       ***"; \
	  echo "*** UNTESTED by this run. Install the package chromium and run again.    ***"; \
	  echo "****************************************************************************"; \
	fi
