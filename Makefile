# What a person types. The work itself is in tools/.

BIN := .venv/bin
# In the order of the folders: sorted by size, the races would come last, on one core.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup serve test check format bench bench-frameworks bench-policy bench-receipt bench-peers bench-scale simulate soak screenshots device-report requirements clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv with all that development needs, and fetch the IP data
	@tools/setup.sh test

serve: ## Set up what the server needs, and start it (ARGS="--port 9000")
	@tools/setup.sh server
	@$(BIN)/signedin serve $(ARGS)

test: setup ## Run every test but the long counts (ARGS="tests/core -x")
	@tools/browser.sh
	@tools/postgres.sh
	@tools/django_tests.sh
	@$(PYTEST) -m "not soak" $(ARGS)

check: setup ## Check format, lint, types and import floors
	@tools/check.sh

format: setup ## Put the code in order
	@$(BIN)/ruff check --fix --exit-zero --quiet
	@$(BIN)/ruff format

bench: setup ## Measure
	@$(BIN)/python -m benchmarks.run

bench-policy: setup ## Measure a change of policy at 1,000 and at a million sessions
	@$(BIN)/python -m benchmarks.policy

bench-frameworks: setup ## Measure each framework with its own session and with ours
	@$(BIN)/python -m benchmarks.frameworks

bench-scale: setup ## Measure everything at 10,000 and a million sessions (SIZES=10_000_000)
	@$(BIN)/python -m benchmarks.scale

bench-receipt: setup ## Measure a terminate with four nodes on PostgreSQL
	@$(BIN)/python -m benchmarks.receipt

bench-peers: setup ## Measure beside what people use today (installs it in build/peers)
	@$(BIN)/python -m benchmarks.contest
	@$(BIN)/python -m tools.peers_chart

simulate: setup ## Simulate a terminate with 10 to 1,000 nodes
	@$(BIN)/python -m benchmarks.simulate

soak: setup ## Run the long counts
	@tools/browser.sh
	@tools/postgres.sh
	@$(PYTEST) -m soak $(ARGS)

screenshots: setup ## Take the pictures of the pages
	@tools/browser.sh
	@$(BIN)/python -m tools.screenshots

device-report: setup ## Measure how often the labels of devices are right, by kind
	@$(BIN)/python -m tools.device_report

requirements: ## Pin the dependencies anew (UPGRADE=1: the newest)
	@tools/requirements.sh

clean: ## Remove what was built or installed, but no database
	@rm -rf .venv node_modules build dist .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
