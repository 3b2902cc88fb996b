# Everything a person types here. Needed: Python 3.11 and make. Nothing is installed outside .venv.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
LOCKED := $(VENV)/locked.stamp
READY := $(VENV)/ready.stamp

# The first of these that is a Python 3.11; or name one: make demo PYTHON=/path/to/python3.11
PYTHON ?= $(shell for python in python3.11 python3 python; do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
	  && command -v "$$python" && break; done)

# Test processes: one a core, and each imports Dagster.
WORKERS ?= auto
PYTEST := $(BIN)/python -m pytest --numprocesses=$(WORKERS) --maxprocesses=8 --dist=loadfile
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo ui up-postgres down-postgres up-celery down-celery test test-fast test-faults fuzz \
  bench lint format lock clean

help: ## what can be made here
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## make .venv with exactly what requirements.lock names

demo: $(READY) ## score the sample deliveries, write their CSV files, verify everything
	@$(BIN)/assessment-pipeline demo

ui: $(READY) ## the same in Dagster's web page, on this machine only
	@$(BIN)/assessment-pipeline ui

up-postgres: ## a private Postgres to try out; prints the setting that moves ledger and Dagster there
	@tools/private_postgres up

down-postgres: ## end it; what it holds stays in .postgres
	@tools/private_postgres down

# A Redis that answers on a socket in a folder of its owner alone; no port, no password.
CELERY := .celery
CELERY_WORKERS ?= 2
CELERY_BROKER := redis+socket://$(CURDIR)/$(CELERY)/redis.sock

up-celery: $(READY) ## try Celery out: a private Redis and CELERY_WORKERS workers (2)
	@command -v redis-server >/dev/null || { \
	  echo "redis-server was not found: install it (Debian: redis-server)." >&2; exit 2; }
	@test ! -e $(CELERY)/pids || { \
	  echo "Celery is up already; end it with: make down-celery" >&2; exit 2; }
	@mkdir -p -m 700 $(CELERY)
	@umask 077; redis-server --port 0 --unixsocket "$(CURDIR)/$(CELERY)/redis.sock" \
	  --dir "$(CURDIR)/$(CELERY)" --pidfile "$(CURDIR)/$(CELERY)/redis.pid" \
	  --logfile redis.log --appendonly yes --daemonize yes >/dev/null
	@umask 077; for number in $$(seq $(CELERY_WORKERS)); do \
	  ASSESSMENT_PIPELINE_CELERY_BROKER_URL="$(CELERY_BROKER)" nohup \
	    $(BIN)/assessment-pipeline worker >$(CELERY)/worker-$$number.log 2>&1 </dev/null & \
	  echo $$! >>$(CELERY)/pids; done
	@echo "$(CELERY_WORKERS) workers; their logs are in $(CELERY). Launch runs to them with:"
	@echo "  export ASSESSMENT_PIPELINE_CELERY_BROKER_URL=$(CELERY_BROKER)"
	@echo "  $(BIN)/assessment-pipeline ui"

# Only what up-celery started; a number may since belong to another program.
down-celery: ## end what up-celery started; runs under way are finished first
	@for pid in $$(cat $(CELERY)/pids $(CELERY)/redis.pid 2>/dev/null); do \
	  case "$$(ps -o args= -p $$pid)" in *assessment-pipeline*|*redis-server*) \
	    kill $$pid; while kill -0 $$pid 2>/dev/null; do sleep 0.2; done;; esac; done
	@rm -f $(CELERY)/pids $(CELERY)/redis.pid

test: lint ## everything: linters, types, layers, all tests with branch coverage
	$(PYTEST) --cov --cov-report=term
	@echo 'Branch coverage of the core, which must be whole:'
	@$(BIN)/coverage report --include='assessment_pipeline/core/*' --fail-under=100

test-fast: $(READY) ## the tests that take no seconds, without coverage
	$(PYTEST) -m "not slow and not browser"

# Named one by one: the rest of the tests have one size alone.
FAULTS := assessment_pipeline_tests/faults assessment_pipeline_tests/sources/test_nothing_lost.py \
  assessment_pipeline_tests/storage/test_ledger.py

test-faults: $(READY) ## kills, failing disks, bad lines and many writers at full size: minutes
	ASSESSMENT_PIPELINE_TESTS_SIZE=full $(PYTEST) $(FAULTS)

# What a run has seen stays in .fuzzing/ and is where the next one goes on.
TARGETS := session_line stream rubric qti_item ledger_body anchor
SECONDS ?= 60
RUNS ?= -1
fuzz: $(READY) ## look for input that breaks a promise: make fuzz SECONDS=600 (or RUNS=N) TARGETS=rubric
	@for target in $(TARGETS); do \
	  echo "$$target:"; mkdir -p ".fuzzing/$$target"; \
	  $(BIN)/python -m assessment_pipeline_tests.fuzzing.harness "$$target" ".fuzzing/$$target" \
	    "assessment_pipeline_tests/fuzzing/corpus/$$target" -artifact_prefix=".fuzzing/$$target-" \
	    -max_total_time=$(SECONDS) -runs=$(RUNS) || exit 1; \
	done

# Minutes at this size; ratios hold on a busy machine too. BENCH=--growth adds memory at 1, 3 and 10
# times the work, BENCH='--only ledger help' leaves the rest out.
SESSIONS ?= 25000
ROUNDS ?= 3
BENCH ?=
bench: $(READY) ## CPU and memory against a plain version and a native floor; figures in bench.json too
	@$(BIN)/python -m benchmarks --sessions $(SESSIONS) --rounds $(ROUNDS) --json bench.json $(BENCH)

lint: $(READY) ## style, types, the contract between the layers, and what bandit calls unsafe
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive -ll assessment_pipeline

format: $(READY) ## let ruff mend what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Versions that are in the lock stay: make lock UPGRADE=--upgrade moves them all,
# UPGRADE='--upgrade-package NAME' one. The lock holds hashes and no addresses.
UPGRADE ?=
lock: $(LOCKED) ## write requirements.lock anew after a change to pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-strip-extras --no-annotate --all-extras --group dev \
	  $(UPGRADE) --output-file requirements.lock pyproject.toml

clean: ## remove .venv and what the tools left; homes with results stay
	rm -rf $(VENV) .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
	  .pytest_cache .ruff_cache .fuzzing .tmp_dagster_home_* bench.json build dist
	find assessment_pipeline assessment_pipeline_tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

# Set-up, in two steps that run only when what they depend on has changed.
$(LOCKED): requirements.lock
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 was not found: install it, or name it with PYTHON=/path/to/python3.11" >&2; \
	  exit 2; }
	@echo "Setting up $(VENV): about a minute, once."
	@"$(PYTHON)" -m venv --clear $(VENV)
	@$(PIP) install --no-compile --require-hashes -r requirements.lock
	@# Compiling on all cores, which pip does not; some packages ship files that do not compile.
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	@touch $@

$(READY): $(LOCKED) pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
