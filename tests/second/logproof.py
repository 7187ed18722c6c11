#!/usr/bin/env python3
"""Check a proof of a log (inclusion, consistency, seal-status proof) with nothing but a policy.

    logproof.py FILE --policy FILE [--seal DER]

The first line is `holds …`, `unknown …` (the log proves that it does not know the seal) or
`refused WHY`; further lines are facts. Exit 0 holds, 1 refused or unknown, 2 could not run.
"""
import argparse
import dataclasses
import pathlib
import sys

from policy import policy_read
from strict import json_parse, member
from tlog import (MAP_HEAD, Malformed, STATUS, ZERO, b64_decode, checkpoint_parse,
                  consistency_holds, inclusion_holds, leaf_decode, leaf_hash, map_answer,
                  map_head_decode, map_key, map_value, need, own_signature_holds, status_decode)

PATH_MAX = 64


class Refused(Exception):
    """The proof ran and does not hold; the text says where."""


@dataclasses.dataclass
class Answer:
    word: str           # holds, unknown
    what: str
    facts: list


def check(condition, why):
    if not condition:
        raise Refused(why)


# ---- parts ----------------------------------------------------------------------------------

def path_of(value, name="path", most=PATH_MAX):
    items = member(value, name, list)
    check(len(items) <= most, f"{name} too long")
    need(all(isinstance(item, str) for item in items), f"{name} holds other things than text")
    return [b64_decode(item, 32) for item in items]


def trusted(text, policy, facts):
    """A checkpoint whose origin and own signature hold and no known witness contradicts."""
    checkpoint = checkpoint_parse(text)
    public = policy.logs.get(checkpoint.origin)
    check(public is not None, "origin is not one of the policy")
    check(own_signature_holds(checkpoint, public), "signature of the log does not hold")
    good, wrong = policy.witnessed(checkpoint)
    check(not wrong, f"line of the witness {' '.join(wrong)} does not hold")
    facts.append(f"checkpoint {checkpoint.origin} size {checkpoint.size} witnesses {len(good)}")
    if len(good) < policy.quorum:
        facts.append(f"unwitnessed: {len(good)} of {policy.quorum} witnesses")
    elif policy.quorum:
        facts.append(f"witnessed {sorted(good.values())[policy.quorum - 1]}")
    return checkpoint


def included(value, checkpoint):
    """(place, leaf bytes) of {"index", "leaf", "path"} under a checkpoint."""
    index, data = member(value, "index", int), b64_decode(member(value, "leaf", str))
    path = path_of(value)
    check(inclusion_holds(leaf_hash(data), index, checkpoint.size, path, checkpoint.root),
          f"leaf {index} is not in the tree")
    return index, data


# ---- inclusion, consistency -----------------------------------------------------------------

def check_inclusion(value, policy, facts):
    checkpoint = trusted(member(value, "checkpoint", str), policy, facts)
    check(member(value, "size", int) == checkpoint.size, "size is not that of the checkpoint")
    index, data = included(value, checkpoint)
    check(decoded(data).index == index, "leaf has another index")
    return Answer("holds", f"inclusion index {index} size {checkpoint.size}", facts)


def check_consistency(value, policy, facts):
    older = trusted(member(value, "checkpoint_from", str), policy, facts)
    newer = trusted(member(value, "checkpoint_to", str), policy, facts)
    check(older.origin == newer.origin, "checkpoints of two logs")
    sizes = member(value, "from", int), member(value, "to", int)
    check(sizes == (older.size, newer.size), "sizes are not those of the checkpoints")
    check(consistency_holds(*sizes, older.root, newer.root, path_of(value)),
          "the newer tree does not continue the older")
    return Answer("holds", f"consistency from {sizes[0]} to {sizes[1]}", facts)


# ---- state of a seal (audit-log 5, steps 1 to 6) --------------------------------------------

def decoded(data, decode=leaf_decode):
    try:
        return decode(data)
    except Malformed as error:
        raise Refused(str(error)) from error


def key_of(text):
    need(len(text) == 64, "key of another length")
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Malformed("key is not hex") from error


def check_status(value, policy, facts, seal):
    key = key_of(member(value, "key", str))
    check(seal is None or map_key(seal) == key, "proof of another seal")
    checkpoint = trusted(member(value, "checkpoint", str), policy, facts)
    part = member(value, "map", dict)
    index, data = included(part, checkpoint)
    leaf = decoded(data)
    check(leaf.kind == MAP_HEAD, "no map head")
    head = decoded(leaf.body, map_head_decode)
    check(index == leaf.index == head.covers == checkpoint.size - 1,
          "map head is not the last leaf")
    facts.append(f"head {leaf.sequenced_ms}")
    present, terminal = map_part(part, key, head.root)
    if not present:
        return Answer("unknown", f"seal {key.hex()}", facts)
    last = check_events(value, key, checkpoint, facts)
    check(map_value(*last) == terminal[1], "events are not all that the map counts")
    return Answer("holds", f"state of {key.hex()}", facts)


def map_part(part, key, root):
    terminal = part.get("terminal")
    if terminal is not None:
        terminal = key_of(member(terminal, "key", str)), b64_decode(
            member(terminal, "value", str), 32)
    answer = map_answer(key, path_of(part, "siblings", 256), terminal, root)
    check(answer is not None, "map proof does not hold")
    return answer, terminal


def check_events(value, key, checkpoint, facts):
    """What the map must say: count, last status, its time, its leaf hash."""
    last, before = None, ZERO
    for number, item in enumerate(member(value, "events", list)):
        index, data = included(item, checkpoint)
        leaf = decoded(data)
        check(leaf.kind == STATUS and leaf.index == index, f"event {number} is no status event")
        event = decoded(leaf.body, status_decode)
        check(event.key == key, f"event {number} is of another seal")
        check(event.event_seq == number, f"event {number} has another number")
        check(event.previous_event == before, f"event {number} is not linked to the one before")
        before = leaf_hash(data)
        last = number + 1, event.status, event.effective_ms, before
        facts.append(f"event {number} status {event.status} reason {event.reason} "
                     f"effective {event.effective_ms} sequenced {leaf.sequenced_ms}")
    check(last is not None, "no events")
    return last


def check_proof(data, policy, seal=None):
    """Answer; raises Refused, or Malformed when it is no proof."""
    value, facts = json_parse(data), []
    need(member(value, "v", int) == 1, "version of the proof")
    kind = member(value, "type", str)
    if kind == "inclusion":
        return check_inclusion(value, policy, facts)
    if kind == "consistency":
        return check_consistency(value, policy, facts)
    need(kind == "seal-status-proof", f"type {kind!r}")
    return check_status(value, policy, facts, seal)


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Check a proof of a log.")
    parser.add_argument("file")
    parser.add_argument("--policy", required=True)
    parser.add_argument("--seal", help="the seal object (DER) that a status proof must be about")
    options = parser.parse_args(arguments)
    try:
        seal = pathlib.Path(options.seal).read_bytes() if options.seal else None
        data = pathlib.Path(options.file).read_bytes()
        answer = check_proof(data, policy_read(options.policy), seal)
    except Refused as error:
        print(f"refused {error}")
        return 1
    except (OSError, Malformed) as error:
        print(f"could not run: {error}", file=sys.stderr)
        return 2
    print(f"{answer.word} {answer.what}")
    for fact in answer.facts:
        print(fact)
    return 0 if answer.word == "holds" else 1


if __name__ == "__main__":
    sys.exit(main())
