# Everything below runs inside .venv, which the first target makes. Python 3.11+ and Java 17 or 21 must be there.
PYTHON ?= python3
VENV ?= .venv
TIEOUT = $(VENV)/bin/tieout
INSTALLED = $(VENV)/.installed
DEMO ?= demo

.PHONY: demo test test-all first-hour lint bench mlflow wheel install clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --editable '.[dev]'
	@command -v java >/dev/null || echo 'No Java found: install a Java 17 or 21 runtime (Debian: openjdk-17-jre-headless).'
	-$(VENV)/bin/python -m tieout.platform.class_archive  # half a minute once, then each command starts four seconds sooner
	touch $@

demo: $(INSTALLED)          ## sample exports, the whole pipeline, a summary and a report
	$(TIEOUT) demo --out $(DEMO)

test: $(INSTALLED)          ## the test suite
	$(VENV)/bin/pytest

test-all: $(INSTALLED)      ## also the tests that run the whole pipeline
	$(VENV)/bin/pytest -m "long or not long"

first-hour:                 ## a fresh clone and venv, then every command of README and docs/
	$(PYTHON) tests/first_hour/run.py

lint: $(INSTALLED)          ## style and types
	$(VENV)/bin/ruff check lib samples tests jobs notebooks bench
	$(VENV)/bin/mypy

bench: $(INSTALLED)         ## benchmarks against peers, see bench/RESULTS.md
	$(VENV)/bin/python bench/run.py

mlflow: $(INSTALLED)        ## the MLflow UI on the demo's models, http://127.0.0.1:5000
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(VENV)/bin/mlflow server --workers 1 \
		--backend-store-uri sqlite:///$(DEMO)/lakehouse/mlflow.db \
		--artifacts-destination $(DEMO)/lakehouse/mlartifacts --port 5000

wheel: $(INSTALLED)         ## the package for a cluster, in dist/
	$(VENV)/bin/python -m build --wheel

clean:                      ## forgets the demo and the build
	rm -rf $(DEMO) build dist
