"""The files of a bundle (docs/formats/log-bundle.md): taken apart, nothing judged.

A reader gives what it could read and, as `broken`, that it could not read on. Sizes in files are
never believed before the bytes are there.
"""
import dataclasses
import pathlib
import re
import struct

from sm import sm3
from strict import json_parse, member, only
from tlog import Malformed, b64_decode, log_name, need

CHUNK = 65536       # leaves of a file
LINE_MAX = 65536    # bytes of a line
MANIFEST_MAX = 4 << 20
LEAF_MIN, LEAF_MAX = 54, 54 + 65535
FILE_NAME = re.compile(r"(entries|columns)/[0-9]{6}\.bin|tiles\.bin|details\.bin|"
                       r"(checkpoints|journal)\.jsonl")


class CannotRun(Exception):
    """The verifier cannot run: exit code 2."""


@dataclasses.dataclass
class Head:
    size: int
    root: bytes
    last_hash: bytes
    last_ms: int
    state: str


@dataclasses.dataclass
class Listed:
    name: str
    length: int
    digest: str


@dataclasses.dataclass
class Manifest:
    origin: str
    log: str
    entries: int
    head: Head
    files: list


def _head(value):
    head = Head(member(value, "size", int), b64_decode(member(value, "root", str), 32),
                b64_decode(member(value, "last_hash", str), 32), member(value, "last_ms", int),
                member(value, "state", str))
    only(value, ("size", "root", "last_hash", "last_ms", "state"))
    return head


def _listed(value):
    listed = Listed(member(value, "name", str), member(value, "length", int),
                    member(value, "sm3", str))
    need(FILE_NAME.fullmatch(listed.name), f"file name {listed.name!r}")
    need(re.fullmatch("[0-9a-f]{64}", listed.digest), "digest of a file")
    only(value, ("name", "length", "sm3"))
    return listed


def manifest_parse(data):
    need(len(data) <= MANIFEST_MAX, "manifest too long")
    value = json_parse(data)
    only(value, ("v", "type", "origin", "entries", "head", "files"))
    need(member(value, "v", int) == 1, "version of the manifest")
    need(member(value, "type", str) == "log-bundle", "type of the manifest")
    files = [_listed(item) for item in member(value, "files", list)]
    names = [item.name for item in files]
    need(names == sorted(set(names)), "files not sorted by name")
    origin = member(value, "origin", str)
    return Manifest(origin, log_name(origin), member(value, "entries", int),
                    _head(member(value, "head", dict)), files)


class Bundle:
    """A folder with its manifest; files are read by their listed names only."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        try:
            self.manifest = manifest_parse((self.folder / "bundle.json").read_bytes())
        except (OSError, Malformed) as error:
            raise CannotRun(f"bundle.json: {error}") from error
        self.names = {item.name for item in self.manifest.files}

    def read(self, name):
        """Bytes of a listed file; None when it is not listed or not there."""
        if name not in self.names:
            return None
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CannotRun(f"{name}: {error}") from error

    def needed(self, kind, first):
        """Names of the files of entries or columns, from a number on, that the count needs."""
        count = -(-self.manifest.entries // CHUNK)
        return (numbered(kind, number) for number in range(first, min(count, 1000000)))


def numbered(kind, number):
    return f"{kind}/{number:06d}.bin"


def number_of(name):
    """Number of a file of entries or columns; None for another."""
    return int(name[-10:-4]) if name.startswith(("entries/", "columns/")) else None


def digest_of(data):
    return sm3(data).hex()


@dataclasses.dataclass
class Split:
    """Items read and whether reading stopped before the end."""
    items: list
    broken: bool = False


class _Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def __bool__(self):
        return self.at < len(self.data)

    def take(self, length):
        need(length <= len(self.data) - self.at, "cut short")
        self.at += length
        return self.data[self.at - length:self.at]

    def uint(self, length):
        return int.from_bytes(self.take(length), "big")


def _split(data, read_one):
    split, source = Split([]), _Bytes(data)
    try:
        while source:
            split.items.append(read_one(source))
    except Malformed:
        split.broken = True
    return split


def _leaf(source):
    length = source.uint(4)
    need(LEAF_MIN <= length <= LEAF_MAX, "leaf length")
    return source.take(length)


def split_entries(data):
    return _split(data, _leaf)


@dataclasses.dataclass
class Row:
    index: int
    leaf_hash: bytes
    event_type: int
    event_ms: int
    actor: bytes
    object_id: bytes

    def encode(self):
        return (struct.pack(">Q32sHQ", self.index, self.leaf_hash, self.event_type, self.event_ms)
                + bytes([len(self.actor)]) + self.actor
                + bytes([len(self.object_id)]) + self.object_id)


def _row(source):
    return Row(source.uint(8), source.take(32), source.uint(2), source.uint(8),
               source.take(source.uint(1)), source.take(source.uint(1)))


def split_columns(data):
    return _split(data, _row)


@dataclasses.dataclass
class Tile:
    level: int
    n: int
    hashes: list

    def encode(self):
        return struct.pack(">BQH", self.level, self.n, len(self.hashes)) + b"".join(self.hashes)


def first_leaf(level, n):
    return n << 8 * (level + 1)


def split_tiles(data):
    last = (-1, -1)

    def tile(source):
        nonlocal last
        level, n, width = source.uint(1), source.uint(8), source.uint(2)
        need(1 <= width <= 256, "width")
        need(level <= 7 and first_leaf(level, n) < 1 << 62, "no such tile")
        need((level, n) > last, "order")
        hashes = source.take(32 * width)
        last = level, n
        return Tile(level, n, [hashes[i:i + 32] for i in range(0, 32 * width, 32)])
    return _split(data, tile)


@dataclasses.dataclass
class Detail:
    index: int
    salt: bytes
    text: bytes

    def encode(self):
        return struct.pack(">Q32sI", self.index, self.salt, len(self.text)) + self.text


def split_details(data):
    last = -1

    def detail(source):
        nonlocal last
        item = Detail(source.uint(8), source.take(32), source.take(source.uint(4)))
        need(item.index > last, "order")
        last = item.index
        return item
    return _split(data, detail)


def split_lines(data):
    """Lines with their ends; a last one may have none."""
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])
