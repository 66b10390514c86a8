# Needs git, make and any Python from 3.11 on; everything else is made here, in .venv and .venvs.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
PIP := -m pip --disable-pip-version-check
CLIENTS := $(patsubst tests/conformance/requirements-%.txt,%,$(wildcard tests/conformance/requirements-*.txt))
CLIENTS_READY := $(CLIENTS:%=.venvs/%/ready)

# Runs a candidate rather than trusting its name: a launcher on PATH may have no interpreter behind it.
FIND_PYTHON = for candidate in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	echo "simexchange needs Python 3.11 or newer with its venv module, and found none on PATH." >&2; \
	echo "Install one (on Debian and Ubuntu also python3-venv), or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; \
	exit 1; \
	fi

.PHONY: help
help:  ## show the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: $(VENV)/ready-run  ## start the exchange; Ctrl-C stops it; options: make run ARGS="--seed 7"
	@exec $(BIN)/simexchange serve $(ARGS)

.PHONY: test
test: $(VENV)/ready-dev $(CLIENTS_READY)  ## run the whole test suite; options: make test ARGS="-k book"
	$(BIN)/python -m pytest $(ARGS)

.PHONY: check
check: $(VENV)/ready-dev  ## formatting, lint, types and the style guide
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_tidy.py

.PHONY: bench
bench: $(VENV)/ready-dev .venvs/bench/ready  ## run the benchmarks, one after the other; options: make bench ARGS=--quick
	@set -e; for file in loadtests/bench_*.py; do \
	echo; echo "== $$file"; $(BIN)/python "$$file" $(ARGS); \
	done

.PHONY: conformance
conformance: $(VENV)/ready-dev $(CLIENTS_READY)  ## run only the tests that drive real client libraries
	$(BIN)/python -m pytest tests/conformance $(ARGS)

.PHONY: image-check
image-check:  ## build the container image, with Docker or with buildah, and trade in it
	@$(FIND_PYTHON); "$$python" tests/image/image_check.py

.PHONY: clean
clean:  ## remove everything these targets made
	rm -rf $(VENV) .venvs .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find simexchange tests loadtests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(BIN)/python:
	@$(FIND_PYTHON); echo "Making $(VENV) with $$("$$python" --version)"; "$$python" -m venv --clear $(VENV)

$(VENV)/ready-run: pyproject.toml | $(BIN)/python
	@echo "Installing simexchange into $(VENV)"
	@$(BIN)/python $(PIP) install --quiet --editable .
	@touch $@

$(VENV)/ready-dev: pyproject.toml | $(BIN)/python
	@echo "Installing simexchange and its development tools into $(VENV)"
	@$(BIN)/python $(PIP) install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/ready-run

# A client that cannot be installed skips its own tests, with the reason written here, and stops nothing else.
# Without `ready` the next run tries again.
.venvs/%/ready: tests/conformance/requirements-%.txt
	@mkdir -p $(@D)
	@echo "Installing the client libraries of $< into $(@D)"
	@rm -f $@ $(@D)/unavailable
	@$(FIND_PYTHON); \
	if { [ -x $(@D)/bin/python ] || "$$python" -m venv --clear $(@D); } > .venvs/$*.log 2>&1 \
	&& $(@D)/bin/python $(PIP) install --quiet --retries 2 --requirement $< >> .venvs/$*.log 2>&1; \
	then touch $@; \
	else mkdir -p $(@D); tail -n 3 .venvs/$*.log > $(@D)/unavailable; \
	echo "warning: $(@D) could not be installed, so its tests will skip:" >&2; cat $(@D)/unavailable >&2; \
	fi

# What cannot be installed is absent from the benchmarks' tables, and stops nothing.
.venvs/bench/ready: loadtests/requirements-bench.txt
	@mkdir -p $(@D)
	@echo "Installing what the benchmarks compare with into $(@D)"
	@$(FIND_PYTHON); \
	if [ -x $(@D)/bin/python ] || "$$python" -m venv --clear $(@D); then \
	grep -v '^#' $< | while read -r package; do \
	$(@D)/bin/python $(PIP) install --quiet --retries 2 "$$package" >> .venvs/bench.log 2>&1 \
	|| echo "warning: $$package could not be installed, see .venvs/bench.log" >&2; \
	done; \
	fi; \
	mkdir -p $(@D); touch $@
