# Everything happens in .venv; nothing outside this folder is touched, except
# that `make test`, run as root, installs Debian's chromium, firefox-esr and
# clang if there are none.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000

BIN := $(VENV)/bin
READY := $(VENV)/ready

.DEFAULT_GOAL := help
.PHONY: help book site archive publish folder test lint types pytest mutants \
  explore oracle oracle-qemu oracle-debian oracle-holes lab env python programs clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | \
	  awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

book: site ## build the book and serve it; PORT=9000 to choose where
	@$(BIN)/python tools/serve.py --port $(PORT) _build/html

# From nothing, every time: on a second, incremental build a failing cell goes
# unnoticed, since its page is not read again.
site: env ## build the book into _build/html, strictly
	@rm -rf _build
	$(BIN)/jupyter-book build . -W -n --keep-going

archive: PROGRAMS = chromium
archive: site programs ## the book as one PDF and one zip, with SHA256SUMS
	@$(BIN)/python tools/archive.py _build/html _build/archive

publish: folder archive ## lay this edition into TO=DIR, for any file host
	@$(BIN)/python tools/publish.py _build/html _build/archive $(TO)

folder:
	@test -n "$(TO)" || { echo "missing: the folder to publish into;" \
	  "name it with: make publish TO=..."; exit 1; }

test: lint types pytest ## every check and every test

lint: env
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: env
	$(BIN)/mypy

# worksteal: neighbours, which share a built site or a browser, stay together.
pytest: env programs
	$(BIN)/pytest -n 2 --dist worksteal

# A rule of the model broken, one at a time; the table is in the book.
mutants: env ## which recorded histories catch a broken rule of the model
	$(BIN)/python -m tests.kernel.mutants

explore: env ## every recorded exploration again, the long ones too
	$(BIN)/ksmlib explore --manifest all

# What a recording says is the golden one again, but for its head; where a
# kernel has not all designs, in what both know.
SEED ?= 1
RECORD = $(BIN)/ksmlib kernel record --kernel $(1) \
  --out oracle/build/$(1)/traces.jsonl.xz
CHECK = $(BIN)/ksmlib kernel check oracle/build/$(1)/traces.jsonl.xz --against

oracle: env ## build a Linux, record all histories again, run 600 new; SEED=1
	$(MAKE) -C oracle uml
	$(call RECORD,uml)
	$(call CHECK,uml)
	$(BIN)/ksmlib kernel fuzz --seed $(SEED) --count 600

oracle-qemu: env ## the recorded histories on x86 in QEMU
	$(MAKE) -C oracle qemu
	$(call RECORD,qemu)
	$(call CHECK,qemu) --out oracle/results/check-qemu.json

oracle-debian: env ## the recorded histories on Debian's own kernel in QEMU
	$(MAKE) -C oracle debian
	$(call RECORD,debian)
	$(call CHECK,debian) --out oracle/results/check-debian.json

# Kernels of one patch each that oracle/record-holes asks.
HOLES_UML := stock stored-pgoff-field stored-pgoff by-index-origin unshare-first

oracle-holes: env ## what kernels do with the pages that a walk misses
	$(MAKE) -C oracle uml qemu debian
	for patch in $(HOLES_UML); do $(MAKE) -C oracle uml PATCHES=$$patch || exit; done
	oracle/record-holes $(BIN)/ksmlib

# Told not to ask for news and updates, JupyterLab talks to this machine only.
lab: env ## open the chapters as notebooks in JupyterLab
	$(BIN)/jupyter lab --ServerApp.root_dir=book \
	  --LabApp.default_url=/lab/tree/intro.md --LabApp.news_url=None \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
	  $(if $(filter 0,$(shell id -u)),--allow-root)

clean: ## remove what was built, and the environment
	rm -rf _build $(VENV) *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

env: $(READY)

# Made anew only if what it is made from has changed.
$(READY): requirements.txt constraints.txt pyproject.toml \
  tools/lab.json tools/kernel.py $(wildcard tools/pyodide/*) | python
	@echo "Making the environment in $(VENV); the first time takes a minute"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check \
	  -c constraints.txt -r requirements.txt -e '.[test]'
	@mkdir -p $(VENV)/share/jupyter/lab/settings $(VENV)/etc/ipython
	@cp tools/lab.json $(VENV)/share/jupyter/lab/settings/overrides.json
	@cp tools/kernel.py $(VENV)/etc/ipython/ipython_kernel_config.py
	@$(BIN)/python tools/pyodide/fetch.py $(VENV)/share/pyodide
	@touch $@

python:
	@command -v $(PYTHON) >/dev/null || { echo "missing: $(PYTHON);" \
	  "install it with: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "too old: $(PYTHON); Python 3.11 or newer is needed," \
	  "name it with: make PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "missing: venv for $(PYTHON);" \
	  "install it with: apt-get install python3-venv"; exit 1; }

PROGRAMS ?= chromium firefox-esr clang

programs:
	@for program in $(PROGRAMS); do \
	  if command -v $$program >/dev/null; then :; \
	  elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing $$program, which is needed besides"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	      apt-get install -y -qq --no-install-recommends $$program >/dev/null \
	      || exit 1; \
	  else \
	    echo "missing: $$program;" \
	      "install it with: sudo apt-get install $$program"; exit 1; \
	  fi; \
	done
