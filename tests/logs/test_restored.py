"""log-08: a store restored to yesterday, while the journal knows more. It opens frozen, takes
nothing and is refilled from what was shipped; a seal cancelled meanwhile stays cancelled."""
import shutil
import subprocess
import time

from records import POSTGRES, Records
from office import Office
from tap import contains, equal, run, test, true

office = Office()
records = Records(office)
DECISION = ("--reason", "restored backup", "--decided-by", "u-3", "--approved-by", "u-9")
BOTH = ("status", "audit")


def dump():
    """A backup of the store by the engine's own tools."""
    if not POSTGRES:
        records.engine.keep("old")
        return
    done = subprocess.run(["pg_dump", "-Fc", "-f", office.file("old.dump"), "-d",
                           records.engine.url], capture_output=True, check=False)
    equal((done.returncode, done.stderr), (0, b""), "pg_dump")


def restore():
    if not POSTGRES:
        records.engine.bring_back("old")
        return
    done = subprocess.run(["pg_restore", "--clean", "--exit-on-error", "-d", records.engine.url,
                           office.file("old.dump")], capture_output=True, check=False)
    equal((done.returncode, done.stderr), (0, b""), "pg_restore")


def ship():
    for log in BOTH:
        records.log("ship", "--log", log, "-o", f"shipped-{log}").expect(0)


def state(word, *more):
    return office.run("log", "state", "records", "office.esl", "--status", word, *more)


def proved_now(name):
    """The state of the seal by a fresh proof."""
    records.log("prove", "--seal", "office.esl", "-o", name).expect(0)
    answer = office.run("status-proof", "verify", name, "--seal", "office.esl", "--json",
                        "--log-policy", "records/logs.policy")
    return answer.json()["seals"][0]["now"]


@test
def a_seal_is_active_and_then_cancelled():
    state("active").expect(0)
    equal(proved_now("before.proof"), "active")
    dump()
    time.sleep(1.1)  # states are judged by whole seconds
    state("cancelled", "--reason", "1").expect(0)
    ship()
    time.sleep(1.1)
    equal(proved_now("after.proof"), "cancelled")


@test
def the_older_store_is_frozen_and_takes_nothing():
    restore()
    for _ in range(2):
        answer = state("active").expect(75)
        contains(answer.err, "log_behind")
        contains(records.log("append", "--type", "EXPORTED").expect(75).err, "log_behind")
    for log in BOTH:
        found = records.findings(log=log)
        true(found and {rule for rule, _ in found} == {"checkpoint_beyond", "table_missing"}, found)


@test
def what_others_hold_is_not_written_over():
    shutil.copytree(office.file("shipped-status"), office.file("again"))
    true(records.log("ship", "--log", "status", "-o", "again").code != 0, "shipped over")
    equal(office.read("again/bundle.json"), office.read("shipped-status/bundle.json"))


@test
def a_refill_brings_the_missing_events_back():
    refill = ("refill", "--log", "status", "--bundle", "shipped-status")
    records.log(*refill, *DECISION[:-1], "u-3").expect(77)
    for log in BOTH:
        told = records.log("refill", "--log", log, "--bundle", f"shipped-{log}", "--json",
                           *DECISION).expect(0).json()
        true(told["refilled"] > 0, log)
    equal(proved_now("refilled.proof"), "cancelled")
    for log in BOTH:
        equal(records.findings(log=log), set(), log)


@test
def the_log_goes_on_behind_what_was_signed():
    records.add()
    state("invalidated").expect(0)
    state("active").expect(75)
    for log in BOTH:
        equal(records.findings(log=log), set(), log)


run()
