"""log-05: somebody who owns the store changes it. What an export then shows is judged by the
program and by the second implementation; what must be found, with its index, is written from
docs/formats/log-bundle.md. Where opening the log for writing notices, it refuses or freezes.

The log: 24 entries of 8 writers, each START, an entry, STOP. No finding but the expected ones.
"""
import dataclasses
import json

from records import Records, holds
from desk import Desk
from maker import row_of, tiles_of
from tap import equal, run, test, true
from tlog import audit_decode, leaf_decode, leaf_hash, tree_root

COUNT = 24
AT = 10  # an entry in the middle, neither START nor STOP

desk = Desk()
records = Records(desk)
engine = records.engine
desk.write("detail.json", json.dumps({"reason": "before"}))
records.add(2)
records.keep("old")
desk.write("yesterday", records.log("checkpoint").out)
records.add(5, "--detail", "detail.json")
records.add(1, "--detail", desk.write("other.json", json.dumps({"reason": "after "})))
records.keep("sound")
leaves = records.leaves()
SIZES = records.sizes()


def behind(place, top=COUNT):
    """Checkpoints of leaves that are not those any more from a place on."""
    return {("checkpoint_root", size) for size in SIZES if place < size <= top}


def beyond(count):
    return {("checkpoint_beyond", size) for size in SIZES if size > count}


def update(place, data, columns=True):
    """SQL that puts other bytes in the place of a leaf, with hash and search columns or not."""
    if not columns:
        return f"UPDATE log_leaf SET leaf = {engine.blob(data)} WHERE log_id = 11 AND idx = {place}"
    row = row_of(place, data)
    return (f"UPDATE log_leaf SET leaf = {engine.blob(data)}, "
            f"leaf_hash = {engine.blob(row.leaf_hash)}, event_type = {row.event_type}, "
            f"event_ms = {row.event_ms}, "
            f"actor = '{row.actor.decode()}', object_id = '{row.object_id.decode()}' "
            f"WHERE log_id = 11 AND idx = {place}")


def derived(changed):
    """SQL for everything that follows from leaves: tiles and head."""
    hashes = [leaf_hash(data) for data in changed]
    tiles = "".join(f"INSERT INTO log_tile (log_id, level, n, width, hashes) VALUES (11, {t.level}"
                    f", {t.n}, {len(t.hashes)}, {engine.blob(b''.join(t.hashes))});"
                    for t in tiles_of(hashes))
    return (f"DELETE FROM log_tile WHERE log_id = 11; {tiles} UPDATE log_head SET "
            f"size = {len(changed)}, root = {engine.blob(tree_root(hashes))}, "
            f"last_hash = {engine.blob(hashes[-1])}, "
            f"last_ms = {leaf_decode(changed[-1]).sequenced_ms} WHERE log_id = 11")


def other_actor(data):
    """The same entry by somebody else."""
    leaf = leaf_decode(data)
    leaf.body = dataclasses.replace(audit_decode(leaf.body), actor=b"u-18").encode()
    return leaf.encode()


def rechained(changed, first):
    """Links and indexes as if nothing had happened."""
    made = list(changed)
    for place in range(first, len(made)):
        leaf = leaf_decode(made[place])
        leaf.index, leaf.previous = place, leaf_hash(made[place - 1])
        made[place] = leaf.encode()
    return made


def move(place, to):
    return f"UPDATE log_leaf SET idx = {to} WHERE log_id = 11 AND idx = {place};"


def attacked(sql):
    records.bring_back("sound")
    engine.attack(sql)
    return records.findings()


def opening():
    """What a writer is told."""
    return records.log("append", "--type", "EXPORTED")


def refused(*parts):
    """The log takes nothing, and says why."""
    answer = opening()
    true(answer.code in (65, 75, 78), f"exit code {answer.code}: {answer.err}")
    true(all(part in answer.err for part in parts), answer.err)


@test
def nothing_was_done_and_nothing_is_found():
    equal(len(leaves), COUNT, "entries")
    for place, data in enumerate(leaves):
        event = audit_decode(leaf_decode(data).body)
        equal(event.event_type, {0: 1, 1: 0x701, 2: 2}[place % 3], f"type at {place}")
    holds(attacked("SELECT 1"), set())
    true(any(size > AT + 1 for size in SIZES) and SIZES[-1] == COUNT, SIZES)


@test
def guards_refuse_what_is_never_done():
    records.bring_back("sound")
    for table, change in (("log_leaf", "actor = 'u-18'"), ("log_checkpoint", "note = ''"),
                          ("log_leaf", "idx = idx + 100")):
        true(engine.guarded(f"UPDATE {table} SET {change}"), f"update of {table}")
        true(engine.guarded(f"DELETE FROM {table}"), f"delete from {table}")


@test
def a_byte_of_a_leaf_is_changed():
    holds(attacked(update(AT, other_actor(leaves[AT]), columns=False)),
          {("column", AT), ("leaf_previous", AT + 1), ("tile", 0), ("head", COUNT)} | behind(AT))


@test
def a_leaf_is_changed_with_its_hash_and_columns():
    holds(attacked(update(AT, other_actor(leaves[AT]))),
          {("leaf_previous", AT + 1), ("tile", 0), ("head", COUNT)} | behind(AT))


@test
def the_last_leaf_is_changed():
    last = COUNT - 1
    holds(attacked(update(last, other_actor(leaves[last]))),
          {("tile", 0), ("head", COUNT)} | behind(last))
    refused("leaf 23")


@test
def the_last_leaves_are_deleted():
    holds(attacked("DELETE FROM log_leaf WHERE log_id = 11 AND idx >= 20"),
          {("tile", 0), ("head", 20)} | beyond(20))
    refused("leaf 23")


@test
def the_last_leaves_are_deleted_and_head_and_tiles_corrected():
    sql = f"DELETE FROM log_leaf WHERE log_id = 11 AND idx >= 20; {derived(leaves[:20])}"
    holds(attacked(sql), beyond(20))
    refused("log_behind")


@test
def the_last_leaves_are_deleted_and_their_checkpoints_too():
    sql = ("DELETE FROM log_leaf WHERE log_id = 11 AND idx >= 20; DELETE FROM log_checkpoint "
           f"WHERE log_id = 11 AND size > 20; {derived(leaves[:20])}")
    holds(attacked(sql), beyond(20) | {("table_missing", size) for size in SIZES if size > 20})
    refused("log_behind")


@test
def a_leaf_in_the_middle_is_deleted():
    sql = (f"DELETE FROM log_leaf WHERE log_id = 11 AND idx = {AT}")
    holds(attacked(sql), {("leaf_index", place) for place in range(AT, COUNT - 1)}
          | {("leaf_previous", AT), ("writer_seq", AT), ("tile", 0), ("head", COUNT - 1)}
          | behind(AT, COUNT - 1) | beyond(COUNT - 1))


@test
def two_leaves_are_swapped():
    # An entry of the writer at 9 to 11 changes places with one of the writer at 15 to 17.
    sql = move(AT, -1) + move(16, AT) + move(-1, 16)
    out_of_order = {("writer_seq", AT), ("writer_start", AT),  # comes before its START
                    ("writer_seq", 11), ("writer_seq", 15), ("writer_start", 15),
                    ("writer_seq", 16), ("writer_start", 16),  # comes behind its STOP
                    ("writer_seq", 17)}
    holds(attacked(sql), out_of_order | behind(AT)
          | {("leaf_index", AT), ("leaf_index", 16), ("column", AT), ("column", 16)}
          | {("leaf_previous", place) for place in (AT, 11, 16, 17)}
          | {("leaf_time", 11), ("leaf_time", 16), ("tile", 0), ("head", COUNT)})


@test
def a_leaf_is_inserted():
    # A forged entry with the right link, index and number; what stands behind it is moved on.
    leaf = leaf_decode(leaves[AT])
    event = dataclasses.replace(audit_decode(leaf.body), entry_id=bytes(range(16)), writer_seq=2)
    leaf.index, leaf.previous, leaf.body = AT + 1, leaf_hash(leaves[AT]), event.encode()
    up = "".join(move(place, place + 1) for place in reversed(range(AT + 1, COUNT)))
    insert = ("INSERT INTO log_leaf (log_id, idx, leaf, leaf_hash, event_type, actor, object_id, "
              f"event_ms) VALUES (11, {AT + 1}, {engine.blob(b'')}, {engine.blob(b'')}, 0, '', '', "
              f"0); {update(AT + 1, leaf.encode())}")
    moved = range(AT + 2, COUNT + 1)
    holds(attacked(up + insert),
          {("leaf_index", place) for place in moved} | {("column", place) for place in moved}
          | {("leaf_previous", AT + 2), ("writer_seq", AT + 2), ("tile", 0), ("head", COUNT + 1)}
          | behind(AT + 1))


@test
def a_tile_is_changed():
    wrong = b"".join([bytes(32)] + [leaf_hash(data) for data in leaves[1:]])
    holds(attacked(f"UPDATE log_tile SET hashes = {engine.blob(wrong)} WHERE log_id = 11"),
          {("tile", 0)})
    records.log("rebuild", "--check").expect(1)
    refused("log_fork")
    records.bring_back("sound")
    engine.attack(f"UPDATE log_tile SET hashes = {engine.blob(wrong)} WHERE log_id = 11")
    records.log("rebuild").expect(0)
    holds(records.findings(), set())
    opening().expect(0)


@test
def a_search_column_is_changed():
    for change in ("actor = 'u-18'", "object_id = 'x'", "event_type = 1", "event_ms = 7",
                   f"leaf_hash = {engine.blob(bytes(32))}"):
        holds(attacked(f"UPDATE log_leaf SET {change} WHERE log_id = 11 AND idx = {AT}"),
              {("column", AT)}, change)


@test
def the_head_is_changed():
    holds(attacked(f"UPDATE log_head SET root = {engine.blob(bytes(32))} WHERE log_id = 11"),
          {("head", COUNT)})
    refused("integrity")


@test
def a_detail_is_replaced_by_another_one():
    # It is closed for its entry and does not open for another; exported is what fits no leaf.
    rows = [int(row[0]) for row in engine.rows("SELECT idx FROM log_detail WHERE log_id = 11 "
                                               "ORDER BY idx")]
    equal((AT in rows, 22 in rows), (True, True))
    own = (f"(SELECT {{}} FROM log_detail WHERE log_id = 11 AND idx = 22)")
    records.bring_back("sound")
    engine.attack(f"UPDATE log_detail SET salt_ct = {own.format('salt_ct')}, detail_ct = "
                  f"{own.format('detail_ct')} WHERE log_id = 11 AND idx = {AT}")
    holds(records.findings("--details"), {("detail", AT)})


@test
def a_detail_of_the_holder_of_the_keys_is_replaced():
    # Who opens details can write others into an export; the leaf's hash tells.
    records.bring_back("sound")
    bundle = records.export("--details")
    data = desk.read(bundle + "/details.bin")
    desk.write(bundle + "/details.bin", data.replace(b"after ", b"AFTER "))
    holds(records.judge(bundle), {("detail", 22), ("file_digest", None)})


@test
def a_checkpoint_is_changed():
    size = SIZES[-1]
    records.bring_back("sound")
    note = json.loads(desk.read("records/journal/audit.jsonl").splitlines()[-1])["note"]
    wrong = note.split("\n")
    wrong[2] = "A" * 43 + "="
    holds(attacked("UPDATE log_checkpoint SET note = '" + "\n".join(wrong)
                   + f"' WHERE log_id = 11 AND size = {size}"),
          {("checkpoint_signature", size), ("table_missing", size)})
    refused("did not sign")


@test
def a_checkpoint_is_deleted():
    middle = [size for size in SIZES if size > AT][0]
    holds(attacked(f"DELETE FROM log_checkpoint WHERE log_id = 11 AND size = {middle}"),
          {("table_missing", middle)})


@test
def the_line_of_a_witness_is_changed():
    records.bring_back("sound")
    desk.good("key", "new", "w1")
    line = desk.good("witness", "line", "--name", "w1.example.org", "--key", "w1").out
    desk.write("logs.policy", desk.read("records/logs.policy").decode() + line
               + "quorum 1 of w1.example.org\n")
    service = desk.start("witness", "serve", "--name", "w1.example.org", "--key", "w1",
                         "--policy", "records/logs.policy", "--memory", "w1", "--port", "0")
    try:
        url = service.stdout.readline().decode().strip()
        records.log("cosign", "--policy", "logs.policy", "--witness",
                    f"w1.example.org={url}").expect(0)
    finally:
        service.terminate()
        service.communicate(timeout=20)
    policy = ("--witness-policy", "logs.policy")
    holds(records.findings(options=policy), set())
    kept = engine.rows("SELECT line FROM log_cosign")[0][0]
    true(engine.guarded("UPDATE log_cosign SET line = ''"), "guard")
    at = len(kept) - 40  # a digit of the signature, not its last
    engine.attack(f"UPDATE log_cosign SET line = substr(line, 1, {at}) || "
                  f"'{'A' if kept[at] != 'A' else 'B'}' || substr(line, {at + 2})")
    holds(records.findings(options=policy), {("witness_signature", COUNT),
                                             ("witness_quorum", COUNT)})


@test
def the_whole_store_is_rolled_back():
    records.bring_back("sound")
    records.bring_back("old", journal=False)
    later = {size for size in SIZES if size > 6}
    holds(records.findings(), {(rule, size) for size in later
                               for rule in ("checkpoint_beyond", "table_missing")})
    refused("log_behind")


@test
def everything_is_recomputed_by_who_has_no_key():
    changed = list(leaves)
    changed[AT] = other_actor(leaves[AT])
    changed = rechained(changed, AT + 1)
    sql = "; ".join(update(place, changed[place]) for place in range(AT, COUNT))
    holds(attacked(f"{sql}; {derived(changed)}"), behind(AT))
    refused("log_fork")


@test
def who_owns_the_journal_too_is_found_by_who_kept_a_checkpoint():
    changed = list(leaves[:6])
    changed[1] = other_actor(leaves[1])
    changed = rechained(changed, 2)
    sql = "; ".join(update(place, changed[place]) for place in range(1, 6))
    records.bring_back("sound")
    desk.write("records/journal/audit.jsonl", b"", 0o600)
    engine.attack("DELETE FROM log_leaf WHERE log_id = 11 AND idx >= 6; DELETE FROM log_checkpoint "
                  f"WHERE log_id = 11; {sql}; {derived(changed)}")
    holds(records.findings(), set())  # nothing that is signed is left to compare with
    holds(records.findings(options=("--since", "yesterday")), {("checkpoint_root", 6)})


run()
