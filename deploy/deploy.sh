#!/bin/sh
# Deploys a stack: refuses a configuration that Flatline cannot load, builds the functions if their
# sources have changed since the last build here, and deploys. A change of config/ compiles no function.
#
# Usage: deploy/deploy.sh [ENVIRONMENT [OPTION OF SAM DEPLOY..]]
#
# ENVIRONMENT is one of samconfig.toml: default, dev, prod. FLATLINE names the command that checks the
# configuration; without it cargo runs the one of this folder.
set -eu
cd "$(dirname "$0")/.."
environment=${1:-default}
[ $# -eq 0 ] || shift

flatline() {
    if [ -n "${FLATLINE:-}" ]; then "$FLATLINE" "$@"; else cargo run --quiet -- "$@"; fi
}

# Everything that a build is made of, one line each.
sources() {
    echo "$environment"
    git ls-files --cached --others --exclude-standard -- \
        Cargo.toml Cargo.lock template.yaml samconfig.toml functions shared |
        while read -r file; do
            [ ! -f "$file" ] || echo "$file $(git hash-object "$file")"
        done
}

if ! flatline check --config config; then
    echo "deploy.sh: nothing was deployed, because Flatline could not start with this configuration" >&2
    exit 1
fi
built=.aws-sam/built-from
now=$(sources | git hash-object --stdin)
if [ ! -e .aws-sam/build/template.yaml ] || [ "$(cat $built 2>/dev/null)" != "$now" ]; then
    rm -f $built
    sam build --config-env "$environment"
    echo "$now" >$built
fi
sam deploy --config-env "$environment" "$@"
