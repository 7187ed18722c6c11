"""log-12: a detail is erased. The log verifies as before, the person is found nowhere, and of what
was stored about them no byte is left: not in the files of the store, not in its write-ahead log.

What is searched for is the ciphertext, for the store never had anything else."""
import json
import os

from records import POSTGRES, Records
from desk import Desk
from tap import contains, equal, lacks, run, test, true

desk = Desk()
records = Records(desk)
engine = records.engine
SECRET = "张三 13800000000"
desk.write("detail.json", json.dumps({"name": SECRET}))
desk.write("other.json", json.dumps({"name": "李四"}))
PLACE = records.log("append", "--type", "EXPORTED", "--detail", "detail.json",
                    "--json").expect(0).json()["index"]
OTHER = records.log("append", "--type", "EXPORTED", "--detail", "other.json",
                    "--json").expect(0).json()["index"]


def closed(place):
    """[salt, detail] as the store has them."""
    rows = engine.rows(f"SELECT {engine.hex('salt_ct')}, {engine.hex('detail_ct')} FROM log_detail "
                       f"WHERE log_id = 11 AND idx = {place}")
    return [bytes.fromhex(text) for text in rows[0]] if rows else None


def files():
    """Every file of the store."""
    if not POSTGRES:
        ends = ("", "-wal", "-shm")
        return [engine.path + end for end in ends if os.path.exists(engine.path + end)]
    folder = engine.rows("SHOW data_directory")[0][0]
    return [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]


def holders(data):
    """Files that hold these bytes."""
    found = []
    for path in files():
        try:
            with open(path, "rb") as file:
                if data in file.read():
                    found.append(os.path.basename(path))
        except FileNotFoundError:
            pass  # the server removed it meanwhile
    return found


def sweep():
    """What an administrator does so that PostgreSQL forgets; eseal does it itself on SQLite."""
    if not POSTGRES:
        return
    for sql in ("ALTER SYSTEM SET wal_recycle = off", "SELECT pg_reload_conf()",
                "VACUUM FULL log_detail", "VACUUM FULL log_outbox", "SELECT pg_switch_wal()",
                "CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT"):
        engine.run(sql + ";")


SALT, DETAIL = closed(PLACE)


@test
def what_is_stored_is_there_and_closed():
    if POSTGRES:
        engine.run("CHECKPOINT;")
    for data in (SALT, DETAIL):
        true(holders(data), "the search finds what is there")
    equal(holders(SECRET.encode()), [], "files with the name in clear")
    lacks(DETAIL, SECRET.encode(), "ciphertext")


@test
def one_person_alone_erases_nothing():
    records.log("erase", "--index", PLACE, "--ground", "PIPL 47", "--decided-by", "u-3",
                "--approved-by", "u-3").expect(77)
    equal(closed(PLACE), [SALT, DETAIL])


@test
def the_log_verifies_and_the_person_is_not_in_it():
    records.log("erase", "--index", PLACE, "--ground", "PIPL 47", "--decided-by", "u-3",
                "--approved-by", "u-9").expect(0)
    bundle = records.export("--details")
    equal(records.judge(bundle), set(), "findings")
    told = desk.read(bundle + "/details.bin")
    lacks(told, SECRET.encode(), "bundle")
    contains(told, "李四".encode(), "details of others")
    types = [entry["type"] for entry in records.log("entries", "--json").json()["entries"]]
    contains(types, "DETAIL_ERASED")
    true(closed(OTHER) is not None, "details of others stay")


@test
def nothing_is_left_in_the_files():
    sweep()
    for data in (SALT, DETAIL):
        equal(holders(data), [], "files")


@test
def nobody_can_read_it():
    tables = ("log_detail", "log_outbox", "log_leaf", "log_head", "log_tile", "log_checkpoint",
              "log_cosign", "log_writer", "map_item", "map_node", "store_queue")
    if not POSTGRES:
        equal(closed(PLACE), None)
        return
    for role in ("eseal", "eseal_owner", "eseal_service", "eseal_sequencer", "eseal_auditor",
                 "postgres"):
        seen = 0
        for table in tables:
            done = engine.psql(f"SET ROLE {role}; SELECT count(*) FROM public.{table} AS row "
                               f"WHERE row::text LIKE '%{DETAIL.hex()}%';")
            true(done.returncode == 0 or "permission denied" in done.stderr, done.stderr)
            equal(done.stdout.strip() or "0", "0", f"{role} in {table}")
            seen += done.returncode == 0
        true(seen > 0 or role == "eseal", f"{role} reads nothing at all")


run()
