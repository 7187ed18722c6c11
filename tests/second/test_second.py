#!/usr/bin/env python3
"""The second implementation of the logs: against vectors, against cases made by hand, against C.

    test_second.py            ESEAL_SPEC: folder of the vectors
                              ESEAL_PROGRAM: the program to agree with; without it that is skipped
"""
import atexit
import base64
import concurrent.futures
import copy
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))

import corpus  # noqa: E402
import sm      # noqa: E402
import tlog    # noqa: E402
from logproof import Refused, check_proof  # noqa: E402
from logverify import CannotRun, policy_read, read_key, verify_bundle  # noqa: E402
from maker import Log, signed_note  # noqa: E402
from policy import policy_parse  # noqa: E402
from tap import cases, equal, fail, run, skip, test, true  # noqa: E402

RANDOM, SEED = 300, 20260301
PAGE = HERE.parent.parent / "docs" / "formats" / "log-bundle.md"
hexed = bytes.fromhex


def vectors(name="audit-log-vectors.json"):
    folder = os.environ.get("ESEAL_SPEC")
    path = pathlib.Path(folder or ".") / name
    if not path.is_file():
        skip("no vectors: ESEAL_SPEC")
    return json.loads(path.read_text("utf-8"))


_folder = pathlib.Path(tempfile.mkdtemp(prefix="eseal-second-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
names = corpus.make(_folder, RANDOM, SEED)
by_hand = [name for name in names if (_folder / name / "expected.json").exists()]
at_random = [name for name in names if name not in by_hand]


# ---- SM3, SM2 -------------------------------------------------------------------------------

@test
def sm3_gives_the_published_digests():
    for digest in (sm.sm3, sm.sm3_pure):
        equal(digest(b"abc").hex(),
              "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
        equal(digest(b"abcd" * 16).hex(),
              "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732")


@test
def sm3_of_the_library_and_sm3_from_nothing_agree_at_every_length_to_200():
    for length in range(200):
        equal(sm.sm3(b"\xa5" * length), sm.sm3_pure(b"\xa5" * length), f"{length} bytes")


def from_der(data):
    """r || s of strict DER, or None."""
    match = re.fullmatch(rb"\x30(.)\x02(.)(.*)", data, re.S)
    if not match or match[1][0] != len(data) - 2 or match[2][0] > len(match[3]) - 2:
        return None
    r, rest = match[3][:match[2][0]], match[3][match[2][0]:]
    s = rest[2:]
    if rest[0] != 2 or rest[1] != len(s) or not all(map(_is_natural, (r, s))):
        return None
    return b"".join(int.from_bytes(n, "big").to_bytes(32, "big") for n in (r, s))


def _is_natural(number):
    return (0 < len(number) <= 33 and number[0] < 128 and (len(number) < 33 or number[0] == 0)
            and not (len(number) > 1 and number[0] == 0 and number[1] < 128))


@test
def sm2_answers_as_the_adversarial_vectors_want():
    counted = 0
    for group in vectors("sm2-adversarial-vectors.json")["groups"]:
        if group["type"] == "SM2PublicKey":
            continue
        for case in group["tests"]:
            key, signature = hexed(group["publicKey"]), from_der(hexed(case["sig"]))
            if group["type"] == "SM2VerifyMessage":
                good = signature and sm.verify(key, hexed(case["msg"]), signature,
                                               group["id"].encode())
            else:
                good = signature and sm.verify_digest(key, int(case["digest"], 16), signature)
            equal(bool(good), case["result"] == "valid", f"{case['tcId']}: {case['comment']}")
            counted += 1
    true(counted > 100, "too few vectors")


@test
def sm2_signs_what_it_verifies_and_nothing_else():
    key = sm.public_key(77)
    signature = sm.sign(77, b"text")
    true(sm.verify(key, b"text", signature), "own signature")
    true(not sm.verify(key, b"texu", signature), "another text")
    true(not sm.verify(sm.public_key(78), b"text", signature), "another key")
    true(not sm.verify(key, b"text", signature + b"\0"), "another length")


@test
def sm2_signs_as_published_with_the_published_nonce():
    log = vectors()["audit"]
    private, public = int(log["key"]["private"], 16), hexed(log["key"]["public"])
    equal(sm.public_key(private), public)
    note = tlog.checkpoint_parse(log["checkpoint"])
    digest = sm.message_digest(public, note.body.encode())
    equal(sm.sign_digest(private, digest, int(log["nonceUsed"], 16)), note.lines[0][2])


# ---- leaves, tree, map, checkpoints ---------------------------------------------------------

@test
def leaves_and_bodies_are_those_of_the_vectors():
    for name, origin in (("audit", "seal.example.cn/audit/1"), ("status",
                                                               "seal.example.cn/status/1")):
        log = vectors()[name]
        previous = tlog.genesis(origin)
        equal(previous.hex(), log["genesisPrev"])
        for entry in log["entries"]:
            data = hexed(entry["leaf"])
            leaf = tlog.leaf_decode(data)
            equal((leaf.index, leaf.previous, leaf.body.hex()),
                  (entry["index"], previous, entry["body"]))
            equal(leaf.encode(), data)
            decode = {1: tlog.audit_decode, 2: tlog.status_decode, 3: tlog.map_head_decode}
            equal(decode[leaf.kind](leaf.body).encode(), leaf.body)
            previous = tlog.leaf_hash(data)
            equal(previous.hex(), entry["leafHash"])


@test
def details_and_map_keys_are_those_of_the_vectors():
    detail = vectors()["audit"]["detail"]
    equal(tlog.detail_hash(hexed(detail["salt"]), detail["detail"].encode()).hex(),
          detail["detailHash"])
    status = vectors()["status"]
    for der, key in zip(status["sealDer"], status["mapKeys"]):
        equal(tlog.map_key(hexed(der)).hex(), key)


@test
def roots_are_those_of_the_vectors():
    tree = vectors()["tree"]
    equal(tlog.EMPTY.hex(), vectors()["empty"])
    hashes = [tlog.leaf_hash(hexed(data)) for data in tree["leafData"]]
    equal([h.hex() for h in hashes], tree["leafHashes"])
    for size, root in enumerate(tree["roots"]):
        equal(tlog.tree_root(hashes[:size]).hex(), root, f"root of {size}")
    seventy = [tlog.leaf_hash(bytes([n])) for n in range(70)]
    equal(tlog.tree_root(seventy).hex(), tree["root70"])
    entries = vectors()["audit"]
    hashes = [hexed(entry["leafHash"]) for entry in entries["entries"]]
    for size, root in enumerate(entries["roots"]):
        equal(tlog.tree_root(hashes[:size]).hex(), root, f"root of {size} entries")


def all_paths():
    """(hashes, inclusion vectors, consistency vectors) of the file."""
    tree, audit = vectors()["tree"], vectors()["audit"]
    yield [tlog.leaf_hash(bytes([n])) for n in range(70)], tree["inclusion"], tree["consistency"]
    yield ([hexed(entry["leafHash"]) for entry in audit["entries"]], audit["inclusion"],
           audit["consistency"])


@test
def paths_are_those_of_the_vectors_and_hold():
    for hashes, inclusion, consistency in all_paths():
        for item in inclusion:
            part, path = hashes[:item["size"]], [hexed(h) for h in item["path"]]
            equal(tlog.inclusion_path(part, item["index"]), path)
            true(tlog.inclusion_holds(hashes[item["index"]], item["index"], item["size"], path,
                                      tlog.tree_root(part)), f"inclusion {item}")
        for item in consistency:
            part, path = hashes[:item["to"]], [hexed(h) for h in item["path"]]
            equal(tlog.consistency_path(part, item["from"]), path)
            roots = tlog.tree_root(part[:item["from"]]), tlog.tree_root(part)
            true(tlog.consistency_holds(item["from"], item["to"], *roots, path),
                 f"consistency {item}")


@test
def proofs_of_every_size_to_70_hold_and_changed_ones_do_not():
    hashes = [tlog.leaf_hash(bytes([n])) for n in range(70)]
    for size in range(1, 71):
        part, root = hashes[:size], tlog.tree_root(hashes[:size])
        for index in {0, 1, size // 3, size // 2, size - 1} & set(range(size)):
            path = tlog.inclusion_path(part, index)
            holds = tlog.inclusion_holds
            true(holds(part[index], index, size, path, root), f"{index} of {size}")
            true(not holds(part[index], index, size, path + [root], root), "a hash too many")
            true(not path or not holds(part[index], index, size, path[:-1], root), "one too few")
            true(size == 1 or not holds(part[index], (index + 1) % size, size, path, root),
                 "another place")
            path = tlog.consistency_path(part, index + 1)
            roots = tlog.tree_root(part[:index + 1]), root
            true(tlog.consistency_holds(index + 1, size, *roots, path), f"{index + 1} to {size}")
            true(not tlog.consistency_holds(index + 1, size, *roots, path + [root]), "too many")
            true(not tlog.consistency_holds(0, size, tlog.EMPTY, root, path), "from nothing")


@test
def the_map_is_that_of_the_vectors():
    status, states, heads = vectors()["status"], tlog.StateMap(), []
    for entry in status["entries"]:
        leaf = tlog.leaf_decode(hexed(entry["leaf"]))
        if leaf.kind == tlog.STATUS:
            event = tlog.status_decode(leaf.body)
            states.put(event.key, tlog.map_value(event.event_seq + 1, event.status,
                                                 event.effective_ms, hexed(entry["leafHash"])))
        else:
            head = tlog.map_head_decode(leaf.body)
            equal((states.root(), states.count), (head.root, head.count))
            heads.append(head.root.hex())
    equal(heads, status["mapRoots"])


@test
def proofs_of_the_map_are_those_of_the_vectors():
    status = vectors()["status"]
    there, absent, root = status["membership"], status["nonMembership"], hexed(
        status["mapRoots"][-1])
    value = tlog.map_value(there["count"], there["status"], there["effective"],
                           hexed(there["lastLeafHash"]))
    equal(value.hex(), there["valueHash"])
    key, siblings = hexed(there["key"]), [hexed(h) for h in there["siblings"]]
    equal(tlog.map_answer(key, siblings, (key, value), root), True)
    equal(tlog.map_answer(key, siblings, (key, bytes(32)), root), None)
    equal(tlog.map_answer(key, siblings, None, root), None)
    terminal = tuple(hexed(h) for h in absent["terminal"])
    siblings = [hexed(h) for h in absent["siblings"]]
    equal(tlog.map_answer(hexed(absent["key"]), siblings, terminal, root), False)


@test
def a_map_of_many_keys_is_the_one_of_the_recursive_definition():
    items = {sm.sm3(b"key %d" % n): sm.sm3(b"value %d" % n) for n in range(200)}
    items |= {bytes(31) + bytes([n]): bytes(32) for n in range(3)}
    states = tlog.StateMap()
    for key, value in items.items():
        states.put(key, value)

    def root(keys, depth=0):
        if len(keys) < 2:
            return tlog.map_leaf(keys[0], items[keys[0]]) if keys else tlog.ZERO
        halves = [[k for k in keys if tlog.key_bit(k, depth) == bit] for bit in (0, 1)]
        return sm.sm3(b"\x11" + root(halves[0], depth + 1) + root(halves[1], depth + 1))
    equal(states.root(), root(list(items)))
    for key in [*items, sm.sm3(b"a stranger")]:
        siblings, found = states.prove(key)
        terminal = (found, items[found]) if found else None
        equal(tlog.map_answer(key, siblings, terminal, states.root()), key in items)


@test
def checkpoints_are_those_of_the_vectors():
    data = vectors()
    key, status, witness = hexed(data["audit"]["key"]["public"]), data["status"], data["status"][
        "witness"]
    for text, key_id in ((data["audit"]["checkpoint"], data["audit"]["key"]["keyId"]),
                         (status["checkpoint"], status["keyId"])):
        note = tlog.checkpoint_parse(text)
        true(text.startswith(note.body), "body is rebuilt as it stood")
        equal(tlog.key_id(note.origin, tlog.SIGN, key).hex(), key_id)
        true(tlog.own_signature_holds(note, key), "signature")
    equal(tlog.cosigned_text(note, witness["time"]), witness["signedMessage"])
    equal(tlog.witness_line(note, witness["name"], hexed(witness["public"])), witness["time"])


@test
def a_checkpoint_with_any_character_of_its_body_changed_is_refused():
    text, key = vectors()["audit"]["checkpoint"], hexed(vectors()["audit"]["key"]["public"])
    for at in range(text.index("\n\n")):
        changed = text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1:]
        try:
            note = tlog.checkpoint_parse(changed)
        except tlog.Malformed:
            continue
        true(not tlog.own_signature_holds(note, key), f"character {at}")


# ---- proofs ---------------------------------------------------------------------------------

def vector_policy(quorum=1):
    data = vectors()
    key, status = data["audit"]["key"]["public"], data["status"]
    return policy_parse(f"log {data['audit']['origin']} {key}\nlog {status['origin']} {key}\n"
                        f"witness {status['witness']['name']} {status['witness']['public']}\n"
                        f"quorum {quorum} of {status['witness']['name']}\n")


def answer(value, policy, seal=None):
    try:
        return check_proof(json.dumps(value).encode(), policy, seal).word
    except Refused:
        return "refused"


@test
def the_status_proof_of_the_vectors_holds_for_its_seal_only():
    status, policy = vectors()["status"], vector_policy()
    equal(answer(status["bundle"], policy, hexed(status["sealDer"][0])), "holds")
    equal(answer(status["bundle"], policy, hexed(status["sealDer"][1])), "refused")


@test
def a_status_proof_that_leaves_out_the_last_event_is_refused():
    proof = vectors()["status"]["bundle"]
    for events in (proof["events"][:-1], proof["events"][1:], [], proof["events"][::-1]):
        equal(answer(proof | {"events": events}, vector_policy()), "refused")


@test
def a_status_proof_with_any_hash_or_leaf_changed_is_refused():
    proof, policy = vectors()["status"]["bundle"], vector_policy()
    places = [("map", "leaf"), ("map", "path", 0), ("map", "siblings", 0),
              ("map", "terminal", "value")]
    for number, event in enumerate(proof["events"]):
        places += [("events", number, "leaf")]
        places += [("events", number, "path", at) for at in range(len(event["path"]))]
    for place in places:
        changed = copy.deepcopy(proof)
        *way, last = place
        part = changed
        for step in way:
            part = part[step]
        data = bytearray(base64.b64decode(part[last]))
        data[-1] ^= 1
        part[last] = base64.b64encode(data).decode()
        equal(answer(changed, policy), "refused", f"answer for {place}")


@test
def a_seal_the_log_does_not_know_is_shown_to_be_absent():
    status = vectors()["status"]
    proof, absent = copy.deepcopy(status["bundle"]), status["nonMembership"]
    proof |= {"key": absent["key"], "events": []}
    proof["map"] |= {"siblings": [tlog.b64(hexed(h)) for h in absent["siblings"]],
                     "terminal": {"key": absent["terminal"][0],
                                  "value": tlog.b64(hexed(absent["terminal"][1]))}}
    equal(answer(proof, vector_policy()), "unknown")


@test
def inclusion_and_consistency_proofs_hold_and_changed_ones_do_not():
    log, note = Log("a.cn/audit/1"), []
    for number in range(11):
        log.event(1, 1 if number == 0 else 3)
        note.append(signed_note(log.origin, log.size, log.edge.root()))
    policy = policy_parse(f"log a.cn/audit/1 {corpus.point_hex(corpus.LOG_KEY)}\n")
    proof = {"v": 1, "type": "inclusion", "index": 4, "size": 11, "checkpoint": note[10],
             "leaf": tlog.b64(log.leaves[4]),
             "path": [tlog.b64(h) for h in tlog.inclusion_path(log.hashes, 4)]}
    equal(answer(proof, policy), "holds")
    for change in ({"index": 5}, {"size": 10}, {"path": proof["path"][1:]},
                   {"path": proof["path"] * 20}, {"leaf": tlog.b64(log.leaves[5])},
                   {"checkpoint": note[9]}):
        equal(answer(proof | change, policy), "refused", f"answer for {change}")
    proof = {"v": 1, "type": "consistency", "from": 5, "to": 11, "checkpoint_from": note[4],
             "checkpoint_to": note[10],
             "path": [tlog.b64(h) for h in tlog.consistency_path(log.hashes, 5)]}
    equal(answer(proof, policy), "holds")
    for change in ({"from": 6}, {"from": 0}, {"path": proof["path"][1:]},
                   {"checkpoint_from": note[5]}, {"to": 10}):
        equal(answer(proof | change, policy), "refused", f"answer for {change}")


@test
def a_proof_without_enough_witnesses_says_so():
    policy = policy_parse(f"log a.cn/audit/1 {corpus.point_hex(corpus.LOG_KEY)}\n"
                          f"witness w {corpus.point_hex(9)}\nquorum 1 of w\n")
    log = Log("a.cn/audit/1")
    log.event(1, 1)
    proof = {"v": 1, "type": "inclusion", "index": 0, "size": 1, "path": [],
             "leaf": tlog.b64(log.leaves[0]),
             "checkpoint": signed_note(log.origin, 1, log.edge.root())}
    found = check_proof(json.dumps(proof).encode(), policy)
    equal(found.facts[-1], "unwitnessed: 0 of 1 witnesses")


# ---- bundles --------------------------------------------------------------------------------

def options_of(name):
    folder = _folder / name
    wanted = folder / "options.json"
    since = folder / "since.txt"
    return (json.loads(wanted.read_text()) if wanted.exists() else [],
            since if since.exists() else None)


@functools.cache
def judged(name):
    """What the Python verifier says, as expected.json does."""
    options, since = options_of(name)
    policy = policy_read(_folder / "policy.txt") if "--witness-policy" in options else None
    try:
        report = verify_bundle(_folder / name, read_key(str(_folder / "audit.pub")), policy,
                               since and since.read_text("utf-8"))
    except CannotRun:
        return {"exit": 2, "found": [], "last": None}
    found = sorted(([item.kind, item.rule, item.index] for item in report.all), key=repr)
    return {"exit": 1 if report.findings else 0, "found": found, "last": report.last_line()}


def expected(name):
    return json.loads((_folder / name / "expected.json").read_text("utf-8"))


@cases(by_hand)
def bundle_gives_what_the_page_says(name):
    equal(judged(name), expected(name), name)


@test
def every_rule_of_the_page_is_found_somewhere_in_the_cases():
    told = {rule for name in by_hand for _, rule, _ in expected(name)["found"]}
    text = PAGE.read_text("utf-8").split("## Verifying")[1].split("**Reading leaves.**")[0]
    rules = re.findall(r"^\| `(\w+)` \|", text, re.M)
    rules += [word for word in re.findall(r"`(\w+)` \(", text.split("Notices:")[1])]
    true(len(rules) > 35, "no rules in the page")
    equal([rule for rule in rules if rule not in told], [], "rules without a case")


@test
def the_command_prints_a_line_a_finding_and_the_counts():
    name = "attack_search_columns_changed"
    done = subprocess.run([sys.executable, "-B", HERE / "logverify.py", _folder / name,
                           "--key", (_folder / "audit.pub").read_text().strip()],
                          capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    equal(done.returncode, 1, "exit code")
    equal([line.split()[:3] for line in lines[:-1]],
          [["finding", "column", str(place)] for place in (2, 4, 5, 7)])
    equal(lines[-1], "entries 12 checkpoints 3 findings 4")


@test
def the_command_cannot_run_without_a_bundle():
    done = subprocess.run([sys.executable, "-B", HERE / "logverify.py", _folder / "nowhere",
                           "--key", _folder / "audit.pub"], capture_output=True, check=False)
    equal((done.returncode, done.stdout), (2, b""))


@test
def the_corpus_is_the_same_for_the_same_seed():
    names_again = [name for name, *_ in corpus.damage.cases(3, SEED)]
    equal(names_again, at_random[:3])
    for name, made in corpus.damage.cases(3, SEED):
        for file, data in made.contents.items():
            equal((_folder / name / file).read_bytes(), data, file)


# ---- agreement with the program -------------------------------------------------------------

def program():
    path = os.environ.get("ESEAL_PROGRAM")
    if not path:
        skip("ESEAL_PROGRAM is not set")
    return path


def told_by_program(name):
    options, since = options_of(name)
    command = [program(), "log", "verify", "--bundle", _folder / name, "--json",
               "--key", _folder / "audit.pub"]
    if "--witness-policy" in options:
        command += ["--witness-policy", _folder / "policy.txt"]
    if since:
        command += ["--since", since]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    if done.returncode not in (0, 1):
        return {"exit": done.returncode, "found": [], "last": None}
    value = json.loads(done.stdout)
    found = sorted((["notice" if item.get("notice") else "finding", item["rule"], item["index"]]
                    for item in value["findings"]), key=repr)
    findings = sum(item[0] == "finding" for item in found)
    return {"exit": done.returncode, "found": found,
            "last": f"entries {value['entries']} checkpoints {value['checkpoints']} "
                    f"findings {findings}"}


def compare(some):
    program()
    differing = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        told = list(pool.map(told_by_program, some))
    for name, theirs in zip(some, told):
        ours = judged(name)
        if ours != theirs:
            ours_only = [item for item in ours["found"] if item not in theirs["found"]]
            theirs_only = [item for item in theirs["found"] if item not in ours["found"]]
            differing.append(f"{name}: here {ours['exit']} {ours['last']} {ours_only}, "
                             f"program {theirs['exit']} {theirs['last']} {theirs_only}")
    if differing:
        fail(f"{len(differing)} of {len(some)} differ\n" + "\n".join(differing[:40]))


@test
def the_program_and_this_agree_on_every_case_made_by_hand():
    compare(by_hand)


@test
def the_program_and_this_agree_on_random_damage():
    compare(at_random)


run()
