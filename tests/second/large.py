"""Cases of a log with more than one file of entries: 65536 leaves and two more."""
import functools

from bundle import CHUNK
from kit import AUDIT_LOG, BEAT, Case, START, STOP, case, expect
from maker import Files, Log
from tlog import Leaf, leaf_decode


@functools.cache
def two_files():
    """Made once; every case takes a copy of what it changes."""
    log = Log(AUDIT_LOG)
    log.event(1, START)
    while log.size < CHUNK + 1:
        log.event(1, BEAT)
        if log.size == CHUNK:
            log.checkpoint()
    log.event(1, STOP)
    log.checkpoint()
    return Files(log), log.notes


def copied():
    files, notes = two_files()
    copy = Files.__new__(Files)
    copy.__dict__.update({name: list(value) if isinstance(value, list) else value
                          for name, value in files.__dict__.items()})
    return copy, notes


@case
def large_log_is_good():
    return expect(Case(copied()[0]))


@case
def large_log_without_its_first_files_since_a_checkpoint():
    """What lies wholly before the checkpoint need not even be there."""
    files, notes = copied()

    def late(contents, manifest):
        del contents["entries/000000.bin"], contents["columns/000000.bin"]
    return expect(Case(files, late=late, since=notes[0]))


@case
def large_log_changed_in_its_second_file_since_a_checkpoint():
    files, notes = copied()
    leaf = leaf_decode(files.leaves[CHUNK + 1])
    files.leaves[CHUNK + 1] = Leaf(leaf.kind, leaf.index, leaf.sequenced_ms + 1, leaf.previous,
                                   leaf.body).encode()
    return expect(Case(files, since=notes[0]), ("column", CHUNK + 1), ("head", CHUNK + 2),
                  ("tile", CHUNK), ("checkpoint_root", CHUNK + 2),
                  ("unsigned_tail", CHUNK, "notice"))


@case
def large_log_without_its_second_files():
    files, _ = copied()

    def late(contents, manifest):
        del contents["entries/000001.bin"], contents["columns/000001.bin"]
    return expect(Case(files, late=late), ("file_missing", None), ("file_missing", None),
                  ("head", CHUNK), ("tile", CHUNK), ("checkpoint_beyond", CHUNK + 2),
                  entries=CHUNK)
