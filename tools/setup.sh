#!/bin/sh
# Install what is missing of tools/packages.txt: setup.sh [build | test | dev]
# A section includes those above it. Nothing is asked of the network when nothing is missing.
set -eu
section=${1:-build}
list=$(dirname "$0")/packages.txt
openssl_wanted='3.0.22-1~deb12u2' # earlier builds leak the time SM2 takes

# Packages up to and including the section.
wanted() {
    awk -v last="[$section]" '
        /^#/ || /^$/ { next }
        /^\[/ { if (done) exit; if ($0 == last) done = 1; next }
        { print }' "$list"
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# OpenSSL of the series 3.0 that is older than we want, while a newer one is known to apt.
openssl_is_old() {
    have=$(dpkg-query -W -f='${Version}' libssl3 2>/dev/null) || return 1
    dpkg --compare-versions "$have" lt "$openssl_wanted" || return 1
    candidate=$(apt-cache policy libssl3 | sed -n 's/^  Candidate: //p')
    dpkg --compare-versions "$candidate" gt "$have"
}

case $section in build | test | dev) ;; *)
    echo "setup: section \"$section\", known are build, test and dev" >&2
    exit 64
    ;;
esac
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "setup: this is not Debian. Install what tools/packages.txt names (sections up to" \
        "$section), then: make all" >&2
    exit 78
fi

missing=
for package in $(wanted); do
    is_installed "$package" || missing="$missing $package"
done
if openssl_is_old; then
    missing="$missing libssl3 libssl-dev openssl"
fi
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: packages are missing, and neither root nor sudo is at hand. As root:" >&2
        echo "    apt-get install --no-install-recommends$missing" >&2
        exit 77
    fi
    as_root=sudo
fi
echo "setup: installing$missing"
$as_root apt-get -q update
# shellcheck disable=SC2086 # words are packages
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y --no-install-recommends install $missing
