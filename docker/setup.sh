#!/usr/bin/env bash
# Sets this clone up: PostgreSQL with PostGIS, Python environment, web assets. Run it again at any time: what is there
# and up to date is left alone, without asking the Internet for anything. With --tests it also gets the browser, QGIS and
# the map clients that the end-to-end tests drive.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VENV=.venv WEB=services/web CLIENTS=tests/e2e/clients
python= # the one to work with; empty where there is none yet
readonly COMPOSE="or run it in containers, see docker/compose.yml"

say() { printf '%s\n' "$*"; }
fail() { printf 'landmap: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

main() {
    if venv_works; then python=$VENV/bin/python; else python=$(newest_python); fi
    install_system_packages
    [ "${1:-}" != --tests ] || install_test_packages
    make_venv
    build_web
    [ "${1:-}" != --tests ] || install_clients
}

# --- what the system has to bring -------------------------------------------------------------------------------------

install_system_packages() {
    local missing=() wanted=()
    if ! has_database; then
        missing+=("PostgreSQL 15 to 18 with PostGIS 3.3 or newer")
        wanted+=(DATABASE)
    fi
    if [ -z "$python" ] && ! has uv && ! can_make_venv python3; then
        missing+=("Python 3.12 or newer (or any Python 3 with venv and pip, to fetch one)")
        wanted+=(python3 python3-venv python3-pip)
    fi
    if ! web_is_built && ! has_node; then
        missing+=("Node 18.19 or newer, with npm")
        wanted+=(nodejs npm)
    fi
    if ! has_pango; then
        missing+=("Pango, which sets the type of PDF files")
        wanted+=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
    fi
    [ "${#wanted[@]}" -gt 0 ] || return 0
    say "Missing:" "${missing[@]/#/$'\n'  - }"
    install_packages required "${wanted[@]}"
}

install_test_packages() {
    local wanted=()
    has chromium || has chromium-browser || has google-chrome || wanted+=(chromium)
    has qgis && /usr/bin/python3 -c 'import qgis.core' 2>/dev/null || wanted+=(qgis python3-qgis)
    [ "${#wanted[@]}" -gt 0 ] || return 0
    say "For the end-to-end tests:" "${wanted[*]}"
    install_packages optional "${wanted[@]}"
}

# Asks Landmap's own search, with whatever Python is at hand; without one, looks for the files.
has_database() {
    [ -n "${LANDMAP_DATABASE_URL:-}" ] && return 0
    if [ -n "$python" ]; then
        "$python" -c 'from gis.store.server_binaries import find_server; find_server()' 2>/dev/null
        return
    fi
    local control
    for control in /usr/share/postgresql/1[5-8]/extension/postgis.control; do
        [ -f "$control" ] && [ -x "/usr/lib/postgresql/$(basename "$(dirname "$(dirname "$control")")")/bin/initdb" ] && return 0
    done
    return 1
}

has_pango() {
    local folder
    for folder in /usr/lib /usr/lib64 "/usr/lib/$(uname -m)-linux-gnu" /usr/local/lib /opt/homebrew/lib; do
        compgen -G "$folder/libpangoft2-1.0*" >/dev/null && compgen -G "$folder/libharfbuzz-subset*" >/dev/null && return 0
    done
    return 1
}

has_node() {
    has node && has npm && node -e 'const [a, b] = process.versions.node.split(".").map(Number);
        process.exit(a > 18 || (a === 18 && b >= 19) ? 0 : 1)'
}

install_packages() { # required|optional package...
    local need=$1 root=()
    shift
    if ! has apt-get; then
        [ "$need" = optional ] && { say "Install them by hand; without them those tests are skipped."; return 0; }
        fail "install these with the package manager of this system (Homebrew: brew install postgresql@17 postgis node pango python@3.13), $COMPOSE"
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! has sudo || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
            [ "$need" = optional ] && { say "Install them with: apt-get install $*; without them those tests are skipped."; return 0; }
            fail "run as root: apt-get install $(printf '%s ' "$@" | sed 's/DATABASE/postgresql postgresql-postgis/'); $COMPOSE"
        fi
        root=(sudo)
    fi
    say "Installing with apt-get: $(printf '%s ' "$@" | sed 's/DATABASE/postgresql and its PostGIS/')"
    as_root "${root[@]}" apt-get update -q
    local package packages=()
    for package in "$@"; do
        if [ "$package" = DATABASE ]; then
            local major
            major=$(apt-cache show postgresql 2>/dev/null | sed -n 's/^Version: \([0-9]*\).*/\1/p' | head -1)
            [ "${major:-0}" -ge 15 ] || fail "this release offers PostgreSQL ${major:-none}, Landmap needs 15. Add the packages of postgresql.org first (apt-get install postgresql-common && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh), $COMPOSE"
            as_root "${root[@]}" apt-get install -y -q --no-install-recommends postgresql-common
            without_main_cluster "${root[@]}" apt-get install -y -q --no-install-recommends \
                "postgresql-$major" "postgresql-$major-postgis-3"
        else
            packages+=("$package")
        fi
    done
    [ "${#packages[@]}" -eq 0 ] || as_root "${root[@]}" apt-get install -y -q --no-install-recommends "${packages[@]}" ||
        { [ "$need" = optional ] && say "They could not be installed; those tests are skipped." || exit 1; }
}

as_root() { # [sudo] apt-get ...; shows what it says only if it fails
    local prefix=() log done=0
    [ "$1" = sudo ] && { prefix=(sudo); shift; }
    log=$(mktemp)
    "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 || done=$?
    [ "$done" -eq 0 ] || tail -n 30 "$log" >&2
    rm -f "$log"
    return "$done"
}

# Debian makes and starts a cluster "main" with a new server. Landmap has its own, so this is kept from happening, and
# the machine's setting is put back as it was.
without_main_cluster() { # [sudo] apt-get ...
    local prefix=() conf=/etc/postgresql-common/createcluster.conf saved done=0
    [ "$1" = sudo ] && prefix=(sudo)
    saved=$("${prefix[@]}" mktemp)
    "${prefix[@]}" cp -p "$conf" "$saved"
    printf 'create_main_cluster = false\n' | "${prefix[@]}" tee -a "$conf" >/dev/null
    as_root "$@" || done=$?
    "${prefix[@]}" cp -p "$saved" "$conf"
    "${prefix[@]}" rm -f "$saved"
    return "$done"
}

# --- Python -----------------------------------------------------------------------------------------------------------

venv_works() { [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; }

can_make_venv() { has "$1" && "$1" -c 'import venv, ensurepip' 2>/dev/null; }

# The newest finished release from 3.12 on that can make environments, from PATH or pyenv; nothing if there is none.
newest_python() {
    local candidate
    for candidate in $(compgen -c python3. | grep -E '^python3\.[0-9]+$' | sort -u) python3 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3; do
        has "$candidate" && "$candidate" -c '
import ensurepip, sys, sysconfig, venv
finished = sys.version_info.releaselevel == "final" and not sysconfig.get_config_var("Py_GIL_DISABLED")
if sys.version_info >= (3, 12) and finished:
    print("%d %d %d" % sys.version_info[:3], sys.executable)' 2>/dev/null || true
    done | sort -k1,1n -k2,2n -k3,3n | tail -1 | cut -d' ' -f4-
}

make_venv() {
    local stamp
    stamp=$(cat requirements.lock pyproject.toml | digest)
    venv_works && [ "$(cat "$VENV/landmap-stamp" 2>/dev/null)" = "$stamp" ] && return
    venv_works || create_venv
    say "Installing the Python packages of requirements.lock"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
        -r requirements.lock ||
        fail "the Python packages could not be installed (see above). With no Internet, set PIP_INDEX_URL to a mirror."
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
    printf '%s\n' "$stamp" >"$VENV/landmap-stamp"
}

create_venv() {
    python=$(newest_python) # looked for again: packages may have been installed meanwhile
    if [ -n "$python" ]; then
        say "Making $VENV with $python ($("$python" -V))"
        "$python" -m venv --clear "$VENV"
        return
    fi
    local uv=uv
    if ! has uv; then
        can_make_venv python3 || fail "Python 3.12 or newer is missing. Install it from https://www.python.org, $COMPOSE"
        say "No Python 3.12 or newer is here; uv brings one"
        uv=.landmap/uv/bin/uv
        [ -x "$uv" ] || { python3 -m venv .landmap/uv && .landmap/uv/bin/pip install --quiet --disable-pip-version-check uv; }
    fi
    "$uv" venv --quiet --clear --seed --managed-python --python 3.13 "$VENV" ||
        fail "uv could not bring a Python. Install Python 3.12 or newer from https://www.python.org, $COMPOSE"
}

# --- web assets -------------------------------------------------------------------------------------------------------

web_stamp() {
    (cd "$WEB" && find . \( -name node_modules -o -name dist -o -name test \) -prune -o -type f ! -name '*.py' -print0 |
        sort -z | xargs -0 cat | digest)
}

web_is_built() {
    [ ! -f "$WEB/package-lock.json" ] ||
        { [ -f "$WEB/dist/index.html" ] && [ "$(cat "$WEB/node_modules/.landmap-built" 2>/dev/null)" = "$(web_stamp)" ]; }
}

build_web() {
    web_is_built && return
    install_npm "$WEB" || fail "the web packages could not be installed (see above)."
    say "Building the web assets"
    (cd "$WEB" && npm run --silent build -- --logLevel warn) || fail "the web assets could not be built (see above)."
    web_stamp >"$WEB/node_modules/.landmap-built"
}

# MapLibre, OpenLayers, Leaflet and ArcGIS, which read Landmap in tests: 230 MB.
install_clients() {
    if ! has_node; then
        say "Without Node, the tests of map clients are skipped."
    else
        install_npm "$CLIENTS" || say "The map clients could not be installed; those tests are skipped."
    fi
}

install_npm() { # folder
    local lock
    lock=$(digest <"$1/package-lock.json")
    [ "$(cat "$1/node_modules/.landmap-installed" 2>/dev/null)" != "$lock" ] || return 0
    say "Installing the packages of $1/package-lock.json"
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error) || return 1
    printf '%s\n' "$lock" >"$1/node_modules/.landmap-installed"
}

digest() { if has sha256sum; then sha256sum; else shasum -a 256; fi | cut -d' ' -f1; }

main "$@"
