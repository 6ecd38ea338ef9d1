#!/bin/sh
# Installs the programs that the tests (`test`) or the benchmarks (`bench`) use and that are missing, as Debian packages,
# if this user may; otherwise says exactly what to install and fails. Says nothing if nothing is missing.
set -eu

purpose=${1:-test}
case "$purpose" in
    test) needs="cc make strace chromium modbus/modbus.h mosquitto mosquitto_pub" ;;
    bench) needs="cc make mosquitto" ;;
    *) echo "usage: $0 [test|bench]" >&2; exit 2 ;;
esac

packages_of() {
    case "$1" in
        cc) echo "gcc libc6-dev" ;;
        mosquitto_pub) echo "mosquitto-clients" ;;
        modbus/modbus.h) echo "libmodbus-dev" ;;
        *) echo "$1" ;;
    esac
}

# Debian keeps daemons where a user's PATH does not look.
PATH=$PATH:/usr/sbin:/sbin

# A need is a program, or a header that a C compiler finds.
is_there() {
    case "$1" in
        *.h) echo "#include <$1>" | cc -E -x c - >/dev/null 2>&1 ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

still_missing() {
    for need in $needs; do
        is_there "$need" || printf '%s ' "$need"
    done
}

if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    echo "The Rust toolchain lacks rustfmt or clippy: rustup component add rustfmt clippy" >&2
    exit 1
fi

missing=$(still_missing)
[ -n "$missing" ] || exit 0

packages=
for need in $missing; do
    packages="$packages $(packages_of "$need")"
done
install="apt-get install -y --no-install-recommends$packages"

give_up() {
    echo "Missing for \`make $purpose\`: $missing" >&2
    echo "$1" >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || give_up "Install these with this system's package manager."
if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    give_up "As root: $install"
fi

echo "Installing$packages"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@" >>"$log" 2>&1
}
# The lists of packages may be old or absent: they are renewed only if it does not work without.
# shellcheck disable=SC2086 # One word per package.
if ! apt install -y --no-install-recommends $packages; then
    if ! { apt update && apt install -y --no-install-recommends $packages; }; then
        cat "$log" >&2
        give_up "The installation failed. As root: $install"
    fi
fi

# The benchmark starts a broker of its own; the one that Debian starts with the package would only be in its way.
case " $missing" in
    *" mosquitto "*)
        if [ -d /run/systemd/system ]; then
            $as_root systemctl disable --now mosquitto >/dev/null 2>&1 || true
        else
            $as_root service mosquitto stop >/dev/null 2>&1 || true
        fi ;;
esac

missing=$(still_missing)
[ -z "$missing" ] || give_up "The packages were installed, but these are still not found."
