"""log-14: random changes of state against a model that is a dictionary.

The leaves must be the model's events, every map head the root that the second implementation
makes of them, and a proof must give the state of its seal at any instant, as it holds and as it
was known.
"""
import os
import random
import subprocess
import sys

import records
from desk import Desk
from logproof import Refused, check_proof, policy_read
from tap import contains, equal, run, test, true
from tlog import (STATUS, StateMap, U64, ZERO, leaf_decode, leaf_hash, map_head_decode, map_key,
                  map_value, status_decode)

SEED, SEALS, EVENTS = 14, 40, 480
START_MS = 1772323200000
DAY_MS = 86400000
WINDOW_MS = 200000  # of 300 000: a change may stand while the clock of the test goes on
AS_IT_IS = {3, 4, 11, 12, 13, 15, 16, 17, 18, 19}

desk = Desk()
dice = random.Random(SEED)
KEYS = [map_key(b"seal %d" % number) for number in range(SEALS)]
STRANGER = map_key(b"a seal of somebody else")


class Feeder:
    """The log, told line by line."""

    def __init__(self):
        os.mkdir(desk.file("log"))
        self.process = subprocess.Popen([sys.argv.pop(2), desk.file("log")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def end(self):
        self.process.stdin.close()
        equal(self.process.wait(timeout=60), 0, "exit code of the feeder")


class Model:
    """{key: [event]}; an event is [status, reason, effective (0: that of its leaf), earliest]."""

    def __init__(self):
        self.events = {key: [] for key in KEYS}
        self.now = START_MS

    def step(self):
        """A change somebody asks for: (key, status, reason, effective, answer)."""
        self.now += dice.randrange(1, 5000)
        key = dice.choice(KEYS)
        status = dice.choice((30, 30, 30, 40, 40, 40, 60, 70, 50)) if self.events[key] else (
            30 if dice.random() < 0.9 else 70)
        if self.events[key] and dice.random() < 0.03:
            status = 80
        reason = dice.choice((0, 1, 2, 3, 11, 12, 13, 17, 21))
        back = dice.choice((None, 0, dice.randrange(WINDOW_MS), dice.randrange(10 * DAY_MS)))
        effective = 0 if back is None else self.now - back
        return key, status, reason, effective, self.judge(key, status, reason, back)

    def judge(self, key, status, reason, back):
        events = self.events[key]
        late = status == 80 or status in (40, 70) and reason in (11, 12, 13)
        if back is not None and back > 300000 and not late:
            return "out_of_range"
        if not events and status != 30 or events and events[-1][0] == 80:
            return "conflict"
        return "ok"

    def take(self, key, status, reason, effective):
        self.events[key].append([status, reason if reason in AS_IT_IS else 0, effective, self.now])

    def state_at(self, key, instant, times):
        """What holds at an instant; times are those of the events."""
        holding = [event[0] for event, time in zip(self.events.get(key, ()), times)
                   if time <= instant]
        return holding[-1] if holding else None


feed, model = Feeder(), Model()
proofs = []  # (key, file, events of the model then)


def prove(key):
    path = desk.file(f"proof-{len(proofs)}")
    equal(feed("prove", key.hex(), path), "ok", "prove")
    proofs.append((key, path, [list(event) for event in model.events.get(key, [])]))


def facts_of(path):
    """{number: (status, reason, effective, sequenced)} as the second implementation proves them."""
    with open(path, "rb") as file:
        answer = check_proof(file.read(), policy)
    events = [fact.split() for fact in answer.facts if fact.startswith("event ")]
    return answer.word, [tuple(int(words[at]) for at in (3, 5, 7, 9)) for words in events]


def same_events(told, events):
    equal(len(told), len(events), "number of events")
    for (status, reason, effective, sequenced), event in zip(told, events):
        equal((status, reason), tuple(event[:2]), "status and reason")
        equal(effective, event[2] or sequenced, "effective time")
        true(sequenced >= event[3], f"{sequenced} is before {event[3]}")


policy = None


@test
def random_changes_are_taken_or_refused_as_the_rules_say():
    global policy
    desk.write("policy", feed("policy") + "\n")
    policy = policy_read(desk.file("policy"))
    refused = 0
    for number in range(EVENTS):
        *change, wanted = model.step()
        equal(feed("clock", model.now), "ok")
        equal(feed("state", change[0].hex(), *change[1:]), wanted, f"event {number}: {change}")
        if wanted == "ok":
            model.take(*change)
        else:
            refused += 1
        if number % 8 == 7:
            contains(feed("wait"), "size ")
        if number % 24 == 23:
            for key in dice.sample(KEYS, 3) + [STRANGER]:
                prove(key)
    contains(feed("wait"), "size ")
    for key in KEYS:
        prove(key)
    true(20 < refused < EVENTS // 2, f"{refused} refused")


@test
def a_proof_gives_the_state_at_any_instant():
    unknown = 0
    for key, path, events in proofs:
        word, told = facts_of(path)
        equal(word, "holds" if events else "unknown", "answer")
        same_events(told, events)
        unknown += not events
        effective = [event[2] or fact[3] for event, fact in zip(events, told)]
        sequenced = [fact[3] for fact in told]
        for _ in range(5):
            instant = START_MS - 11 * DAY_MS + dice.randrange(model.now - START_MS + 12 * DAY_MS)
            if dice.random() < 0.7:
                instant = START_MS + dice.randrange(model.now - START_MS)
            for at, times in ((2, effective), (3, sequenced)):
                holding = [fact[0] for fact in told if fact[at] <= instant]
                equal(holding[-1] if holding else None, model.state_at(key, instant, times),
                      f"state at {instant}")
    true(unknown >= EVENTS // 24, "strangers are unknown")


@test
def a_proof_of_one_seal_says_nothing_of_another():
    key, path, _ = next(proof for proof in proofs if proof[2])
    with open(path, "r", encoding="utf-8") as file:
        text = file.read()
    other = next(other for other in KEYS if other != key and model.events[other])
    try:
        check_proof(text.replace(key.hex(), other.hex()).encode(), policy)
    except Refused:
        return
    raise AssertionError("the proof of another seal holds")


@test
def every_map_head_is_the_root_of_the_model():
    equal(feed("export", desk.file("bundle")), "ok", "export")
    feed.end()
    report = records.logverify.verify_bundle(desk.file("bundle"),
                                             policy.logs["seal.example.cn/status/1"], policy)
    equal([str(item) for item in report.all], [], "findings")
    desk.good("log", "verify", "--bundle", "bundle", "--witness-policy", "policy")
    check_leaves(records.entries(desk.file("bundle")))


def check_leaves(leaves):
    states, seen, last, heads = StateMap(), {key: 0 for key in KEYS}, {}, 0
    for place, data in enumerate(leaves):
        leaf = leaf_decode(data)
        if leaf.kind != STATUS:
            head = map_head_decode(leaf.body)
            equal((head.covers, head.count, head.root), (place, states.count, states.root()),
                  f"map head at {place}")
            heads += 1
            continue
        event = status_decode(leaf.body)
        same_events([(event.status, event.reason, event.effective_ms, leaf.sequenced_ms)],
                    [model.events[event.key][seen[event.key]]])
        equal(event.previous_event, last.get(event.key, ZERO), f"link at {place}")
        equal(event.event_seq, seen[event.key], f"number at {place}")
        seen[event.key] += 1
        last[event.key] = leaf_hash(data)
        states.put(event.key, map_value(seen[event.key] % U64, event.status, event.effective_ms,
                                        last[event.key]))
    equal(seen, {key: len(model.events[key]) for key in KEYS}, "events of the seals")
    true(heads >= EVENTS // 8, f"{heads} map heads")


run()
