"""log-11: seal-status proofs that leave something out or show another history, as a stranger meets
them with a sealed document: through eseal verify and eseal status-proof verify."""
import json
import os
import shutil
import time

from records import Records, POSTGRES
import ofdfile
from office import Office, iso, DAY
from tap import contains, equal, run, test, true

assert not POSTGRES  # files of a proof come from no engine
office = Office()
records = Records(office)
os.remove(office.file("trust/states/office.esl.json"))
POLICY = ("--log-policy", "records/logs.policy")


def change(status, folder="records", seal="office.esl"):
    office.good("log", "state", folder, seal, "--status", status)


def proof(name, folder="records", seal="office.esl"):
    office.good("log", "prove", folder, "--seal", seal, "-o", name)
    return json.loads(office.read(name))


change("active")
plain = ofdfile.write(office.file("plain.ofd"), 1)
office.good("sign", plain, "--seal", "office.esl", "--key", "signer", "--at", "60,60", "-o",
            "sealed.ofd")
older = proof("older.json")
time.sleep(1.1)  # states are judged by whole seconds
change("cancelled")
time.sleep(1.1)
newest = proof("newest.json")
office.make_seal("other.esl")
change("active", seal="other.esl")
other = proof("other.json", seal="other.esl")


def told(name, *words):
    """Codes about the state of the seal: of the document, and of the seal by itself."""
    seal = office.run("status-proof", "verify", name, "--seal", "office.esl", "--json", *POLICY,
                      *words)
    document = office.run("verify", "sealed.ofd", "--status", name, "--json", *POLICY, *words)
    true(seal.code != 0 and document.code != 0, f"exit codes {seal.code}, {document.code}")
    return seal.json()["seals"][0]["codes"], document.out


def is_told(code, name, *words):
    codes, report = told(name, *words)
    contains(codes, code, "codes of the seal")
    contains(report, f'"{code}"', "report of the document")


def is_invalid(value):
    office.write("changed.json", json.dumps(value, ensure_ascii=False))
    is_told("status_proof_invalid", "changed.json")


@test
def a_proof_that_holds_tells_the_cancellation():
    answer = office.run("status-proof", "verify", "newest.json", "--seal", "office.esl", "--json",
                        *POLICY).json()["seals"][0]
    equal((answer["now"], len(newest["events"])), ("cancelled", 2))
    office.good("status-proof", "verify", "older.json", "--seal", "office.esl", *POLICY)


@test
def the_last_event_is_left_out():
    is_invalid({**newest, "events": newest["events"][:-1]})


@test
def an_older_map_head_is_offered_under_the_new_checkpoint():
    is_invalid({**newest, "map": older["map"], "events": older["events"]})
    is_invalid({**older, "checkpoint": newest["checkpoint"]})


@test
def an_older_map_head_is_stale_after_a_day():
    is_told("seal_state_stale", "older.json", "--at", iso(2 * DAY))


@test
def the_proof_of_another_seal_is_offered():
    codes, _ = told("other.json")
    true(codes, "something is said about it")
    is_invalid({**other, "key": newest["key"]})
    is_invalid({**newest, "map": other["map"], "checkpoint": other["checkpoint"]})


@test
def two_map_heads_of_one_size_are_a_fork():
    shutil.copytree(office.file("records"), office.file("twin"))
    change("invalidated")
    change("suspended", folder="twin", seal="other.esl")
    one, two = proof("one.json"), proof("two.json", folder="twin")
    sizes = [value["checkpoint"].split("\n")[1] for value in (one, two)]
    equal(sizes[0], sizes[1], "sizes")
    true(one["checkpoint"] != two["checkpoint"], "two roots")
    for name in ("one.json", "two.json"):
        shutil.copy(office.file(name), office.file("trust/states/" + name))
    answer = office.run("verify", "sealed.ofd", "--json", *POLICY)
    true(answer.code != 0, "exit code")
    contains(answer.out, '"status_log_fork"', "report")


run()
