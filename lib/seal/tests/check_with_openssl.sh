#!/bin/sh
# What we make, openssl verifies: each seal and seal signature is taken apart by offsets that
# `openssl asn1parse` prints, and its SM2 value checked by `openssl pkeyutl`. One byte changed
# must fail. Use: check_with_openssl.sh PUT_SEALS
# shellcheck disable=SC2046,SC2059,SC2086  # offsets are split into words; printf writes octal bytes
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" "$work" >"$work/put.log" 2>&1 || { cat "$work/put.log"; exit 1; }

# Bytes of FILE from OFFSET, LENGTH of them.
cut_() { tail -c +$(($2 + 1)) "$1" | head -c "$3"; }
# Elements at DEPTH of FILE: "offset header length" a line.
elements() {
    openssl asn1parse -inform DER -in "$1" |
        sed -n "s/^ *\([0-9]*\):d=$2 *hl= *\([0-9]*\) *l= *\([0-9]*\).*/\1 \2 \3/p"
}
# The Nth element among those at DEPTH, counted from 1 or, with "last", from the end.
pick() {
    if [ "$3" = last ]; then
        elements "$1" "$2" | tail -n 1
    else
        elements "$1" "$2" | sed -n "$3p"
    fi
}
whole() { cut_ "$1" "$2" $(($3 + $4)); }
content() { cut_ "$1" $(($2 + $3)) "$4"; }

verify() { # cert message value
    openssl x509 -inform DER -in "$1" -pubkey -noout >"$work/pub.pem"
    openssl pkeyutl -verify -pubin -inkey "$work/pub.pem" -rawin -digest sm3 -in "$2" \
        -sigfile "$3" -pkeyopt distid:1234567812345678 >/dev/null 2>&1
}

check() { # name
    verify "$work/cert" "$work/message" "$work/value" || { echo "$1: does not verify"; exit 1; }
    { cat "$work/message"; printf x; } >"$work/changed"
    if verify "$work/cert" "$work/changed" "$work/value"; then echo "$1: change unseen"; exit 1; fi
    echo "$1: verified"
}

# Header of a SEQUENCE of 256 to 65535 bytes.
sequence() { printf "\\060\\202\\$(printf %03o $(($1 / 256)))\\$(printf %03o $(($1 % 256)))"; }

for edition in 2014 2020 2025; do
    f=$work/$edition.esl
    # d=1: info, then cert, oid, value (2020 on) or signInfo with them at d=2 at its end (2014)
    if [ $edition = 2014 ]; then
        elements "$f" 2 | tail -n 3 >"$work/parts"
    else
        elements "$f" 1 | tail -n 3 >"$work/parts"
    fi
    cert=$(sed -n 1p "$work/parts") oid=$(sed -n 2p "$work/parts") value=$(sed -n 3p "$work/parts")
    content "$f" $cert >"$work/cert"
    content "$f" $value | tail -c +2 >"$work/value"
    whole "$f" $(pick "$f" 1 1) >"$work/message"
    if [ $edition = 2014 ]; then
        { cat "$work/message"; whole "$f" $cert; whole "$f" $oid; } >"$work/inner"
        { sequence $(wc -c <"$work/inner"); cat "$work/inner"; } >"$work/message"
    fi
    check "seal of $edition"

    f=$work/$edition.sig
    whole "$f" $(pick "$f" 1 1) >"$work/message"
    content "$f" $(pick "$f" 1 last) | tail -c +2 >"$work/value"
    if [ $edition = 2014 ]; then
        content "$f" $(elements "$f" 2 | tail -n 2 | head -n 1) >"$work/cert"
    else
        content "$f" $(pick "$f" 1 2) >"$work/cert"
    fi
    check "seal signature of $edition"
done
