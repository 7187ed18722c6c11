#!/usr/bin/env python3
"""Bundles for both verifiers: right ones, one wrong in each rule, and random damage.

    corpus.py OUT_DIR [--count N] [--seed N]

Each bundle is a folder of OUT_DIR. One made by hand has `expected.json` inside: exit code, sorted
findings as [kind, rule, index] and the last line; random ones (--count of them) have none, for
them the two implementations have to agree. OUT_DIR gets `audit.pub` (the key of all logs, 130 hex
digits) and `policy.txt`. `options.json` in a folder names options of its verifying; where it has
`since.txt`, that is the checkpoint to verify from.
"""
import argparse
import json
import pathlib

import damage
import faults   # noqa: F401 - registers its cases
import good     # noqa: F401
import inside   # noqa: F401
import large    # noqa: F401
from kit import AUDIT_LOG, CASES, STATUS_LOG
from maker import LOG_KEY, point_hex, policy_text, save


def write(folder, contents, manifest, options, since):
    save(folder, contents, manifest)
    if options:
        (folder / "options.json").write_text(json.dumps(options), "utf-8")
    if since:
        (folder / "since.txt").write_text(since, "utf-8")


def write_case(folder, case):
    contents = case.files.contents()
    manifest = case.files.manifest(contents)
    if case.late:
        manifest = case.late(contents, manifest) or manifest
    write(folder, contents, manifest, case.options, case.since)
    (folder / "expected.json").write_text(json.dumps(case.expected, indent=1), "utf-8")


def make(folder, count, seed):
    """Write all; names of the cases."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "audit.pub").write_text(point_hex(LOG_KEY) + "\n", "ascii")
    (folder / "policy.txt").write_text(policy_text((AUDIT_LOG, STATUS_LOG)), "utf-8")
    names = []
    for name, build in CASES.items():
        write_case(folder / name, build())
        names.append(name)
    for name, made in damage.cases(count, seed):
        write(folder / name, made.contents, made.manifest, made.options, made.since)
        names.append(name)
    return names


def main():
    parser = argparse.ArgumentParser(description="Write bundles for the verifiers of logs.")
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    names = make(options.folder, options.count, options.seed)
    print(f"{len(names)} bundles")


if __name__ == "__main__":
    main()
