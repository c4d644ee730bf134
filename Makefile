# Every target makes its own environment in .venv when there is none. Needs Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CLIENTS := $(VENV)/clients
INTEGRATIONS := $(VENV)/integrations
DOCS := $(VENV)/docs
SITE := .augury/site
PEERS := $(VENV)/peers
JAX := $(VENV)/jax

.PHONY: help demo up test clients integrations docs peers peers-torch jax fuzz check format bench lock clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/'

$(INSTALLED): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Augury needs Python 3.11 to 3.13, this is " + sys.version.split()[0] + "; say: make PYTHON=/path/to/python3.12") if not (3, 11) <= sys.version_info[:2] <= (3, 13) else None'
	@echo "Installing into $(VENV) (TensorFlow is large; the first time takes a few minutes) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -c 'from augury.augmentation.warmup import compile_kernels; compile_kernels()' # once, and not in every process that comes first
	@touch $@

demo: $(INSTALLED) ## Compare three augmentations on real digits and show the report
	@$(BIN)/augury run examples/standing-example.json --local --data-dir .augury/demo --output .augury/demo/report.json --html .augury/demo/report.html
	@echo "As a page, with its trials, and to run it changed: $(BIN)/augury up --data-dir .augury/demo, then open http://127.0.0.1:8000/"

up: $(INSTALLED) ## Start the service, a worker and all they need on this machine
	@$(BIN)/augury up

test: $(INSTALLED) ## Run all tests; they start every server they need
	@$(BIN)/python -m pytest -n 3 --max-worker-restart 0 --durations 10

clients: $(CLIENTS)/.installed ## Install what makes clients of the OpenAPI document, which the tests of these need

# Beside the service's environment, as the generators want other versions. Node comes from the wheel.
$(CLIENTS)/.installed: requirements/clients.txt tests/service/contract/clients/package-lock.json
	@$(PYTHON) -m venv $(CLIENTS)
	@$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/clients.txt
	@cp tests/service/contract/clients/package.json tests/service/contract/clients/package-lock.json $(CLIENTS)
	@cd $(CLIENTS) && PATH="$(CURDIR)/$(CLIENTS)/bin:$$PATH" bin/npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

integrations: $(INTEGRATIONS)/.installed ## Install what results go to, which the tests of these need

# Beside the service's environment, as these want versions of their own.
$(INTEGRATIONS)/.installed: requirements/integrations.txt
	@$(PYTHON) -m venv $(INTEGRATIONS)
	@$(INTEGRATIONS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/integrations.txt
	@touch $@

docs: $(DOCS)/.installed $(INSTALLED) ## Make the documentation site in .augury/site, and check its links
	@rm -rf $(SITE)
	@$(DOCS)/bin/sphinx-build -q -W --keep-going -c docs/making -d $(SITE)/.doctrees docs $(SITE)
	@rm -rf $(SITE)/.doctrees
	@$(BIN)/python -m docs.making.check $(SITE)

# Beside the service's environment, which it sees: the reference is read from the running code.
$(DOCS)/.installed: requirements/docs.txt $(INSTALLED)
	@$(PYTHON) -m venv $(DOCS)
	@$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/docs.txt
	@$(DOCS)/bin/python -m docs.making.beside $(BIN)/python
	@touch $@

peers: $(PEERS)/.installed ## Install Albumentations, which the tests of exports run what they export in, and a benchmark measures

$(PEERS)/.installed: requirements/peers.txt
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/peers.txt
	@touch $@

peers-torch: peers ## Install torchvision beside it (large: on Linux it brings CUDA along)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/peers-torch.txt

jax: $(JAX)/.installed ## Install JAX for processors, which the tests of training and of exports on it need

# A folder beside the service's packages, which has all that JAX itself needs; nothing but JAX is in it.
$(JAX)/.installed: requirements/jax.txt $(INSTALLED)
	@rm -rf $(JAX)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --target $(JAX) -r requirements/jax.txt
	@touch $@

fuzz: $(INSTALLED) ## Ask the service all that its OpenAPI document allows, for a long while
	@AUGURY_FUZZ_EXAMPLES=50 $(BIN)/python -m pytest -rA --timeout 7200 tests/service/contract/test_fuzzed.py

check: $(INSTALLED) ## Lint, type-check and hold the import rules
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(INSTALLED) ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(INSTALLED) ## Run the benchmarks
	@for script in benchmarks/*.py benchmarks/web/*.py; do $(BIN)/python $$script || exit 1; done

lock: ## Lock the dependencies again (needs uv and npm)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra dev pyproject.toml -o requirements/dev.txt
	for role in service worker; do uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url -c requirements/dev.txt --extra $$role --extra telemetry pyproject.toml -o requirements/$$role.txt || exit 1; done
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url -c requirements/dev.txt --extra gpu --extra telemetry pyproject.toml -o requirements/worker-gpu.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url requirements/clients.in -o requirements/clients.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url requirements/integrations.in -o requirements/integrations.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url -c requirements/dev.txt requirements/docs.in -o requirements/docs.txt
	for peer in peers peers-torch; do uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url requirements/$$peer.in -o requirements/$$peer.txt || exit 1; done
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-deps requirements/jax.in -o requirements/jax.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url -c requirements/worker.txt requirements/jax-gpu.in -o requirements/jax-gpu.txt
	cd tests/service/contract/clients && npm install --package-lock-only --omit-lockfile-registry-resolved

clean: ## Remove the environment and what the demo left
	rm -rf $(VENV) .augury/demo
