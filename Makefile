# Every target sets up .venv first; a second call installs nothing.
#   make refresh                        land the exports, build and test every model
#   make refresh EXPORTS_DIR=/my/data   the same on your own exports
#   make test                           all tests but the slow ones
#   make oracle                         set up the environment of the published queries' test
#   make metricflow                     set up the environment that queries the semantic layer
#   make test-spark                     build everything on Apache Spark, too (docs/scale.md)
#   make lock                           resolve pyproject.toml into the lock files again

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

export EXPORTS_DIR WAREHOUSE_PATH PUBLISH_DIR

.PHONY: setup oracle spark metricflow refresh test test-slow test-spark lint format \
	sample metric-cards semantic-layer benchmark lock clean

setup: $(STAMP)

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else "Python %d.%d is not supported: use 3.11, 3.12 or 3.13, e.g. make PYTHON=python3.12 refresh" % v)'
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@echo "Installing requirements.lock into $(VENV) (once)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# Environments of their own. The oracle's protobuf is not dbt's; the second target
# (docs/scale.md) and MetricFlow (docs/bi.md) are more than a refresh needs.
oracle spark metricflow: %: $(VENV)-%/.installed

$(VENV)-%/.installed: requirements-%.lock
	@rm -rf $(VENV)-$*
	@$(PYTHON) -m venv $(VENV)-$*
	@$(VENV)-$*/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch $@

refresh: setup
	@$(BIN)/python -m scripts.refresh $(ARGS)

# Two at a time: dbt parses on one core, a build takes 3 GB (profiles.yml).
PYTEST := $(BIN)/python -m pytest --numprocesses 2 --dist worksteal

test: setup
	@$(PYTEST) -m "not slow and not spark" $(ARGS)

test-slow: setup
	@$(PYTEST) -m slow $(ARGS)

test-spark: spark
	@$(VENV)-spark/bin/python -m pytest tests/python/spark $(ARGS)

# In memory: with a built warehouse sqlfluff would see the incremental half of the models.
lint: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/yamllint .
	@WAREHOUSE_PATH=:memory: $(BIN)/sqlfluff lint --processes 2 models tests/dbt

format: setup
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	@WAREHOUSE_PATH=:memory: $(BIN)/sqlfluff fix --processes 2 models tests/dbt

# Rewrites the committed sample exports.
sample: setup
	@rm -rf exports
	@$(BIN)/python -m scripts.generate_exports --out exports

# Rewrites docs/metrics.md from the declarations, out of a built warehouse.
metric-cards: setup
	@$(BIN)/python -m scripts.metric_cards

# Rewrites the measures and metrics of MetricFlow from the declarations.
SEMANTIC_LAYER := models/marts/metrics/_metrics__semantic_layer.yml
semantic-layer: setup
	@WAREHOUSE_PATH=:memory: $(BIN)/dbt --quiet run-operation semantic_layer > $(SEMANTIC_LAYER)

benchmark: setup
	@$(BIN)/python -m benchmarks.landing
	@$(BIN)/python -m benchmarks.edit_distance
	@$(BIN)/python -m benchmarks.funnel
	@$(BIN)/python -m benchmarks.statistics
	@$(BIN)/python -m benchmarks.forecasts

LOCKED := --universal --upgrade --quiet --generate-hashes --no-header \
	--no-emit-index-url --no-strip-extras

lock:
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip install -qq --disable-pip-version-check uv
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --extra dev $(LOCKED) -o requirements.lock
	@$(VENV)-lock/bin/uv pip compile --group pyproject.toml:oracle $(LOCKED) \
		-o requirements-oracle.lock
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --extra spark $(LOCKED) \
		-o requirements-spark.lock
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --extra metricflow $(LOCKED) \
		-o requirements-metricflow.lock
	@rm -rf $(VENV)-lock

clean:
	@rm -rf $(VENV) $(VENV)-lock $(VENV)-oracle $(VENV)-spark $(VENV)-metricflow var target logs
