# lambda-image: custom AWS Lambda base images. `make help` lists the targets.

.DEFAULT_GOAL := help
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

# LANG is also the locale variable: it names a language only where it was given to make itself. Children get a
# sane locale instead. (LANGUAGE is a locale variable, too.)
language :=
ifeq ($(origin LANG),command line)
language := $(LANG)
override LANG := C.UTF-8
endif
unexport LANGUAGE
export LANG := C.UTF-8
export LC_ALL := C.UTF-8

# More options for the program, e.g. ARGS="--variant slim --ca-bundle company.pem".
ARGS ?=
# Another platform than the machine's, e.g. PLATFORM=linux/arm64: runs by emulation, which `engine` then brings up, too.
PLATFORM ?=
platform := $(if $(PLATFORM),--platform $(PLATFORM))

# The oldest Python that the project supports is 3.11; the first on the PATH that is new enough is taken.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
RUN := $(BIN)/lambda-image
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24
	@echo
	@echo '  LANG names the language:   make image LANG=python'
	@echo '  ARGS are further options:  make image LANG=python ARGS="--variant slim"'
	@echo '  PLATFORM is another one:   make image LANG=python PLATFORM=linux/arm64'

.PHONY: engine
engine: ## Bring up a container engine where none answers, and what else building needs
	@tools/engine $(PLATFORM)

# The environment has two stages, so that `make image` on a fresh machine waits only for what the program needs.
# An interrupted run leaves no stamp.
$(BIN)/.ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo 'make: no Python 3.11 or newer on the PATH; set PYTHON=/path/to/python3' >&2; exit 1; }
	@echo 'make: setting up .venv' >&2
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/.ready-dev: $(BIN)/.ready requirements-dev.lock
	@echo 'make: adding the tools of development to .venv' >&2
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: venv
venv: $(BIN)/.ready ## Set up the Python environment (.venv) from the lock

.PHONY: venv-dev
venv-dev: $(BIN)/.ready-dev ## The same with the tools of development

# Both at once where that is possible: a Python without venv gets it from the engine's script.
.PHONY: ready
ready:
	@if $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then $(MAKE) -j2 engine venv; else $(MAKE) engine && $(MAKE) venv; fi

.PHONY: language
language:
	@test -n "$(language)" || { echo 'make: name the language, for example: make $(or $(MAKECMDGOALS),image) LANG=python' >&2; exit 1; }

.PHONY: image
image: language ready ## Build the image of a language and judge it: make image LANG=python
	@$(RUN) build $(language) --test $(platform) $(ARGS)

.PHONY: conformance
conformance: language ready ## Judge the image of a language in full depth: make conformance LANG=python
	@$(RUN) build $(language) --test --depth full $(platform) $(ARGS)

.PHONY: matrix
matrix: ready ## Build and judge all languages, clients and variants that can be had here; goes on where it was stopped
	@$(RUN) matrix --result tests/results/matrix.json --sizes $(ARGS)

.PHONY: doctor
doctor: venv ## Check the machine
	@$(RUN) doctor

.PHONY: list
list: venv ## List languages, versions, distributions and clients
	@$(RUN) list

.PHONY: lint
lint: venv-dev ## Formatting, linters and types
	@$(BIN)/ruff format --check toolkit tests tools base-images
	@$(BIN)/ruff check toolkit tests tools base-images
	@$(BIN)/mypy
	@$(BIN)/shellcheck --external-sources --source-path=SCRIPTDIR $$(git ls-files | xargs grep -lE '^#!.*\b(ba|da)?sh\b' --)

.PHONY: unit
unit: venv-dev ## Tests that need no engine
	@$(BIN)/python -m pytest -q -n 2 -m 'not engine' $(ARGS)

# What has to be fetched and built comes in while linters and tests without an engine keep the processors busy. Tests
# with an engine mostly wait for containers, so two files of them run side by side.
.PHONY: test
test: ready venv-dev ## All tests of the project (under 25 minutes on two cores); ARGS are for those with an engine
	@$(MAKE) -j2 images lint unit ARGS=
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m 'engine and not long' --durations=10 --durations-min=0.5 $(ARGS)

.PHONY: images
images: ready ## Build the standard image of every language and client, and what compiles for them
	@$(RUN) matrix --no-test --variant standard $(ARGS)

.PHONY: test-all
test-all: test ## The rest, long and resumable: full depth of every image, every mutant by every case
	@$(BIN)/python -m pytest -q -m long
	@$(RUN) matrix --depth full --result tests/results/full-depth.json --sizes
	@$(MAKE) distros
	@$(RUN) dev check-suite --matrix tests/results/mutation-matrix.json

# What is not a default: other releases' packages, Alpine, what is compiled, the other architecture by emulation, the
# root of rpm packages. Their rows are kept.
KEPT := --client builtin --result tests/results/distros.json
DISTROS := --variant standard --variant slim $(KEPT)
.PHONY: distros
distros: ready venv-dev ## Build and judge images on the other distributions that run here
	@$(RUN) matrix python nodejs ruby --version '*' --distro debian-11 --distro debian-12 --runtime-from packages $(DISTROS)
	@$(RUN) matrix java --version 17 --distro debian-12 --variant standard $(KEPT)
	@$(RUN) matrix go --distro debian-12 --distro alpine-3.23 $(DISTROS)
	@$(RUN) matrix nodejs --version 24 --distro alpine-3.23 --runtime-from stand-in $(DISTROS)
	@$(RUN) matrix python ruby --runtime-from stand-in $(DISTROS)
	@tools/engine linux/arm64 && $(RUN) matrix python --platform linux/arm64 --variant standard $(KEPT)
	@command -v createrepo_c rpmbuild dnf >/dev/null || apt-get install -qq -y --no-install-recommends createrepo-c dnf rpm
	@$(BIN)/python tests/rpm-stand-in/make_root.py
	@LAMBDA_IMAGE_OVERLAYS=tests/rpm-stand-in/overlay $(RUN) matrix python nodejs --distro rpm-stand-in $(DISTROS)

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	pyproject.toml --no-emit-index-url --no-emit-find-links

.PHONY: lock
lock: venv ## Renew the locks from pyproject.toml
	@$(PIP) uv
	@$(LOCK) --group install -o requirements.lock
	@$(LOCK) --all-extras --group dev -c requirements.lock -o requirements-dev.lock

.PHONY: clean
clean: ## Remove the environment and caches (images and the engine stay)
	@rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache
