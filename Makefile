# Every target works in the tree alone: Python's part goes to `.venv`, everything built to `target`.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The newest Python of at least 3.11 on this machine.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PROJECT := securebase-py/pyproject.toml
# Two shapes of features and no third, or the largest SDK is compiled once more: the core alone, and everything.
PURE := -p securebase-core -p securebase-examples
ALL := --workspace --all-features
MATURIN := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin develop --quiet --manifest-path securebase-py/Cargo.toml

# $(call extras,NAMES): what the package's extras need, from the one place that lists it.
define extras
$(BIN)/python -c 'import sys, tomllib; \
	extras = tomllib.load(open("$(PROJECT)", "rb"))["project"]["optional-dependencies"]; \
	print(*sorted({line for name in sys.argv[1:] for line in extras[name]}), sep="\n")' $(1) > $(VENV)/requirements.txt
$(BIN)/python -m pip install --quiet --disable-pip-version-check 'maturin>=1.9,<2' -r $(VENV)/requirements.txt
endef

say = @printf '\n==> %s\n' "$(1)"

.PHONY: help test test-long test-pure test-simulation test-aws test-python soak develop bench lint docs clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: test-pure test-simulation test-aws test-python ## Run every test there is, Rust and Python, with the peers they need

test-pure: ## Run the core's tests and examples in its documentation, without AWS
	$(call say,Rust: the core without AWS)
	@cargo test $(PURE)
	$(call say,Rust: the example says «no changes» in the end)
	@cargo run --quiet --example onboard > target/onboard.txt && tail -n 3 target/onboard.txt
	@grep -qi 'no changes' target/onboard.txt

test-simulation: ## Simulated worlds, optimized: every fault at every call, 2,000 seeds, 1,200 courses of bills, 2,000 forecasts
	$(call say,Rust: the executor in simulated worlds)
	@cargo test --profile soak -p securebase-core --test simulation
	$(call say,Rust: differences between bills and forecasts in random zones)
	@cargo test --profile soak -p securebase-core --test bills --test forecast

test-long: ## The long tests, an hour or two: 10,000 seeds, 10,000 pairs of bills, property tests with many more cases
	$(call say,Rust: 10 000 seeds of the simulation)
	@$(MAKE) soak SEEDS=10000 FROM=2000
	$(call say,Rust: 10 000 pairs of bills and the forecasts)
	@SECUREBASE_WORLDS=4500 cargo test --profile soak -p securebase-core --test bills --test forecast
	$(call say,Rust: every property with 50 times the cases)
	@SECUREBASE_CASES=50 cargo test --profile soak -p securebase-core --lib --test it

soak: ## The same for as many seeds as wanted: make soak SEEDS=100000 FROM=0 THREADS=2
	@SEEDS=$(or $(SEEDS),10000) FROM=$(or $(FROM),0) THREADS=$(or $(THREADS),2) \
		cargo test --profile soak -p securebase-core --test simulation -- --ignored soak --nocapture

test-aws: $(VENV)/test.stamp ## Run the AWS part against a moto server and broken connections
	$(call say,Rust: AWS through its SDKs against a moto server)
	@cargo test $(ALL) --lib -- aws:: --skip laws::
	@cargo test $(ALL) --test aws
	$(call say,Rust: states in S3 against a moto server)
	@cargo test $(ALL) --test s3

test-python: $(VENV)/test.stamp ## Build the extension and run Python's tests and the check of its stubs
	$(call say,Python: building the extension)
	@$(MATURIN)
	$(call say,Python: tests and stubs)
	@$(BIN)/python -m pytest securebase-py

develop: $(VENV)/notebook.stamp ## Build the extension in release mode and install it with its notebook extras into .venv
	$(call say,Python: building the extension in release mode)
	@$(MATURIN) --release
	@$(BIN)/python -c 'import securebase; print("securebase", securebase.__version__, "in", "$(VENV)")'

bench: ## Run every benchmark and write target/bench.json
	@$(PYTHON) .ci/bench.py

lint: ## Check formatting, lints and documentation
	@cargo fmt --all --check
	@cargo clippy $(PURE) --all-targets -- -D warnings
	@cargo clippy $(ALL) --all-targets -- -D warnings
	@RUSTDOCFLAGS='-D warnings' cargo doc --quiet --no-deps $(PURE)

docs: ## Build the documentation of the Rust crates
	@RUSTDOCFLAGS='-D warnings' cargo doc --no-deps $(ALL)

clean: ## Remove everything that was built or installed here
	@rm -rf target $(VENV) securebase-py/python/securebase/_securebase*.so

$(BIN)/python:
	$(call say,Python: making $(VENV))
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer with venv is needed' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/test.stamp: $(PROJECT) | $(BIN)/python
	$(call say,Python: installing what the tests need)
	@$(call extras,notebook test)
	@touch $@

$(VENV)/notebook.stamp: $(PROJECT) | $(BIN)/python
	$(call say,Python: installing the notebook extras)
	@$(call extras,notebook)
	@touch $@
