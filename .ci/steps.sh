# What .ci/run and .ci/full have in common. To be sourced.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1

# Say what begins, and how long what went before has taken.
step() {
    [ -z "${current-}" ] || printf -- '-- %s s: %s\n' "$((SECONDS - began))" "$current"
    current=$* began=$SECONDS
    printf '\n== %s\n' "$current"
}

install_postgres() {
    step "Postgres of the system, the oldest that is served"
    old=/usr/lib/postgresql/15/bin
    if [ ! -x $old/postgres ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq postgresql-15 >/dev/null || echo "no Postgres 15 to be had here"
    fi
}

install_browser() {
    step "A browser, for the explorer"
    if { ! command -v chromium || ! command -v chromedriver; } >/dev/null && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq chromium chromium-driver >/dev/null || echo "no Chromium to be had here"
    fi
    export RAKORNAS_BROWSER=required RAKORNAS_SCREENSHOTS=${RAKORNAS_SCREENSHOTS:-$(mktemp -d)}
    echo "What it shows will be in $RAKORNAS_SCREENSHOTS"
}

# Print the path of a Python of this version that runs: a shim of pyenv may be there, and not run.
find_python() {
    local candidate
    for candidate in "python$1" "$HOME/.pyenv/versions/$1".*/bin/python; do
        if "$candidate" -c '' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

make_scratch() {
    scratch=$(mktemp -d)
    chmod 755 "$scratch"
    trap 'rm -rf "$scratch"' EXIT
}

check_code() {
    step "Style, types, and who may import whom"
    uv run ruff check
    uv run ruff format --check
    uv run mypy
    uv run lint-imports
}

check_migrations() {
    step "The migrations: complete, and without statements that lock a table for long"
    uv run python -m tests.with_service "$scratch/data" --database-only alembic check
    uv run alembic upgrade head --sql >"$scratch/migrations.sql" 2>/dev/null
    # Left out: lock and statement time-outs are set on the connection (migrations/env.py); our counts are small;
    # Alembic itself makes its version table as varchar and inserts into it.
    uv run squawk --pg-version=15.0 "$scratch/migrations.sql" \
        --exclude=require-lock-timeout,require-statement-timeout,prefer-bigint-over-int,prefer-text-field,prefer-robust-stmts
}

# check_contract ROLE EXAMPLES [OPTION OF with_service …] -- [OPTION OF schemathesis …]
check_contract() {
    local role=$1 examples=$2 who=()
    shift 2
    while [ "$1" != -- ]; do who+=("$1"); shift; done
    shift
    step "The contract, against a running service, asked as $role"
    uv run python -m tests.with_service "$scratch/$role" "${who[@]}" \
        schemathesis --config-file .ci/schemathesis.toml run '{url}/openapi.json' \
        --max-examples "$examples" --seed 1 --no-color "$@"
}
as_client=(-H 'Authorization: Bearer {token}')
# Of a client that may everything all is a fault but this: of the writes that the coverage phase makes up, few are valid.
but_for_rates=$(sed -n '/^display/,/^]/s/^ *"\(.*\)",/\1/p' .ci/schemathesis.toml | grep -v low_valid_rate | paste -sd,)
