# What a person types here. `make demo` needs only Python 3.11 and this file's folder; the rest is set up by itself.
PYTHON := .venv/bin/python
ARGS ?=

.PHONY: setup demo demo-clean test lint bench

setup:
	@scripts/setup.sh test

demo:
	@scripts/setup.sh demo
	@exec $(PYTHON) -m app demo $(ARGS)

demo-clean:
	@scripts/demo-clean.sh

# Tests wait for servers and browsers half of their time: three side by side keep two processors busy.
test:
	@scripts/setup.sh test
	$(PYTHON) -m pytest -n 3 --dist loadfile $(ARGS)

lint:
	@scripts/setup.sh test
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) -m vulture app pages callbacks --min-confidence 80 --ignore-names cls

bench:
	@scripts/setup.sh test
	$(PYTHON) -m tests.bench $(ARGS)
