#!/usr/bin/env python3
"""Verify a log's bundle offline: the second, independent implementation.

    logverify.py BUNDLE --key HEX_POINT_OR_FILE [--witness-policy FILE]
                 [--since CHECKPOINT [--full]]

One line a finding, `finding RULE INDEX text`, notices as `notice …`, and the last line
`entries N checkpoints N findings N`. Exit 0 sound, 1 findings, 2 could not run. Written from the
log's page and docs/formats/log-bundle.md; the rules and their indexes are those of that page.
"""
import argparse
import dataclasses
import pathlib
import sys

from bundle import (CHUNK, Bundle, CannotRun, digest_of, first_leaf, number_of, numbered,
                    split_columns, split_details, split_entries, split_tiles)
from heads import Checkpoints
from policy import Policy, point, policy_read
from rules import States, Writers
from tlog import (AUDIT, Edge, MAP_HEAD, Malformed, STATUS, audit_decode, checkpoint_parse,
                  detail_hash, genesis, leaf_decode, leaf_hash, map_head_decode,
                  own_signature_holds, status_decode, tree_root)


@dataclasses.dataclass(frozen=True)
class Finding:
    rule: str
    index: object  # int or None
    text: str
    is_notice: bool = False

    @property
    def kind(self):
        return "notice" if self.is_notice else "finding"

    def __str__(self):
        return f"{self.kind} {self.rule} {'-' if self.index is None else self.index} {self.text}"


class Report:
    def __init__(self):
        self.all = []
        self.entries = 0
        self.checkpoints = 0

    def finding(self, rule, index, text):
        self.all.append(Finding(rule, index, text))

    def notice(self, rule, index, text):
        self.all.append(Finding(rule, index, text, True))

    @property
    def findings(self):
        return [item for item in self.all if not item.is_notice]

    def last_line(self):
        return (f"entries {self.entries} checkpoints {self.checkpoints} "
                f"findings {len(self.findings)}")


@dataclasses.dataclass
class Place:
    """What is known of a leaf that was read."""
    hash: bytes
    kind: int = None        # None: leaf_format
    index: int = None       # in the leaf
    repeated: tuple = None  # what its row of columns must repeat; None: body unknown
    detail: bytes = None    # detail hash; None: it has none


class Tree:
    """Hashes of whole subtrees of 256^level leaves, as tiles hold them, from some leaf on.

    `first` leaves are taken as they come from tiles (their edge); all others are appended.
    """

    def __init__(self):
        self.first = 0
        self.edge = Edge()
        self.hashes = {}  # (level, index): hash
        self.roots = {}   # size: root, for wanted sizes
        self.wanted = set()

    @property
    def size(self):
        return self.edge.size

    def begin_with(self, size, tiles):
        """Take the edge of the first `size` leaves from tiles; False when they lack a part."""
        edge, levels = Edge(), (size.bit_length() + 7) // 8
        for level in reversed(range(levels)):
            whole = size >> 8 * level
            hashes = tiles.get((level, whole >> 8), [])[:whole & 255]
            if len(hashes) != whole & 255:
                return False
            for at, hash_ in enumerate(hashes, whole & ~255):
                edge.append(hash_, 8 * level)
                self.hashes[level, at] = hash_
        self.first, self.edge = size, edge
        return True

    def append(self, hash_):
        level, index = 0, self.size
        self.hashes[0, index] = hash_
        while index & 255 == 255:
            row = [self.hashes[level, at] for at in range(index - 255, index + 1)]
            level, index = level + 1, index >> 8
            self.hashes[level, index] = tree_root(row)
        self.edge.append(hash_)
        if self.size in self.wanted:
            self.roots[self.size] = self.edge.root()

    def widths(self):
        """{(level, n): width} of all tiles that are looked at."""
        found, level = {}, 0
        while self.size >> 8 * level:
            whole, known = self.size >> 8 * level, self.first >> 8 * level
            if whole > known:
                for n in range(known >> 8, (whole + 255) >> 8):
                    found[level, n] = min(256, whole - 256 * n)
            level += 1
        return found

    def is_before(self, level, n):
        """A tile of this log that holds only subtrees of the first leaves."""
        return 256 * n < self.size >> 8 * level

    def fits(self, tile):
        known = self.first >> 8 * tile.level
        return all(self.hashes[tile.level, at] == hash_
                   for at, hash_ in enumerate(tile.hashes, 256 * tile.n) if at >= known)


class Verifier:
    def __init__(self, bundle, key, policy, since=None, full=False):
        self.bundle, self.key, self.policy, self.since = bundle, key, policy, since
        self.manifest = bundle.manifest
        self.report = Report()
        self.tree = Tree()
        self.places = []         # of the leaves that were read, from self.tree.first on
        self.last_hash = genesis(self.manifest.origin)
        self.last_ms = None      # of the last leaf that decoded
        self.is_early = False    # reading of leaves ended early
        self.broken_file = None  # number of the file of entries in which it did
        self.read_counts = {}    # number of a file of entries: leaves read of it
        self.may_skip = since is not None and self.manifest.log == "audit" and not full

    def run(self):
        heads = Checkpoints(self)
        self.tree.wanted = heads.sizes()
        self.tiles = split_tiles(self.bundle.read("tiles.bin") or b"")
        if self.may_skip:
            self.begin_since()
        self.tree.roots[self.tree.size] = self.tree.edge.root()
        self.first_file = self.tree.first // CHUNK
        self.files()
        self.writers = Writers(self.report, self.tree.first > 0)
        self.states = States(self.report)
        self.leaves()
        self.columns()
        self.details()
        self.judge_tiles()
        self.head()
        heads.run()
        self.report.entries = self.tree.size
        return self.report

    def begin_since(self):
        """Take the leaves under the trusted checkpoint from the tiles, if these give its root."""
        size, tree = self.since.size, Tree()
        tiles = {(tile.level, tile.n): tile.hashes for tile in self.tiles.items}
        if (0 < size <= self.manifest.entries and not self.tiles.broken
                and tree.begin_with(size, tiles) and tree.edge.root() == self.since.root):
            tree.wanted, self.tree, self.last_hash = self.tree.wanted, tree, None

    # ---- files ----

    def files(self):
        for item in self.manifest.files:
            number = number_of(item.name)
            if number is not None and number < self.first_file:
                continue
            data = self.bundle.read(item.name)
            if data is None:
                self.report.finding("file_missing", None, item.name)
            elif len(data) != item.length or digest_of(data) != item.digest:
                self.report.finding("file_digest", None, item.name)
        for name in ("tiles.bin", "checkpoints.jsonl"):
            if name not in self.bundle.names:
                self.report.finding("file_missing", None, f"{name} is not in the manifest")
        for kind in ("entries", "columns"):
            needed = self.bundle.needed(kind, self.first_file)
            if any(name not in self.bundle.names for name in needed):
                self.report.finding("file_missing", None, f"{kind} that the count needs")

    # ---- leaves ----

    def leaves(self):
        number = self.first_file
        while numbered("entries", number) in self.bundle.names and not self.is_early:
            self.file_of_leaves(number)
            number += 1
        needed = self.bundle.needed("entries", number)
        self.is_early = self.is_early or any(True for _ in needed)
        if not self.is_early and self.tree.size != self.manifest.entries:
            self.report.finding("entries_count", self.tree.size,
                                f"manifest says {self.manifest.entries}")

    def file_of_leaves(self, number):
        data = self.bundle.read(numbered("entries", number))
        if data is None:
            self.is_early = True
            return
        split = split_entries(data)
        count = min(len(split.items), CHUNK)
        self.read_counts[number] = count
        for place, leaf in enumerate(split.items[:CHUNK], number * CHUNK):
            if place >= self.tree.first:
                self.leaf(place, leaf)
        has_next = numbered("entries", number + 1) in self.bundle.names
        if split.broken or len(split.items) > CHUNK or count < CHUNK and has_next:
            self.report.finding("entries_format", max(self.tree.first, number * CHUNK + count),
                                "file of entries cannot be read on")
            self.is_early, self.broken_file = True, number

    def leaf(self, place, data):
        previous, here = self.last_hash, Place(leaf_hash(data))
        self.last_hash = here.hash
        self.tree.append(here.hash)
        self.places.append(here)
        try:
            leaf = leaf_decode(data)
        except Malformed as error:
            self.report.finding("leaf_format", place, str(error))
            return
        here.kind, here.index = leaf.kind, leaf.index
        if leaf.index != place:
            self.report.finding("leaf_index", place, f"index is {leaf.index}")
        if previous is not None and leaf.previous != previous:
            self.report.finding("leaf_previous", place, "not linked to the leaf before")
        if self.last_ms is not None and leaf.sequenced_ms < self.last_ms:
            self.report.finding("leaf_time", place, f"{leaf.sequenced_ms} after {self.last_ms}")
        self.last_ms = leaf.sequenced_ms
        if leaf.kind not in ((AUDIT,) if self.manifest.log == "audit" else (STATUS, MAP_HEAD)):
            self.report.finding("leaf_kind", place, f"kind {leaf.kind} in this log")
            return
        try:
            self.body(place, leaf, here)
        except Malformed as error:
            self.report.finding("body_format", place, str(error))

    def body(self, place, leaf, here):
        if leaf.kind == AUDIT:
            event = audit_decode(leaf.body)
            here.repeated = event.event_type, event.event_ms, event.actor, event.object_id
            here.detail = event.detail_hash if event.flags & 1 else None
            self.writers.take(place, event)
        elif leaf.kind == STATUS:
            event = status_decode(leaf.body)
            here.repeated = event.status, event.effective_ms, b"", event.key.hex().encode()
            self.states.take_event(place, leaf, here.hash, event)
        else:
            head = map_head_decode(leaf.body)
            here.repeated = 0, 0, b"", b""
            self.states.take_head(place, head)

    def place(self, index):
        """What was read at an index; None when nothing was."""
        at = index - self.tree.first
        return self.places[at] if 0 <= at < len(self.places) else None

    # ---- what the store repeats ----

    def columns(self):
        for name in sorted(self.bundle.names):
            number = number_of(name)
            if name.startswith("columns/") and number >= self.first_file:
                if number in self.read_counts or not self.is_early:
                    self.file_of_columns(name, number)

    def file_of_columns(self, name, number):
        data = self.bundle.read(name)
        if data is None:
            return
        split, base = split_columns(data), number * CHUNK
        wanted = self.read_counts.get(number, 0)
        for place, row in enumerate(split.items[:wanted], base):
            if place >= self.tree.first and not self.row_fits(self.place(place), row):
                self.report.finding("column", place, "row does not agree with its leaf")
        if len(split.items) < wanted:
            self.report.finding("columns_format", base + len(split.items), f"{name} lacks rows")
        elif (split.broken or len(split.items) > wanted) and number != self.broken_file:
            self.report.finding("columns_format", max(self.tree.first, base + wanted),
                                f"{name} goes on behind its entries")

    @staticmethod
    def row_fits(here, row):
        repeated = row.event_type, row.event_ms, row.actor, row.object_id
        return (row.leaf_hash == here.hash and here.index in (None, row.index)
                and here.repeated in (None, repeated))

    def details(self):
        split = split_details(self.bundle.read("details.bin") or b"")
        if split.broken:
            self.report.finding("details_format", None, "details.bin cannot be read on")
        for item in split.items:
            if item.index < self.tree.first:
                continue
            here = self.place(item.index)
            if not here or not here.detail or detail_hash(item.salt, item.text) != here.detail:
                self.report.finding("detail", item.index, "detail is not the one of the leaf")

    def judge_tiles(self):
        if self.tiles.broken:
            self.report.finding("tiles_format", None, "tiles.bin cannot be read")
            return
        if self.bundle.read("tiles.bin") is None:
            return  # file_missing has said it
        widths = self.tree.widths()
        for tile in self.tiles.items:
            width = widths.pop((tile.level, tile.n), None)
            if width is None and self.tree.is_before(tile.level, tile.n):
                continue
            if width != len(tile.hashes) or not self.tree.fits(tile):
                self.report.finding("tile", first_leaf(tile.level, tile.n),
                                    f"level {tile.level} tile {tile.n}")
        for level, n in widths:
            self.report.finding("tile", first_leaf(level, n), f"level {level} tile {n} is missing")

    def head(self):
        head, tree = self.manifest.head, self.tree
        last_hash, last_ms = self.last_hash, self.last_ms
        if last_hash is None:  # nothing was read behind a trusted checkpoint
            last_hash = head.last_hash
        if last_ms is None:    # nor did anything decode; without a checkpoint it is 0 then
            last_ms = head.last_ms if tree.first else 0
        if (head.size, head.root, head.last_hash, head.last_ms) != (
                tree.size, tree.edge.root(), last_hash, last_ms):
            self.report.finding("head", tree.size, "head is not that of the leaves")


def read_key(text):
    """130 hex digits, or a file that holds them."""
    try:
        path = pathlib.Path(text)
        return point((path.read_text("ascii") if path.is_file() else text).strip())
    except (OSError, ValueError, Malformed) as error:
        raise CannotRun(f"key: {error}") from error


def read_policy(path):
    try:
        return policy_read(path)
    except (OSError, Malformed) as error:
        raise CannotRun(f"policy: {error}") from error


def verify_bundle(folder, key, policy=None, since=None, full=False):
    """Report of a bundle; raises CannotRun. since: the text of a checkpoint."""
    bundle = Bundle(folder)
    if since is not None:
        try:
            since = checkpoint_parse(since)
        except Malformed as error:
            raise CannotRun(f"since: {error}") from error
        if since.origin != bundle.manifest.origin or not own_signature_holds(since, key):
            raise CannotRun("since: not a checkpoint of this log")
    return Verifier(bundle, key, policy or Policy({}, {}), since, full).run()


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Verify a log's bundle offline.")
    parser.add_argument("bundle")
    parser.add_argument("--key", required=True)
    parser.add_argument("--witness-policy")
    parser.add_argument("--since", help="file with a checkpoint that is trusted from before")
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args(arguments)
    try:
        policy = read_policy(options.witness_policy) if options.witness_policy else None
        since = pathlib.Path(options.since).read_text("utf-8") if options.since else None
        report = verify_bundle(options.bundle, read_key(options.key), policy, since, options.full)
    except (CannotRun, OSError, ValueError) as error:
        print(f"could not run: {error}", file=sys.stderr)
        return 2
    for item in report.all:
        print(item)
    print(report.last_line())
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
