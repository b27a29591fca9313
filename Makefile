# `make run` runs the site on this machine, `make test` tests it; both install what they need.

VENV := .venv
BIN := $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r
# One lock for Python 3.11 and 3.12, Linux and macOS.
LOCK = $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-header --no-emit-index-url
# Processes that share the tests; 0 runs them in one, without pytest-xdist.
JOBS ?= 2
# Of `make quick`; those of the reader: make quick TESTS=tests/ml
TESTS ?= tests/recognizer tests/accounts $(wildcard tests/test_*.py)
PYTHON ?= $(shell for p in python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && echo $$p && break; done)

.PHONY: run test test-js quick ci install format lint lint-js types layers lock upgrade audit clean help

# The site itself needs no Node.js, only the tools for its JavaScript do.
HAS_NODE = { command -v npm && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; } > /dev/null 2>&1
NEEDS_NODE = $(HAS_NODE) || { \
	echo "This needs Node.js 20 or newer and npm; they are not installed here." >&2; exit 1; }

help:           ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

run: $(VENV)/.run     ## run the site: http://127.0.0.1:8000 (PORT, DATA_DIR, DATABASE_URL, REDIS_URL)
	@exec $(BIN)/python deploy/run.py

test: $(VENV)/.test   ## all tests (JOBS: processes that share them, 2; ARGS: for pytest)
	@$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

quick: $(VENV)/.test  ## what most changes touch: tests of the site without browser, servers and trainings (TESTS: others)
	@$(BIN)/python -m pytest -n $(JOBS) -q -m 'not (slow or redis or chaos or browser)' $(TESTS) $(ARGS)

ci:                   ## everything that must hold before a change is taken in (Debian, as root)
	@.ci/run

test-js:              ## only the unit tests of the JavaScript (Node.js)
	@$(NEEDS_NODE)
	@node --import ./tests/js/import-map.mjs --test tests/js/*.test.mjs

install: $(VENV)/.run ## only make .venv with what the site needs

format: $(VENV)/.test ## mend the style of the code, as far as tools can
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

lint: $(VENV)/.test   ## style of the code
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@if $(HAS_NODE); then $(MAKE) --no-print-directory lint-js; \
	else echo "The JavaScript was not checked: that needs Node.js 20 or newer and npm, which are not installed here." >&2; fi

lint-js: node_modules/.installed ## style of the JavaScript (Node.js)
	@node_modules/.bin/biome check --error-on-warnings

types: $(VENV)/.test  ## types of the code
	@$(BIN)/mypy

layers: $(VENV)/.test ## who imports whom
	@$(BIN)/lint-imports

lock: $(VENV)/.test   ## write down what requirements*.txt asks for, changing no more than is needed
	@$(LOCK) $(NEWEST) requirements.txt -o requirements.lock
	@$(LOCK) $(NEWEST) requirements-dev.txt -c requirements.lock -o requirements-dev.lock

upgrade: $(VENV)/.test ## renew the locks, say what changed and what is known to be unsafe, run the tests
	@cp requirements-dev.lock $(VENV)/before.lock
	@$(MAKE) --no-print-directory lock NEWEST=--upgrade
	@grep -o '^[^ ]*==[^ ]*' $(VENV)/before.lock > $(VENV)/before; grep -o '^[^ ]*==[^ ]*' requirements-dev.lock > $(VENV)/after
	@echo "Before (<) and now (>):"; diff $(VENV)/before $(VENV)/after | grep '^[<>]' || echo "nothing has changed"
	@$(MAKE) --no-print-directory audit
	@$(MAKE) --no-print-directory test || { echo "The new releases break something;" \
	  "'git checkout requirements.lock requirements-dev.lock' takes them back." >&2; exit 1; }

audit: $(VENV)/.test  ## known vulnerabilities of what is installed, where their data can be had
	@$(BIN)/pip-audit --requirement requirements-dev.lock --require-hashes --disable-pip --progress-spinner off

clean:          ## remove what was installed, not the data
	rm -rf $(VENV) node_modules

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "Numeral needs Python 3.11 or 3.12, and finds neither here ($$(python3 --version 2>&1))." >&2; \
	  echo "Install one of them, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; v in ((3, 11), (3, 12)) or sys.exit( \
	  "Numeral needs Python 3.11 or 3.12; $(PYTHON) is %d.%d." % v)'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock | $(VENV)/bin/python
	@echo "Installing what the site needs (a minute or two the first time) ..."
	@$(INSTALL) requirements.lock
	@touch $@

$(VENV)/.test: requirements-dev.lock $(VENV)/.run
	@$(INSTALL) requirements-dev.lock
	@touch $@

node_modules/.installed: package-lock.json
	@$(NEEDS_NODE)
	@npm ci --silent
	@touch $@
