"""Random damage, seeded: bundles for which the two implementations have to agree.

Each starts from a good log and gets one to three changes at some stage: leaves (computed anew
behind it or not), rows, tiles, details, checkpoint lines, bytes of files, the manifest. Digests in
the manifest are mostly computed anew, so that more than `file_digest` is found.
"""
import dataclasses
import json
import random

from kit import POLICY, audit_log, seals, small, status_log
from maker import Files, LOG_KEY, OTHER_KEY, WITNESS_KEYS, signed_note, witness_note_line
from tlog import Malformed, b64_decode, tree_root


@dataclasses.dataclass
class Damaged:
    contents: dict
    manifest: object   # or its bytes
    options: tuple
    since: str


BASES = (small, seals, lambda: audit_log(5), lambda: status_log(5), lambda: audit_log(60),
         lambda: status_log(60), lambda: audit_log(258), lambda: status_log(258))


def flip(rng, data):
    if not data:
        return b"\0"
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]


def cut(rng, data):
    return data[:rng.randrange(len(data) + 1)]


def grow(rng, data):
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.randrange(1, 6)) + data[at:]


def repeat(rng, data):
    at, end = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    return data[:end] + data[at:end] + data[end:]


BYTES = (flip, flip, flip, cut, grow, repeat)


def shuffle(rng, items):
    """Drop, double or swap."""
    if not items:
        return
    a, b = rng.randrange(len(items)), rng.randrange(len(items))
    what = rng.randrange(3)
    if what == 0:
        del items[a]
    elif what == 1:
        items.insert(b, items[a])
    else:
        items[a], items[b] = items[b], items[a]


def leaf_bytes(rng, files):
    if files.leaves:
        at = rng.randrange(len(files.leaves))
        files.leaves[at] = flip(rng, files.leaves[at])


def leaf_field(rng, files):
    """A field of some leaf takes a small or a neighbouring value."""
    if not files.leaves:
        return
    at = rng.randrange(len(files.leaves))
    leaf = bytearray(files.leaves[at])
    begin = rng.choice((2, 10, 54, 56, 58, 64, 80, 88, 96, 98, 100))
    if begin < len(leaf):
        leaf[min(begin + rng.randrange(8), len(leaf) - 1)] = rng.choice((0, 1, 2, 11, 30, 80, 255))
    files.leaves[at] = bytes(leaf)


def leaf_order(rng, files):
    shuffle(rng, files.leaves)


def leaf_order_anew(rng, files):
    shuffle(rng, files.leaves)
    try:
        files.rechain(0)
    except Malformed:  # of a leaf that was damaged before: links stay as they are
        pass


def row_change(rng, files):
    if not files.rows:
        return
    row = rng.choice(files.rows)
    name = rng.choice(("index", "event_type", "event_ms", "actor", "object_id", "leaf_hash"))
    value = getattr(row, name)
    setattr(row, name, value ^ 1 if isinstance(value, int) else flip(rng, value))


def row_order(rng, files):
    shuffle(rng, files.rows)


def tile_change(rng, files):
    if not files.tiles:
        return
    tile = rng.choice(files.tiles)
    what = rng.randrange(5)
    if what == 0:
        tile.n += rng.choice((1, 1 << 40, 1 << 62))
    elif what == 1:
        tile.level += rng.randrange(1, 9)
    elif what == 2:
        shuffle(rng, tile.hashes)
    elif what == 3:
        shuffle(rng, files.tiles)
    else:
        at = rng.randrange(len(tile.hashes))
        tile.hashes[at] = flip(rng, tile.hashes[at])


def detail_change(rng, files):
    if not files.details:
        return
    detail = rng.choice(files.details)
    what = rng.randrange(4)
    if what == 0:
        detail.index += rng.randrange(1, 3)
    elif what == 1:
        detail.text = repeat(rng, detail.text)
    elif what == 2:
        detail.salt = flip(rng, detail.salt)
    else:
        shuffle(rng, files.details)


def notes_of(rng, files):
    return files.journal if rng.randrange(3) == 0 else files.table


def note_order(rng, files):
    shuffle(rng, notes_of(rng, files))


def note_text(rng, files):
    notes = notes_of(rng, files)
    if notes:
        at = rng.randrange(len(notes))
        text = notes[at]
        if isinstance(text, str):
            spot = rng.randrange(len(text))
            notes[at] = text[:spot] + rng.choice("0A\n =\u2014/\u00e9\x7f") + text[spot + 1:]


def note_line(rng, files):
    notes = notes_of(rng, files)
    at = rng.randrange(len(notes) + 1)
    notes.insert(at, rng.choice((b"\n", b"{}\n", b'{"t":1,"log":"audit","note":"x"}\n', b"[" * 2000
                                 + b"\n", b'{"t":1,"t":1,"log":"audit","note":"x"}\n', b"\xff\n")))


def note_signed(rng, files):
    """Some size and root, signed by the log or by a stranger."""
    notes = notes_of(rng, files)
    size = rng.choice((0, 1, len(files.leaves), len(files.leaves) + 1, rng.randrange(300),
                       10 ** 19 - 1))
    root = tree_root(files.hashes[:size]) if rng.randrange(3) else bytes(32)
    notes.insert(rng.randrange(len(notes) + 1),
                 signed_note(files.origin, size, root, rng.choice((LOG_KEY, LOG_KEY, OTHER_KEY))))


def head_change(rng, files):
    name = rng.choice(("size", "last_ms", "last_hash", "root", "state"))
    value = files.head[name]
    files.head[name] = (value + 1 if isinstance(value, int) else "frozen" if name == "state"
                        else value[::-1] if rng.randrange(2) else "A" * 43 + "=")


def count_change(rng, files):
    files.entries = rng.choice((0, 1, files.entries + 1, 65536, 65537, 70000, 1 << 40))


LEAVES = (leaf_bytes, leaf_field, leaf_field, leaf_order, leaf_order_anew)
STORE = (row_change, row_order, tile_change, tile_change, detail_change, note_order, note_text,
         note_line, note_signed, note_signed, head_change, count_change)


def file_change(rng, contents):
    name = rng.choice(sorted(contents))
    what = rng.randrange(8)
    if what == 0:
        del contents[name]
    else:
        contents[name] = rng.choice(BYTES)(rng, contents[name])


def manifest_change(rng, manifest):
    """Its bytes, or the list of files."""
    if rng.randrange(2) and manifest["files"]:
        shuffle(rng, manifest["files"])
        return manifest
    data = json.dumps(manifest).encode()
    return rng.choice(BYTES)(rng, data)


def witness_lines(rng, files):
    """Some lines of witnesses, a few of them spoilt."""
    for _ in range(rng.randrange(5)):
        if not files.table:
            return
        at = rng.randrange(len(files.table))
        if isinstance(files.table[at], str):
            name = rng.choice(sorted(WITNESS_KEYS))
            line = witness_note_line(files.table[at], name, rng.randrange(9), WITNESS_KEYS[name])
            if rng.randrange(6) == 0:
                other = witness_note_line(files.table[at], name, 9, WITNESS_KEYS[name])
                line = line[:-24] + other[-24:]
            files.table[at] += line


def damaged(rng, files, stages):
    """Contents and manifest behind the changes of all stages."""
    for _ in range(stages.count("l")):
        rng.choice(LEAVES)(rng, files)
    if "l" in stages and rng.randrange(2):
        files.rebuild()
    if "l" in stages and rng.randrange(3) == 0:
        sign_anew(files)
    for _ in range(stages.count("s")):
        rng.choice(STORE)(rng, files)
    contents = files.contents()
    old = dict(contents)
    for _ in range(stages.count("f")):
        file_change(rng, contents)
    gone = {name: data for name, data in old.items() if name not in contents}
    manifest = files.manifest(old if rng.randrange(8) == 0 else contents | gone)
    if "m" in stages:
        manifest = manifest_change(rng, manifest)
    return contents, manifest


def sign_anew(files):
    """As a holder of the key: the newest checkpoint is that of these leaves."""
    note = signed_note(files.origin, len(files.hashes), b64_decode(files.head["root"], 32))
    files.table = [*files.table[:-1], note]
    files.journal = list(files.table)


def one(rng):
    log = rng.choice(BASES)()
    files = Files(log)
    since, options = None, ()
    if rng.randrange(4) == 0:
        since = rng.choice(log.notes)
    if rng.randrange(4) == 0:
        options = POLICY
        witness_lines(rng, files)
    stages = rng.choices("lsfm", weights=(10, 12, 8, 1), k=rng.randrange(1, 4))
    contents, manifest = damaged(rng, files, stages)
    return Damaged(contents, manifest, options, since)


def cases(count, seed):
    """(name, Damaged) of random bundles; the same for the same seed."""
    for number in range(count):
        yield f"random_{seed}_{number:05d}", one(random.Random(f"{seed}/{number}"))
