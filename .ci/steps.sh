# Functions of .ci/run and .ci/full, which source this file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1

# step TITLE: Print the duration of the previous step and the title of the next one.
step() {
    [ -z "${current-}" ] || printf -- '-- %s s: %s\n' "$((SECONDS - started_at))" "$current"
    current=$* started_at=$SECONDS
    printf '\n== %s\n' "$current"
}

# Install Postgres 15, the oldest supported version, if apt-get can; set postgres_15 to its directory of programs.
install_postgres() {
    step "Install Postgres 15, the oldest supported version"
    postgres_15=/usr/lib/postgresql/15/bin
    if [ ! -x $postgres_15/postgres ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq postgresql-15 >/dev/null || echo "Postgres 15 is not available"
    fi
}

# Install pgbouncer for the environments with a pooler, if apt-get can.
install_pooler() {
    step "Install pgbouncer for the tests of environments"
    if [ ! -x /usr/sbin/pgbouncer ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq pgbouncer >/dev/null || echo "pgbouncer is not available"
    fi
}

# Install Chromium for the tests of the explorer, if apt-get can.
install_browser() {
    step "Install a browser for the tests of the explorer"
    if { ! command -v chromium || ! command -v chromedriver; } >/dev/null && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq chromium chromium-driver >/dev/null ||
            echo "Chromium is not available"
    fi
    export RAKORNAS_BROWSER=required RAKORNAS_SCREENSHOTS=${RAKORNAS_SCREENSHOTS:-$(mktemp -d)}
    echo "The tests save screenshots in $RAKORNAS_SCREENSHOTS"
}

# find_python VERSION: Print the path of a Python of this version. A pyenv shim may exist and not run, so each is run.
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

# Create a directory that is deleted on exit, and that the system user of the embedded Postgres can enter.
make_scratch_dir() {
    scratch_dir=$(mktemp -d)
    chmod 755 "$scratch_dir"
    trap 'rm -rf "$scratch_dir"' EXIT
}

check_code() {
    step "Style, types and import contracts"
    uv run ruff check
    uv run ruff format --check
    uv run mypy
    uv run lint-imports
}

check_migrations() {
    step "The migrations are complete, and no statement locks a table for long"
    uv run python -m tests.with_service "$scratch_dir/data" --database-only alembic check
    uv run alembic upgrade head --sql >"$scratch_dir/migrations.sql" 2>/dev/null
    # Excluded rules: migrations/env.py sets the lock and statement timeouts on the connection; the counts fit into an
    # int; Alembic itself creates its version table with varchar, and its inserts cannot be repeated.
    uv run squawk --pg-version=15.0 "$scratch_dir/migrations.sql" \
        --exclude=require-lock-timeout,require-statement-timeout,prefer-bigint-over-int,prefer-text-field,prefer-robust-stmts
}

# check_contract CLIENT MAX_EXAMPLES [OPTION of tests.with_service …] -- [OPTION of schemathesis …]
# Test the contract against a running service. CLIENT is a title of the client that sends the requests.
check_contract() {
    local client=$1 max_examples=$2 service_options=()
    shift 2
    while [ "$1" != -- ]; do service_options+=("$1"); shift; done
    shift
    step "The contract, against a running service, with the client: $client"
    uv run python -m tests.with_service "$scratch_dir/$client" "${service_options[@]}" \
        schemathesis --config-file .ci/schemathesis.toml run '{url}/openapi.json' \
        --max-examples "$max_examples" --seed 1 --no-color "$@"
}
authorization=(-H 'Authorization: Bearer {token}')
# For a client with all scopes every warning is an error, except low_valid_rate: few of the writes that the coverage
# phase generates are valid.
warnings_with_all_scopes=$(
    sed -n '/^display/,/^]/s/^ *"\(.*\)",/\1/p' .ci/schemathesis.toml | grep -v low_valid_rate | paste -sd,
)
