"""Write logs and bundles from nothing, for the corpus: right ones, and wrong ones on purpose.

`Log` makes leaves and signed checkpoints the way a sequencer does, except where a caller hands it
something else; `Files` holds everything that goes into a bundle, so that a mutation can be put in
at any stage and what stands behind it is computed anew, as an insider would. Keys come from fixed
numbers and nothing here is random.
"""
import json

from bundle import CHUNK, Detail, Row, Tile, digest_of
from sm import public_key, sign, sm3
from tlog import (AUDIT, AuditEvent, COSIGN, Checkpoint, Edge, Leaf, MAP_HEAD, MapHead, Malformed,
                  SIGN, STATUS, StateMap, StatusEvent, ZERO, audit_decode, b64, cosigned_text,
                  detail_hash, genesis, key_id, leaf_decode, leaf_hash, log_name, map_key,
                  map_value, status_decode, tree_root)

START_MS = 1772323200000
LOG_KEY, OTHER_KEY = 0x5eed0001, 0x5eed0002
WITNESS_KEYS = {"witness.example.org/w1": 0x5eed0011, "witness.example.org/w2": 0x5eed0012,
                "witness.example.org/w3": 0x5eed0013}
YEAR_MS = 365 * 86400000


def point_hex(private):
    return public_key(private).hex()


def policy_text(origins, quorum=2):
    lines = [f"log {origin} {point_hex(LOG_KEY)}" for origin in origins]
    lines += [f"witness {name} {point_hex(key)}" for name, key in WITNESS_KEYS.items()]
    if quorum:
        lines.append(f"quorum {quorum} of {' '.join(WITNESS_KEYS)}")
    return "\n".join(["# whom we believe", *lines]) + "\n"


def signature_line(name, algorithm, private, data):
    return f"\u2014 {name} {b64(key_id(name, algorithm, public_key(private)) + data)}\n"


def signed_note(origin, size, root, private=LOG_KEY):
    body = Checkpoint(origin, size, root, "", []).body
    return body + "\n" + signature_line(origin, SIGN, private, sign(private, body.encode()))


def witness_note_line(note, name, seconds, private):
    origin, size, root = note.split("\n")[:3]
    body = f"{origin}\n{size}\n{root}\n"
    message = f"cosignature/v1\ntime {seconds}\n{body}".encode()
    return signature_line(name, COSIGN, private,
                          seconds.to_bytes(8, "big") + sign(private, message))


class Log:
    """An append-only log in memory."""

    def __init__(self, origin):
        self.origin, self.log = origin, log_name(origin)
        self.leaves, self.hashes, self.details = [], [], []
        self.ms = START_MS
        self.edge = Edge()
        self.notes = []        # signed, in order
        self.sequence = {}     # writer_id: next writer_seq
        self.seals = {}        # map key: (count, last hash)
        self.map = StateMap()

    @property
    def size(self):
        return len(self.leaves)

    def append(self, kind, body, **wrong):
        """wrong: fields of the leaf that shall not be what they should."""
        self.ms = wrong.pop("sequenced_ms", self.ms + 1000)
        previous = self.hashes[-1] if self.hashes else genesis(self.origin)
        fields = {"index": self.size, "previous": previous} | wrong
        leaf = Leaf(kind, sequenced_ms=self.ms, body=body, **fields)
        return self.append_bytes(leaf.encode())

    def append_bytes(self, data):
        self.leaves.append(data)
        self.hashes.append(leaf_hash(data))
        self.edge.append(self.hashes[-1])
        return self.hashes[-1]

    def checkpoint(self, private=LOG_KEY, root=None, size=None):
        size = self.size if size is None else size
        self.notes.append(signed_note(self.origin, size, root or self.edge.root(), private))

    # ---- audit ----

    def event(self, writer_id, event_type, detail=None, leaf=None, **fields):
        """Append an audit event; fields and leaf (a dict) replace what would stand there."""
        seq = fields.pop("writer_seq", self.sequence.get(writer_id, 0))
        self.sequence[writer_id] = seq + 1
        values = dict(flags=0, event_ms=self.ms + 990,
                      entry_id=sm3(b"entry %d" % self.size)[:16], writer_id=writer_id,
                      writer_seq=seq, event_type=event_type, outcome=0, severity=0,
                      actor=b"system", role=b"system", object_type=b"log",
                      object_id=b"host-%d" % writer_id, correlation=b"", subject=ZERO)
        if detail is not None:
            salt = sm3(b"salt %d" % self.size)
            self.details.append(Detail(self.size, salt, detail))
            values |= {"flags": 1, "detail_hash": detail_hash(salt, detail)}
        self.append(AUDIT, AuditEvent(**values | fields).encode(), **leaf or {})

    # ---- status ----

    def state(self, seal, status, reason=0, leaf=None, late_ms=0, **fields):
        """Append a status event of a seal (any bytes stand for its DER)."""
        key = map_key(seal)
        count, last = self.seals.get(key, (0, ZERO))
        values = dict(status=status, reason=reason, event_seq=count,
                      effective_ms=self.ms + 1000 - late_ms, valid_from_ms=START_MS,
                      valid_until_ms=START_MS + YEAR_MS, key=key, previous_event=last) | fields
        hash_ = self.append(STATUS, StatusEvent(**values).encode(), **leaf or {})
        self.seals[key] = count + 1, hash_
        self.map.put(key, map_value(values["event_seq"] + 1, values["status"],
                                    values["effective_ms"], hash_))

    def map_head(self, leaf=None, **fields):
        values = dict(covers=self.size, count=self.map.count, root=self.map.root()) | fields
        self.append(MAP_HEAD, MapHead(**values).encode(), **leaf or {})


def row_of(place, data):
    """What the store repeats of a leaf; of one that does not decode, nothing."""
    repeated = (0, 0, b"", b"")
    try:
        leaf = leaf_decode(data)
        if leaf.kind == AUDIT:
            event = audit_decode(leaf.body)
            repeated = event.event_type, event.event_ms, event.actor, event.object_id
        elif leaf.kind == STATUS:
            event = status_decode(leaf.body)
            repeated = event.status, event.effective_ms, b"", event.key.hex().encode()
    except Malformed:
        pass
    return Row(place, leaf_hash(data), *repeated)


def tiles_of(hashes):
    tiles, level = [], 0
    while hashes:
        for n in range(0, len(hashes), 256):
            tiles.append(Tile(level, n // 256, list(hashes[n:n + 256])))
        hashes = [tree_root(hashes[n:n + 256]) for n in range(0, len(hashes) - 255, 256)]
        level += 1
    return tiles


class Files:
    """A bundle before it is written; every field may be changed."""

    def __init__(self, log):
        self.origin, self.log = log.origin, log.log
        self.leaves = list(log.leaves)
        self.details = list(log.details)
        self.table = list(log.notes)
        self.journal = list(log.notes)
        self.log_of_lines = log.log
        self.rebuild()

    def rebuild(self):
        """Rows, tiles and head from the leaves, as somebody who owns the store would."""
        self.hashes = [leaf_hash(data) for data in self.leaves]
        self.rows = [row_of(place, data) for place, data in enumerate(self.leaves)]
        self.tiles = tiles_of(self.hashes)
        times = []
        for data in self.leaves:
            try:
                times.append(leaf_decode(data).sequenced_ms)
            except Malformed:
                pass
        last = self.hashes[-1] if self.hashes else genesis(self.origin)
        self.head = {"size": len(self.leaves), "root": b64(tree_root(self.hashes)),
                     "last_hash": b64(last), "last_ms": times[-1] if times else 0,
                     "state": "open"}
        self.entries = len(self.leaves)

    def rechain(self, first):
        """Links from a place on as they would be if nothing had happened before it."""
        for place in range(max(first, 1), len(self.leaves)):
            leaf = leaf_decode(self.leaves[place])
            leaf.index, leaf.previous = place, leaf_hash(self.leaves[place - 1])
            self.leaves[place] = leaf.encode()

    def witness(self, number, name, seconds=START_MS // 1000, private=None):
        """Put a witness's line behind a checkpoint of the table."""
        self.table[number] += witness_note_line(self.table[number], name, seconds,
                                                private or WITNESS_KEYS[name])

    def lines(self, notes):
        return b"".join(note if isinstance(note, bytes) else self.line(note) for note in notes)

    def line(self, note, log=None):
        value = {"t": START_MS, "log": log or self.log, "note": note}
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def contents(self):
        """{name: bytes} of all files but the manifest."""
        files = {"tiles.bin": b"".join(tile.encode() for tile in self.tiles),
                 "checkpoints.jsonl": self.lines(self.table)}
        if self.journal is not None:
            files["journal.jsonl"] = self.lines(self.journal)
        if self.details:
            files["details.bin"] = b"".join(item.encode() for item in self.details)
        for at in range(0, len(self.leaves), CHUNK):
            files[f"entries/{at // CHUNK:06d}.bin"] = b"".join(
                len(data).to_bytes(4, "big") + data for data in self.leaves[at:at + CHUNK])
        for at in range(0, len(self.rows), CHUNK):
            files[f"columns/{at // CHUNK:06d}.bin"] = b"".join(
                row.encode() for row in self.rows[at:at + CHUNK])
        return files

    def manifest(self, files):
        return {"v": 1, "type": "log-bundle", "origin": self.origin, "entries": self.entries,
                "head": self.head,
                "files": [{"name": name, "length": len(files[name]),
                           "sm3": digest_of(files[name])} for name in sorted(files)]}


def save(folder, files, manifest):
    """Write; manifest may be bytes."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if not isinstance(manifest, bytes):
        manifest = json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bundle.json").write_bytes(manifest + b"\n")
