# Two commands matter: `make run` and `make test`. The others are for whoever changes Jaga.
#   make run                 everything, with a practice platform; Ctrl-C stops it     (ONCE=1: stop after the story)
#   make run PRACTICE=0      an empty real installation, on a database of its own
#   make run HOST=authority  a ministry's installation, which reaches operators by notice only: no chat server
#   make run RELEASE=eu      under the policy release of another jurisdiction, in English; its story is short
# Variables: PYTHON (3.11 to 3.13), PROCESSES, ORDER and EXAMPLES (of `make test`), JAGA_PORT, JAGA_HOME, DATABASE_URL; docs/operations.md explains them.

PYTHON ?= python3
PROCESSES ?= 3
ORDER ?= files
export EXAMPLES ?= 1
SYNAPSE = $(if $(filter 0,$(PRACTICE))$(filter authority,$(JAGA_HOST)),,--synapse)
FRESH = var/$(if $(filter-out id,$(JAGA_RELEASE)),$(JAGA_RELEASE)-)$(if $(filter authority,$(JAGA_HOST)),authority-)practice
BIN = .venv/bin
UV = $(BIN)/uv pip compile --universal --python-version 3.11 --fork-strategy fewest --only-binary :all: --generate-hashes --no-header -q

# Some shells set HOST to the machine's name, so only the two words count where it comes from the environment.
export JAGA_HOST := $(if $(filter command,$(firstword $(origin HOST))),$(HOST),$(filter operator authority,$(HOST)))

export JAGA_RELEASE := $(or $(RELEASE),$(JAGA_RELEASE))

# Everything here starts many processes of Python; where nothing is kept, each compiles what it imports once more.
export PYTHONDONTWRITEBYTECODE :=

RUN = $(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder $(if $(filter random,$(ORDER)),-p randomly)

CHECKS = lint types imports templates policy inventory texts

.PHONY: run test long check coverage bench lock messages fresh clean help ready-run ready-test ready-check $(CHECKS)
.SILENT:

help:
	sed -n 's/^#   //p' Makefile
	echo "make test                the set-up for the tests, and the tests      (ORDER=random: another order each time; EXAMPLES=10: more made inputs)"
	echo "make ready-test          only the set-up for it      (also ready-run, ready-check)"
	echo "make long                what make test has a sample of, at its full length      (before a release)"
	echo "make check               ruff, mypy, import contracts, templates, policy release, inventory of data, translations"
	echo "make coverage            all tests, and which branches of src/jaga they take in their own processes"
	echo "make bench               the benchmarks, each beside its yardstick      (JSON=FILE-PREFIX writes them too)"
	echo "make lock                write requirements/*.txt again from requirements/*.in"
	echo "make messages            collect the texts to translate, and compile the translations"
	echo "make fresh               remove the practice installation, var/practice: its story begins anew  (HOST=authority and RELEASE=eu too)"
	echo "make clean               remove environments and caches; your data in var/ stays"

run: ready-run
	exec $(BIN)/jaga run

test: ready-test
	$(RUN) --durations=10 $(PYTEST)

long: ready-test
	$(RUN) --long tests bench/long --durations=10 $(PYTEST)

coverage: ready-test
	$(RUN) --cov=src/jaga --cov-branch --cov-report=term:skip-covered $(PYTEST)

check: ready-check
	$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync $(CHECKS)

lint:
	$(BIN)/ruff check src practice tests tools bench examples
	$(BIN)/ruff format --check -q src practice tests tools bench examples

types:
	$(BIN)/mypy
	$(BIN)/mypy examples

imports:
	$(BIN)/lint-imports

templates:
	$(BIN)/djlint src/jaga --lint

policy:
	$(BIN)/jaga policy check

inventory:
	$(BIN)/jaga privacy check

texts:
	$(BIN)/jaga messages --check

ready-run:
	$(PYTHON) tools/bootstrap.py run $(SYNAPSE)

ready-test:
	$(PYTHON) tools/bootstrap.py test --synapse --atproto --system

ready-check:
	$(PYTHON) tools/bootstrap.py test

bench:
	$(PYTHON) tools/bootstrap.py test --synapse
	$(BIN)/python -m bench.intake $(if $(JSON),--json $(JSON)-intake.json)
	$(BIN)/python -m bench.closures $(if $(JSON),--json $(JSON)-closures.json)
	$(BIN)/python -m bench.console $(if $(JSON),--json $(JSON)-console.json)

lock:
	$(PYTHON) tools/bootstrap.py test
	$(UV) requirements/run.in -o requirements/run.txt
	$(UV) requirements/test.in -o requirements/test.txt
	$(UV) requirements/synapse.in -o requirements/synapse.txt

messages:
	$(PYTHON) tools/bootstrap.py run
	$(BIN)/jaga messages

fresh:
	rm -rf $(FRESH)

clean:
	rm -rf .venv .synapse-venv .atproto .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build
	find src practice tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
