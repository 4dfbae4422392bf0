# make up    from a clone to predictions        make down  destroy the stack, stop the local OCI
# make test  all tests                          make check style, types, imports
# make install  what a pipeline's first step needs   make lint-pipelines  workflows, shell, YAML
# make bench the benchmark's table
SHELL := /bin/sh
PYTHON ?= python3
PADDOCK := .venv/bin/paddock
SAMPLES := 10

# uv leaves bytecode to the first start; where that may not write it, each start would compile it again (1 to 2 s of the CPU).
# Of Oracle's 150 services only those that are used.
COMPILE = env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m compileall -q -j 0 -x \
	'/(tests?|oci/(?!base_client|config|auth|_vendor|data_science|logging|identity|monitoring|object_storage|retry|util|signer)[a-z_]+/|pulumi_oci/(?!datascience|logging|identity|monitoring|config)[a-z_]+/)' \
	"$$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')" \
	artifact_builder infra oci_provider local_oci model_server paddock || true

.PHONY: up down test check bench toolchain clean install lint-pipelines
.DEFAULT_GOAL := up

up: .venv/.installed policy/.venv/.made
	@$(PADDOCK) up --yes --skip-preview
	@$(PADDOCK) predict --samples $(SAMPLES)
	@$(PADDOCK) status --next

down:
	@if [ -x $(PADDOCK) ]; then $(PADDOCK) destroy --yes --skip-preview && $(PADDOCK) local stop; \
	else echo "nothing is installed here, so nothing runs"; fi

test: .venv/.installed-dev policy/.venv/.made toolchain
	@env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pytest -n 2 --dist loadfile

check: .venv/.installed-dev
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports
	@PATH="$(CURDIR)/.venv/bin:$$PATH" sh gitops/lint.sh packages

bench: .venv/.installed-dev toolchain
	@.venv/bin/python -m benchmarks

install: .venv/.installed

lint-pipelines: .venv/.installed
	@.venv/bin/uv pip install --quiet --python .venv/bin/python -r gitops/requirements-lint.txt || .venv/bin/python -m pip install --quiet -r gitops/requirements-lint.txt
	@PATH="$(CURDIR)/.venv/bin:$$PATH" sh gitops/lint.sh

toolchain: .venv/.installed
	@.venv/bin/python -m paddock.toolchain

clean: down
	rm -rf .venv policy/.venv .paddock artifacts Pulumi.local.yaml

# uv installs in seconds what takes pip a minute; where uv can't reach an index that pip is configured for, pip does it.
# `-e` puts the `paddock` command into .venv/bin.
.venv/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Paddock needs Python 3.11 or newer, found " + sys.version.split()[0] + "; name one: make PYTHON=python3.12")'
	@echo "installing Paddock's packages into .venv (once)"
	@[ -x .venv/bin/python ] || $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	@.venv/bin/uv pip install --python .venv/bin/python -r requirements.txt -e . || .venv/bin/python -m pip install -r requirements.txt -e .
	@$(COMPILE)
	@touch $@

# The policy pack's own environment, so that plain `pulumi preview --policy-pack policy` starts it with nothing to fetch.
policy/.venv/.made: policy/requirements.txt .venv/.installed
	@if .venv/bin/python -m paddock.policy_pack policy; then touch $@; fi  # only who runs the pack needs it

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	@.venv/bin/uv pip install --python .venv/bin/python -r requirements-dev.txt || .venv/bin/python -m pip install -r requirements-dev.txt
	@touch $@
