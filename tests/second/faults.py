"""Faults a writer to the store leaves behind: files, what repeats the leaves, checkpoints.

Digests in the manifest are always those of the files, but where the case is about them.
"""
import json

from bundle import Detail, Tile, digest_of
from kit import (AUDIT_LOG, Case, LOGIN, POLICY, STATUS_LOG, W1, W2, W3, audit_log, case,
                 expect, seals, small, store)
from maker import (Files, LOG_KEY, Log, OTHER_KEY, WITNESS_KEYS, signed_note, signature_line,
                   witness_note_line)
from sm import sign
from tlog import SIGN, b64, b64_decode, tree_root

# ---- manifest: could not run ----------------------------------------------------------------


def _manifest_case(name, change):
    def build():
        made = Case(Files(small()))
        made.late = lambda contents, manifest: change(manifest)
        return expect(made, code=2)
    build.__name__ = name
    case(build)


def _as_bytes(change):
    return lambda manifest: change(json.dumps(manifest).encode())


_manifest_case("manifest_is_no_json", lambda m: b"{")
_manifest_case("manifest_of_another_version", lambda m: m.update(v=2))
_manifest_case("manifest_of_another_type", lambda m: m.update(type="log"))
_manifest_case("manifest_with_a_member_too_many", lambda m: m.update(note=""))
_manifest_case("manifest_without_head", lambda m: m.pop("head") and None)
_manifest_case("manifest_with_a_negative_number", lambda m: m.update(entries=-1))
_manifest_case("manifest_with_a_number_too_large", lambda m: m.update(entries=1 << 63))
_manifest_case("manifest_with_a_fraction", lambda m: m.update(entries=12.0))
_manifest_case("manifest_with_a_bad_origin", lambda m: m.update(origin="seal.example.cn/audit/01"))
_manifest_case("manifest_with_another_log", lambda m: m.update(origin="seal.example.cn/other/1"))
_manifest_case("manifest_names_a_file_outside",
               lambda m: m["files"].append({"name": "../key", "length": 0, "sm3": "0" * 64}))
_manifest_case("manifest_with_files_out_of_order", lambda m: m["files"].reverse())
_manifest_case("manifest_with_a_file_twice", lambda m: m["files"].append(m["files"][-1]))
_manifest_case("manifest_with_a_digest_in_capitals",
               lambda m: m["files"][0].update(sm3=m["files"][0]["sm3"].upper()[:63] + "A"))
_manifest_case("manifest_with_a_short_root", lambda m: m["head"].update(root=b64(bytes(31))))
_manifest_case("manifest_with_a_member_twice",
               _as_bytes(lambda data: data.replace(b'{"v": 1', b'{"v": 1, "v": 1')))


# ---- files ----------------------------------------------------------------------------------

def _without(name):
    def late(contents, manifest):
        del contents[name]
    return late


def _not_named(part):
    def late(contents, manifest):
        manifest["files"] = [item for item in manifest["files"] if part not in item["name"]]
    return late


@store(small, ("file_missing", None))
def file_missing_journal(files):
    return _without("journal.jsonl")


@store(small, ("file_missing", None))
def file_missing_columns(files):
    return _without("columns/000000.bin")


@store(small, ("file_missing", None))
def file_missing_columns_not_named(files):
    return _not_named("columns/")


@store(small, ("file_missing", None))
def file_missing_tiles(files):
    return _without("tiles.bin")


@store(small, ("file_missing", None))
def file_missing_tiles_not_named(files):
    return _not_named("tiles")


@store(small, ("file_missing", None))
def file_missing_table(files):
    return _without("checkpoints.jsonl")


@store(small, ("file_missing", None))
def file_missing_table_not_named(files):
    return _not_named("checkpoints")


@store(small, ("file_missing", None), ("head", 0), ("tile", 0), ("checkpoint_beyond", 3),
       ("checkpoint_beyond", 6), ("checkpoint_beyond", 12), ("detail", 0), ("detail", 2),
       ("detail", 4), ("detail", 9), entries=0)
def file_missing_entries(files):
    return _without("entries/000000.bin")


@store(small, ("file_digest", None))
def file_digest(files):
    def late(contents, manifest):
        manifest["files"][0]["sm3"] = "0" * 64
    return late


@store(small, ("file_digest", None))
def file_length(files):
    def late(contents, manifest):
        manifest["files"][-1]["length"] += 1
    return late


def _changed(name, change):
    """Change the bytes of a file; the manifest agrees with them."""
    def late(contents, manifest):
        contents[name] = change(contents[name])
        for item in manifest["files"]:
            if item["name"] == name:
                item |= {"length": len(contents[name]), "sm3": digest_of(contents[name])}
    return late


@store(small, ("entries_format", 12))
def entries_format_at_the_end(files):
    return _changed("entries/000000.bin", lambda data: data + b"\0\0\0")


@store(small, ("entries_format", 11), ("head", 11), ("tile", 0), ("checkpoint_beyond", 12),
       ("unsigned_tail", 6, "notice"), entries=11)
def entries_format_cut(files):
    return _changed("entries/000000.bin", lambda data: data[:-1])


@store(small, ("entries_format", 12))
def entries_format_tiny_leaf(files):
    return _changed("entries/000000.bin", lambda data: data + b"\0\0\0\x35" + bytes(53))


@store(small, ("entries_format", 12))
def entries_format_short_file_that_is_not_the_last(files):
    def late(contents, manifest):
        contents["entries/000001.bin"] = b""
        manifest["files"].insert(4, {"name": "entries/000001.bin", "length": 0,
                                     "sm3": digest_of(b"")})
        manifest["files"].sort(key=lambda item: item["name"])
    return late


@store(small, ("entries_count", 12))
def entries_count(files):
    files.entries += 1


@store(small, ("columns_format", 65536))
def columns_format_file_without_entries(files):
    def late(contents, manifest):
        contents["columns/000001.bin"] = b"?"
        manifest["files"].append({"name": "columns/000001.bin", "length": 1,
                                  "sm3": digest_of(b"?")})
        manifest["files"].sort(key=lambda item: item["name"])
    return late


# ---- attacks on the rows of the store (log-05) ----------------------------------------------

@store(small, ("leaf_previous", 6), ("checkpoint_root", 6), ("checkpoint_root", 12), ("tile", 0),
       ("column", 5), ("head", 12), ("unsigned_tail", 3, "notice"))
def attack_a_leaf_byte_changed(files):
    """One byte of the subject; nothing is computed anew."""
    leaf = bytearray(files.leaves[5])
    leaf[-33] ^= 1
    files.leaves[5] = bytes(leaf)


@store(small, ("checkpoint_root", 6), ("checkpoint_root", 12), ("unsigned_tail", 3, "notice"))
def attack_a_leaf_changed_and_all_computed_anew(files):
    """Without the key nothing but the checkpoints can tell."""
    leaf = bytearray(files.leaves[5])
    leaf[-33] ^= 1
    files.leaves[5] = bytes(leaf)
    files.rechain(6)
    files.rebuild()


@store(small, ("checkpoint_beyond", 12), ("head", 9), ("tile", 0), ("columns_format", 9),
       ("entries_count", 9), ("detail", 9), ("unsigned_tail", 6, "notice"))
def attack_the_last_leaves_deleted(files):
    del files.leaves[9:]


@store(small, ("checkpoint_beyond", 12), ("unsigned_tail", 6, "notice"))
def attack_the_last_leaves_deleted_and_all_computed_anew(files):
    del files.leaves[9:]
    files.details.pop()
    files.rebuild()


@store(small, ("unsigned_tail", 6, "notice"), ("table_missing", 12), ("checkpoint_beyond", 12))
def attack_the_whole_database_rolled_back(files):
    """The database is that of leaf 9, the journal is not."""
    del files.leaves[9:], files.table[-1], files.details[-1]
    files.rebuild()


def _deleted(files):
    del files.leaves[5]
    for detail in files.details:
        detail.index -= detail.index > 5
    files.rechain(5)


@store(small, ("writer_seq", 6), ("checkpoint_root", 6), ("checkpoint_beyond", 12),
       ("unsigned_tail", 3, "notice"))
def attack_one_leaf_deleted_and_all_computed_anew(files):
    """The writers' numbers tell where."""
    _deleted(files)
    files.rebuild()


@store(small, ("leaf_index", 4), ("leaf_index", 5), ("leaf_previous", 4), ("leaf_previous", 5),
       ("leaf_previous", 6), ("leaf_time", 5), ("writer_seq", 4), ("writer_seq", 5),
       ("writer_seq", 7), ("detail", 4), ("checkpoint_root", 6), ("checkpoint_root", 12),
       ("head", 12), ("tile", 0), ("unsigned_tail", 3, "notice"))
def attack_two_leaves_swapped(files):
    files.leaves[4:6] = files.leaves[5:3:-1]
    files.rows[4:6] = files.rows[5:3:-1]


@store(small, ("entry_twice", 6), ("writer_seq", 6), ("checkpoint_root", 12),
       ("unsigned_tail", 6, "notice"))
def attack_one_leaf_inserted(files):
    """A copy of the leaf before, all computed anew."""
    files.leaves.insert(6, files.leaves[5])
    for detail in files.details:
        detail.index += detail.index > 5
    files.rechain(6)
    files.rebuild()


@store(lambda: audit_log(300), ("tile", 256))
def attack_a_tile_changed(files):
    files.tiles[1].hashes[3] = bytes(32)


@store(lambda: audit_log(300), ("tile", 0))
def attack_an_upper_tile_changed(files):
    files.tiles[2].hashes[0] = bytes(32)


@store(lambda: audit_log(300), ("tile", 256))
def tile_missing(files):
    del files.tiles[1]


@store(lambda: audit_log(300), ("tile", 256))
def tile_of_another_width(files):
    files.tiles[1].hashes.pop()


@store(lambda: audit_log(300), ("tile", 512), ("tile", 0))
def tile_without_place(files):
    files.tiles.insert(2, Tile(0, 2, [bytes(32)]))
    files.tiles.append(Tile(2, 0, [bytes(32)]))


@store(lambda: audit_log(300), ("tiles_format", None))
def tiles_format_order(files):
    files.tiles.reverse()


@store(small, ("tiles_format", None))
def tiles_format_width(files):
    files.tiles[0].hashes.clear()


@store(small, ("tiles_format", None))
def tiles_format_cut(files):
    return _changed("tiles.bin", lambda data: data[:-1])


@store(small, ("tiles_format", None))
def tiles_format_level(files):
    files.tiles.append(Tile(8, 0, [bytes(32)]))


@store(small, ("tiles_format", None))
def tiles_format_far_away(files):
    files.tiles.append(Tile(1, 1 << 46, [bytes(32)]))


@store(small, ("tile", (1 << 62) - 65536))
def tile_far_away(files):
    files.tiles.append(Tile(1, (1 << 46) - 1, [bytes(32)]))


@store(small, ("column", 2), ("column", 4), ("column", 5), ("column", 7))
def attack_search_columns_changed(files):
    files.rows[2].event_type = LOGIN
    files.rows[4].actor = b"u-9"
    files.rows[5].leaf_hash = bytes(32)
    files.rows[7].index = 8


@store(seals, ("column", 0), ("column", 2), ("column", 3))
def columns_of_a_status_log(files):
    files.rows[0].object_id = files.rows[0].object_id.upper()
    files.rows[2].event_ms = 1
    files.rows[3].event_type = 30


@store(small, ("columns_format", 11))
def columns_format_short(files):
    files.rows.pop()


@store(small, ("columns_format", 12))
def columns_format_long(files):
    files.rows.append(files.rows[0])


@store(small, ("columns_format", 11))
def columns_format_cut(files):
    return _changed("columns/000000.bin", lambda data: data[:-1])


@store(small, ("detail", 2))
def attack_a_detail_replaced(files):
    files.details[1].text = b'{"host":"h9"}'


@store(small, ("detail", 3), ("detail", 50))
def detail_without_its_leaf(files):
    files.details[2:2] = [Detail(3, bytes(32), b"{}")]
    files.details.append(Detail(50, bytes(32), b"{}"))


@store(small, ("details_format", None), ("detail", 4))
def details_format_order(files):
    files.details[2].salt = bytes(32)
    files.details[3].index = 4


@store(small, ("details_format", None))
def details_format_cut(files):
    return _changed("details.bin", lambda data: data[:-1])


# ---- head -----------------------------------------------------------------------------------

def _head_case(name, **change):
    def build(files):
        files.head |= change
    build.__name__ = f"head_{name}"
    store(small, ("head", 12))(build)


_head_case("size", size=13)
_head_case("root", root=b64(bytes(32)))
_head_case("last_hash", last_hash=b64(bytes(32)))
_head_case("last_ms", last_ms=1)


# ---- checkpoints ----------------------------------------------------------------------------

def _format_case(name, change):
    """The second line of the table (size 6) is damaged; the journal still has it."""
    def build(files):
        files.table[1] = change(files.table[1], files)
    build.__name__ = f"checkpoint_format_{name}"
    store(small, ("checkpoint_format", 1), ("table_missing", 6), checkpoints=3)(build)


def _value(note, **change):
    return json.dumps({"t": 1, "log": "audit", "note": note} | change).encode() + b"\n"


_format_case("no_json", lambda note, files: b"{\n")
_format_case("empty_line", lambda note, files: b"\n")
_format_case("another_log", lambda note, files: files.line(note, "status"))
_format_case("another_origin", lambda note, files: signed_note("seal.example.cn/audit/2", 6,
                                                               bytes(32)))
_format_case("a_member_too_many", lambda note, files: _value(note, x=1))
_format_case("negative_time", lambda note, files: _value(note, t=-1))
_format_case("time_as_text", lambda note, files: _value(note, t="1"))
_format_case("a_leading_zero", lambda note, files: note.replace("\n6\n", "\n06\n"))
_format_case("no_empty_line", lambda note, files: note.replace("\n\n", "\n"))
_format_case("a_hyphen_for_a_dash", lambda note, files: note.replace("\u2014", "-"))
_format_case("no_signature", lambda note, files: note.split("\u2014")[0])
_format_case("no_last_line_end", lambda note, files: note[:-1])
_format_case("line_too_long", lambda note, files: _value(note)[:-1] + b" " * 65536 + b"\n")
_format_case("65_lines", lambda note, files: note + note.split("\n\n")[1] * 64)
_format_case("short_root", lambda note, files: note.replace("=\n\n", "\n\n"))


@store(small, ("checkpoint_format", 2), ("table_missing", 12), checkpoints=3)
def checkpoint_format_no_line_end_of_the_file(files):
    return _changed("checkpoints.jsonl", lambda data: data[:-1])


@store(small, ("checkpoint_format", 1))
def checkpoint_format_in_the_journal(files):
    files.journal.insert(1, b"[]\n")


@store(small, ("checkpoint_signature", 6), checkpoints=2)
def checkpoint_signature_of_another_key(files):
    """In table and journal alike: told once."""
    root = root_of(files.table[1])
    files.table[1] = files.journal[1] = signed_note(AUDIT_LOG, 6, root, OTHER_KEY)


def root_of(note):
    return b64_decode(note.split("\n")[2], 32)


@store(small, ("checkpoint_signature", 6), ("table_missing", 6), checkpoints=3)
def checkpoint_signature_in_the_table(files):
    files.table[1] = signed_note(AUDIT_LOG, 6, root_of(files.table[1]), OTHER_KEY)


@store(small, ("checkpoint_signature", 6), ("table_missing", 6), checkpoints=3)
def checkpoint_signature_twice_on_it(files):
    files.table[1] += files.table[1].split("\n\n")[1]


@store(small, ("checkpoint_signature", 6), ("table_missing", 6), checkpoints=3)
def checkpoint_signature_too_long(files):
    body = files.table[1].split("\n\n")[0] + "\n"
    files.table[1] = body + "\n" + signature_line(
        AUDIT_LOG, SIGN, LOG_KEY, sign(LOG_KEY, body.encode()) + b"\0")


@store(small, ("checkpoint_signature", 6), ("table_missing", 6), checkpoints=3)
def checkpoint_signature_of_another_size(files):
    """The text of one checkpoint, the signature of another."""
    files.table[1] = files.table[1].split("\n\n")[0] + "\n\n" + files.table[0].split("\n\n")[1]


@store(small, ("checkpoint_root", 6), ("checkpoint_fork", 6), ("journal_missing", 6),
       ("table_missing", 6), checkpoints=4)
def checkpoint_fork(files):
    """The table shows another history than the journal, both signed."""
    files.table[1] = signed_note(AUDIT_LOG, 6, bytes(32))


@store(small, ("checkpoint_root", 6))
def checkpoint_root(files):
    files.table[1] = files.journal[1] = signed_note(AUDIT_LOG, 6, bytes(32))


@store(small, ("checkpoint_beyond", 20), checkpoints=4)
def checkpoint_beyond(files):
    for notes in (files.table, files.journal):
        notes.append(signed_note(AUDIT_LOG, 20, bytes(32)))


@store(seals, ("checkpoint_head", 4), checkpoints=3)
def checkpoint_head(files):
    note = signed_note(STATUS_LOG, 4, tree_root(files.hashes[:4]))
    files.table.insert(1, note)
    files.journal.insert(1, note)


@store(small, ("checkpoint_order", 6), ("checkpoint_order", 6), checkpoints=3)
def checkpoint_order_in_the_table(files):
    """12 before 6, and 6 once more."""
    files.table[1:] = [files.table[2], files.table[1], files.table[1]]


@store(small, ("checkpoint_order", 3), checkpoints=3)
def checkpoint_order_in_the_journal(files):
    files.journal.append(files.journal[0])


@store(small, ("journal_missing", 6), checkpoints=3)
def journal_missing(files):
    del files.journal[1]


@store(small, ("table_missing", 12), checkpoints=3)
def table_missing(files):
    files.table.pop()


# ---- witnesses ------------------------------------------------------------------------------

def _witness_case(name, lines, *found):
    """lines: (number of the checkpoint, witness, private key or None for its own)"""
    def build():
        files = Files(small())
        for number, witness, private in lines:
            files.witness(number, witness, private=private)
        return expect(Case(files, options=POLICY), *found)
    build.__name__ = name
    case(build)


def _foreign(number, witness):
    """A line with the key id of the witness and a signature of somebody else."""
    def change(files):
        good = witness_note_line(files.table[number], witness, 1, WITNESS_KEYS[witness])
        wrong = witness_note_line(files.table[number], witness, 2, WITNESS_KEYS[witness])
        files.table[number] += good[:-24] + wrong[-24:]
    return change


_witness_case("witness_quorum", [(-1, W2, None)], ("witness_quorum", 12))
_witness_case("witness_quorum_on_no_single_checkpoint", [(0, W2, None), (2, W1, None)],
              ("witness_quorum", 12))
_witness_case("witness_of_another_key_is_a_stranger", [(-1, W1, OTHER_KEY), (-1, W2, OTHER_KEY)],
              ("witness_quorum", 12))
_witness_case("witness_twice", [(-1, W1, None), (-1, W2, None), (-1, W1, None), (0, W1, None),
                                (0, W3, None)], ("witness_signature", 12),
              ("unwitnessed_tail", 3, "notice"))


@store(small, ("witness_signature", 12), ("witness_quorum", 12), options=POLICY)
def witness_signature(files):
    files.witness(-1, W1)
    files.witness(-1, W2)
    _foreign(-1, W3)(files)


@store(lambda: Log(AUDIT_LOG), ("witness_quorum", 0), options=POLICY)
def witness_quorum_without_checkpoints(files):
    """Nothing is signed, so nothing is witnessed."""


# ---- since a checkpoint ---------------------------------------------------------------------

@case
def since_a_checkpoint_finds_what_is_behind_it():
    log = audit_log(300)
    files = Files(log)
    files.rows[280].event_ms += 1
    files.tiles[1].hashes[40] = bytes(32)
    return expect(Case(files, since=log.notes[3]), ("column", 280), ("tile", 256))


@case
def since_a_checkpoint_the_tiles_do_not_give():
    """Everything is read then, and what was before is found."""
    log = audit_log(300)
    files = Files(log)
    files.tiles[0].hashes[2] = bytes(32)
    files.rows[1].event_ms += 1
    return expect(Case(files, since=log.notes[0]), ("tile", 0), ("column", 1))


@case
def since_a_checkpoint_of_another_history():
    log = audit_log(20)
    note = signed_note(AUDIT_LOG, 10, bytes(32))
    return expect(Case(Files(log), since=note), ("checkpoint_root", 10), ("checkpoint_fork", 10))


@case
def since_a_checkpoint_that_nobody_signed():
    return expect(Case(Files(small()), since=signed_note(AUDIT_LOG, 6, bytes(32), OTHER_KEY)),
                  code=2)


@case
def since_a_checkpoint_beyond_the_log():
    """The store is older than what somebody holds signed."""
    log = audit_log(20)
    files = Files(audit_log(12))
    return expect(Case(files, since=log.notes[-1]), ("checkpoint_beyond", 20))
