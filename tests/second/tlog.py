"""Leaves, tree, map and checkpoints of a tamper-evident log: arithmetic over bytes.

Second implementation, from the log's own page (audit-log, sections 1 to 5). Nothing here reads
files of a bundle or judges a log; logverify.py and logproof.py do, and corpus.py writes with it.
What does not decode raises Malformed.
"""
import base64
import binascii
import dataclasses
import struct

from sm import sm3, verify

ZERO = bytes(32)
EMPTY = sm3(b"")
AUDIT, STATUS, MAP_HEAD = 1, 2, 3
STATES = (30, 40, 50, 60, 70, 80)
BODY_MAX = 65535
SIGN, COSIGN = b"sm2-sm3/v1", b"sm2-sm3-cosignature/v1"
U64 = 1 << 64


class Malformed(Exception):
    """Bytes or text not of their form; the text says how."""


def need(condition, text):
    if not condition:
        raise Malformed(text)


# ---- leaves and bodies (section 2) ----------------------------------------------------------

_LEAF = struct.Struct(">BBQQ32sI")
_STATUS_BODY = struct.Struct(">BBBBQQQQ32s32s")
_MAP_BODY = struct.Struct(">BQQ32s")
_AUDIT_FIXED = struct.Struct(">BBQ16sQQHBB")


@dataclasses.dataclass
class Leaf:
    kind: int
    index: int
    sequenced_ms: int
    previous: bytes
    body: bytes

    def encode(self):
        return _LEAF.pack(1, self.kind, self.index, self.sequenced_ms, self.previous,
                          len(self.body)) + self.body


def leaf_decode(data):
    need(len(data) >= _LEAF.size, "shorter than a leaf's head")
    version, kind, index, sequenced, previous, length = _LEAF.unpack_from(data)
    need(version == 1, f"leaf version {version}")
    need(kind in (AUDIT, STATUS, MAP_HEAD), f"leaf kind {kind}")
    need(length <= BODY_MAX and length == len(data) - _LEAF.size, f"body length {length}")
    return Leaf(kind, index, sequenced, previous, data[_LEAF.size:])


def leaf_hash(data):
    return sm3(b"\x00" + data)


def genesis(origin):
    return sm3(b"\x04" + origin.encode())


def detail_hash(salt, detail):
    return sm3(b"\x02" + salt + detail)


def map_key(seal_der):
    return sm3(b"\x05" + seal_der)


def clean_text(data):
    """UTF-8 without control characters (C0, DEL, C1)."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("text is not UTF-8") from error
    need(not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text), "control character in text")
    return text


@dataclasses.dataclass
class AuditEvent:
    flags: int
    event_ms: int
    entry_id: bytes
    writer_id: int
    writer_seq: int
    event_type: int
    outcome: int
    severity: int
    actor: bytes = b""
    role: bytes = b""
    object_type: bytes = b""
    object_id: bytes = b""
    correlation: bytes = b""
    subject: bytes = ZERO
    detail_hash: bytes = ZERO
    version: int = 1

    def encode(self):
        fixed = _AUDIT_FIXED.pack(self.version, self.flags, self.event_ms, self.entry_id,
                                  self.writer_id, self.writer_seq, self.event_type, self.outcome,
                                  self.severity)
        texts = (self.actor, self.role, self.object_type, self.object_id, self.correlation)
        return (fixed + b"".join(bytes([len(t)]) + t for t in texts) + self.subject
                + self.detail_hash)


def audit_decode(body):
    need(len(body) >= _AUDIT_FIXED.size, "audit body too short")
    version, flags, *fixed = _AUDIT_FIXED.unpack_from(body)
    need(version == 1, f"body version {version}")
    need(flags in (0, 1), f"flags {flags}")
    texts, at = [], _AUDIT_FIXED.size
    for _ in range(5):
        need(at < len(body), "audit body too short")
        text = body[at + 1:at + 1 + body[at]]
        need(len(text) == body[at], "audit body too short")
        clean_text(text)
        texts.append(text)
        at += 1 + len(text)
    need(len(body) - at == 64, "audit body of another length")
    event = AuditEvent(flags, *fixed, *texts, body[at:at + 32], body[at + 32:])
    need(event.outcome <= 3, f"outcome {event.outcome}")
    need(event.severity <= 3, f"severity {event.severity}")
    need((event.detail_hash != ZERO) == bool(flags & 1), "flag of detail and its hash disagree")
    return event


@dataclasses.dataclass
class StatusEvent:
    status: int
    reason: int
    event_seq: int
    effective_ms: int
    valid_from_ms: int
    valid_until_ms: int
    key: bytes
    previous_event: bytes
    flags: int = 0
    version: int = 1

    def encode(self):
        return _STATUS_BODY.pack(self.version, self.status, self.reason, self.flags,
                                 self.event_seq, self.effective_ms, self.valid_from_ms,
                                 self.valid_until_ms, self.key, self.previous_event)


def status_decode(body):
    need(len(body) == _STATUS_BODY.size, f"status body of {len(body)} bytes")
    version, status, reason, flags, *rest = _STATUS_BODY.unpack(body)
    need(version == 1, f"body version {version}")
    need(flags == 0, f"flags {flags}")
    need(status in STATES, f"status {status}")
    return StatusEvent(status, reason, *rest)


@dataclasses.dataclass
class MapHead:
    covers: int
    count: int
    root: bytes
    version: int = 1

    def encode(self):
        return _MAP_BODY.pack(self.version, self.covers, self.count, self.root)


def map_head_decode(body):
    need(len(body) == _MAP_BODY.size, f"map head of {len(body)} bytes")
    version, *rest = _MAP_BODY.unpack(body)
    need(version == 1, f"body version {version}")
    return MapHead(*rest)


# ---- tree (section 1; RFC 9162, 2.1) --------------------------------------------------------

def node_hash(left, right):
    return sm3(b"\x01" + left + right)


class Edge:
    """The right edge of a growing tree: appended leaf by leaf, root at any time."""

    def __init__(self):
        self.size = 0
        self.whole = []  # (height, root) of whole subtrees, from the left

    def append(self, hash_, height=0):
        self.size += 1 << height
        while self.whole and self.whole[-1][0] == height:
            hash_ = node_hash(self.whole.pop()[1], hash_)
            height += 1
        self.whole.append((height, hash_))

    def root(self):
        """H of nothing when there are no leaves."""
        if not self.whole:
            return EMPTY
        root = self.whole[-1][1]
        for _, left in reversed(self.whole[:-1]):
            root = node_hash(left, root)
        return root


def tree_root(hashes):
    edge = Edge()
    for hash_ in hashes:
        edge.append(hash_)
    return edge.root()


def _split(size):
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_path(hashes, index):
    """By the recursive definition; for tests and small logs."""
    if len(hashes) <= 1:
        return []
    k = _split(len(hashes))
    if index < k:
        return inclusion_path(hashes[:k], index) + [tree_root(hashes[k:])]
    return inclusion_path(hashes[k:], index - k) + [tree_root(hashes[:k])]


def consistency_path(hashes, size):
    def sub(part, m, whole):
        if m == len(part):
            return [] if whole else [tree_root(part)]
        k = _split(len(part))
        if m <= k:
            return sub(part[:k], m, whole) + [tree_root(part[k:])]
        return sub(part[k:], m - k, False) + [tree_root(part[:k])]
    return sub(hashes, size, True)


def inclusion_holds(leaf, index, size, path, root):
    """RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistency_holds(old, new, old_root, new_root, path):
    """RFC 9162, 2.1.4.2; of one size: equal roots and no path."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    path = list(path)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root


# ---- map (section 3) ------------------------------------------------------------------------

def map_value(count, status, effective_ms, last_hash):
    return sm3(b"\x12" + struct.pack(">QBQ", count, status, effective_ms) + last_hash)


def key_bit(key, depth):
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


def map_leaf(key, value):
    return sm3(b"\x10" + key + value)


class StateMap:
    """The compact sparse tree as it grows: nodes are [hash or None, left, right] or [hash, key]."""

    def __init__(self):
        self.top = None
        self.count = 0

    def put(self, key, value):
        self.top = self._put(self.top, 0, key, map_leaf(key, value))

    def _put(self, node, depth, key, hash_):
        if node is None:
            self.count += 1
            return [hash_, key]
        if len(node) == 2:
            if node[1] == key:
                return [hash_, key]
            branch = [None, None, None]
            branch[1 + key_bit(node[1], depth)] = node
            node = branch
        side = 1 + key_bit(key, depth)
        node[side] = self._put(node[side], depth + 1, key, hash_)
        node[0] = None
        return node

    def root(self):
        return self._root(self.top)

    def _root(self, node):
        if node is None:
            return ZERO
        if node[0] is None:
            node[0] = sm3(b"\x11" + self._root(node[1]) + self._root(node[2]))
        return node[0]

    def prove(self, key):
        """(siblings, key of the terminal leaf or None)"""
        siblings, node = [], self.top
        while node is not None and len(node) == 3:
            side = key_bit(key, len(siblings))
            siblings.append(self._root(node[2 - side]))
            node = node[1 + side]
        return siblings, node and node[1]


def map_answer(key, siblings, terminal, root):
    """True: present, False: absent, None: the proof does not hold. terminal: (key, value)|None"""
    if len(siblings) > 256:
        return None
    hash_ = ZERO
    if terminal is not None:
        if any(key_bit(terminal[0], d) != key_bit(key, d) for d in range(len(siblings))):
            return None
        hash_ = map_leaf(*terminal)
    for depth in reversed(range(len(siblings))):
        pair = (siblings[depth], hash_) if key_bit(key, depth) else (hash_, siblings[depth])
        hash_ = sm3(b"\x11" + pair[0] + pair[1])
    if hash_ != root:
        return None
    return terminal is not None and terminal[0] == key


# ---- checkpoints (section 4) ----------------------------------------------------------------

def b64_decode(text, length=None):
    """Standard, padded, canonical, without white space."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("not base64") from error
    need(base64.b64encode(data) == (text if isinstance(text, bytes) else text.encode("ascii")),
         "base64 not as it is written")
    need(length is None or len(data) == length, f"base64 of {len(data)} bytes")
    return data


def b64(data):
    return base64.b64encode(data).decode()


def key_id(name, algorithm, public):
    return sm3(name.encode() + b"\n\xff" + algorithm + public)[:4]


def decimal(text):
    """A number of at most 19 digits."""
    need(text.isascii() and text.isdigit() and len(text) <= 19, "not a decimal number")
    need(text == "0" or text[0] != "0", "leading zero")
    return int(text)


@dataclasses.dataclass
class Checkpoint:
    origin: str
    size: int
    root: bytes
    text: str   # the whole note
    lines: list  # (key name, key id, signature)

    @property
    def body(self):
        return f"{self.origin}\n{self.size}\n{b64(self.root)}\n"


def log_name(origin):
    """"audit" or "status" of an origin <host>/<log>/<epoch>."""
    parts = origin.rsplit("/", 2)
    need(len(parts) == 3 and parts[0], "origin is not <host>/<log>/<epoch>")
    need(len(origin.encode("utf-8", "surrogatepass")) <= 255, "origin too long")
    need(" " not in clean_text(origin.encode("utf-8", "surrogatepass")), "space in origin")
    need(parts[1] in ("audit", "status"), "log is neither audit nor status")
    need(decimal(parts[2]) >= 1, "epoch below 1")
    return parts[1]


def _signature_line(line):
    need(line.startswith("\u2014 "), "signature line without its dash")
    name, space, data = line[2:].rpartition(" ")
    need(space and name and " " not in name, "signature line without name")
    clean_text(name.encode("utf-8", "surrogatepass"))
    raw = b64_decode(data)
    need(len(raw) >= 5, "signature line too short")
    return name, raw[:4], raw[4:]


def checkpoint_parse(text):
    need(len(text.encode("utf-8", "surrogatepass")) <= 16384, "checkpoint too long")
    need(text.endswith("\n"), "checkpoint does not end with a line end")
    rows = text[:-1].split("\n")
    need(len(rows) >= 5, "checkpoint too short")
    need(rows[0] and clean_text(rows[0].encode("utf-8", "surrogatepass")), "no origin")
    need(rows[3] == "", "no empty line behind the body")
    need(len(rows) - 4 <= 64, "too many signature lines")
    return Checkpoint(rows[0], decimal(rows[1]), b64_decode(rows[2], 32), text,
                      [_signature_line(row) for row in rows[4:]])


def own_signature_holds(checkpoint, public):
    """Its line must be there once and hold."""
    wanted = checkpoint.origin, key_id(checkpoint.origin, SIGN, public)
    found = [sig for name, id_, sig in checkpoint.lines if (name, id_) == wanted]
    return len(found) == 1 and verify(public, checkpoint.body.encode(), found[0])


def cosigned_text(checkpoint, seconds):
    return f"cosignature/v1\ntime {seconds}\n{checkpoint.body}"


def witness_line(checkpoint, name, public):
    """None: no line of the witness; False: it does not hold; else its time in seconds."""
    wanted = name, key_id(name, COSIGN, public)
    found = [sig for name_, id_, sig in checkpoint.lines if (name_, id_) == wanted]
    if not found:
        return None
    if len(found) > 1 or len(found[0]) != 72:
        return False
    seconds = int.from_bytes(found[0][:8], "big")
    message = cosigned_text(checkpoint, seconds).encode()
    return seconds if verify(public, message, found[0][8:]) else False
