# `make train` and `make test` do all their own set-up on a machine that has Python 3.11, make and a compiler.
PYTHON ?= python3
SEED ?= 0
ENV ?= Negotiation-v0
ALGORITHM ?= grpo
# acts: a small policy that chooses acts, in some minutes. text: a language model that speaks, through TRL.
POLICY ?= acts
ifeq ($(POLICY),text)
MODEL ?= tiny
DEMONSTRATOR ?= $(if $(findstring Negotiation,$(ENV)),scripted,demonstrator)
RUN ?= runs/$(ENV)-text-seed$(SEED)
# A small language model reads shares of the list price far better than prices (docs/results.md).
SETTINGS ?= $(if $(findstring Negotiation,$(ENV)),--set prices=relative)
# Elsewhere GRPO's default steps were not measured: smaller ones, which did the clones there no harm.
OPTIONS ?= $(if $(findstring Negotiation,$(ENV))$(filter-out grpo,$(ALGORITHM)),,--groups 16 --updates 1 --learning-rate 3e-4 --steps 40)
else
MODEL ?= acts
DEMONSTRATOR ?= scripted
RUN ?= runs/$(ENV)-seed$(SEED)
endif
VENV := .venv
BIN := $(VENV)/bin

# One thread: on a busy machine torch's threads wait for each other, and a model this small gains little from a second.
export OMP_NUM_THREADS ?= 1
export HF_HUB_DISABLE_TELEMETRY := 1
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM := false

.PHONY: install train test test-long lint docs site clean

install: $(VENV)/.installed

PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt
# pip compiles one file after the other; all cores take less time. What cannot be compiled is not for this Python.
COMPILE := $(BIN)/python -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib || true

# The CPU build of torch comes first: an unpinned torch pulls gigabytes of CUDA.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) -e ".[train,report,ray,data,web,dev]"
	$(COMPILE)
	touch $@

# Stopped anywhere, it goes on from there. The clone is made once for each RUN: another ALGORITHM goes on from the same
# one, and the policies to compare with are played once.
train: install
	$(BIN)/dialogym train bc $(ENV) $(SETTINGS) --model $(MODEL) --demonstrator $(DEMONSTRATOR) --seed $(SEED) --out $(RUN) --go-on
	$(BIN)/dialogym train $(ALGORITHM) $(ENV) $(SETTINGS) $(OPTIONS) --model $(RUN)/bc/model --seed $(SEED) --out $(RUN) --go-on
	$(BIN)/dialogym report $(RUN)

# Every page, or with FAMILY=negotiation one.
docs: install
	$(BIN)/python -m dialogym.scripts.docs $(FAMILY)

# All pages and the API reference as a site; `python3 -m http.server --directory site` shows it, with its search.
site: export NO_MKDOCS_2_WARNING := 1
site: $(VENV)/.docs
	$(BIN)/mkdocs build --strict

$(VENV)/.docs: $(VENV)/.installed
	$(PIP) -e ".[docs]"
	touch $@

# A file on one worker: what its tests share is made once.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test test-long: export PYTHONDONTWRITEBYTECODE :=# the many processes of a run need not compile the same modules
test: install $(VENV)/.llm
	$(PYTEST) -m "not long"

# The rest: further families and variants, trainings to the end, clusters, processes that train together.
test-long: install $(VENV)/.llm
	$(PYTEST) -m long

# What the tests of embedded models need. llama-cpp-python compiles for some minutes; where it cannot, those tests say that
# they are skipped. It is built for any processor with AVX2: a build for this one's own extensions can crash in a sandbox
# that shows more of them (such as AMX) than it lets programs use.
$(VENV)/.llm: $(VENV)/.installed
	CMAKE_ARGS="-DGGML_NATIVE=OFF" $(PIP) -e ".[llm,serve]" && touch $@ \
		|| echo "the extra llm could not be installed: tests of embedded models are skipped"

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright --pythonpath $(BIN)/python core simulated_users rewards envs policies evaluation trainers adapters scripts

clean:
	rm -rf $(VENV) runs build dist site *.egg-info
