"""Faults that only somebody with the log's key can make: everything else about the log is right."""
from kit import (AUDIT_LOG, BEAT, LOGIN, SEAL_A, SEAL_B, START, STATUS_LOG, STOP, Case, case,
                 expect, insider)
from maker import Files, Log, START_MS, YEAR_MS
from tlog import AUDIT, Leaf, MAP_HEAD, MapHead, STATUS, StatusEvent, ZERO


def audit_case(name, *found):
    """The function appends to an audit log whose writer 1 has begun; it is signed behind it."""
    def mark(function):
        def build(log):
            log.event(1, START)
            function(log)
            log.checkpoint()
        build.__name__ = name
        return insider(AUDIT_LOG, *found)(build)
    return mark


def status_case(name, *found):
    """The same for a status log where seal A was made; a map head is put behind it."""
    def mark(function):
        def build(log):
            log.state(SEAL_A, 30)
            function(log)
            log.map_head()
            log.checkpoint()
        build.__name__ = name
        return insider(STATUS_LOG, *found)(build)
    return mark


# ---- leaves ---------------------------------------------------------------------------------

def _raw(log, change):
    """Append a leaf whose bytes were changed."""
    leaf = Leaf(AUDIT, log.size, log.ms, log.hashes[-1], b"body").encode()
    log.append_bytes(change(bytearray(leaf)))
    log.event(1, LOGIN)


def _patched(at, value):
    def change(leaf):
        leaf[at] = value
        return bytes(leaf)
    return change


for _name, _change in (("version", _patched(0, 2)), ("kind", _patched(1, 4)),
                       ("kind_0", _patched(1, 0)), ("length", _patched(53, 5)),
                       ("length_beyond", _patched(51, 1)), ("cut", lambda leaf: bytes(leaf[:-1]))):
    audit_case(f"leaf_format_{_name}", ("leaf_format", 1))(
        lambda log, change=_change: _raw(log, change))


@audit_case("leaf_index", ("leaf_index", 1), ("column", 1))
def _leaf_index(log):
    log.event(1, LOGIN, leaf={"index": 7})
    log.event(1, LOGIN)


@audit_case("leaf_previous", ("leaf_previous", 1))
def _leaf_previous(log):
    log.event(1, LOGIN, leaf={"previous": ZERO})
    log.event(1, LOGIN)


@insider(AUDIT_LOG, ("leaf_previous", 0))
def leaf_previous_of_the_first(log):
    log.event(1, START, leaf={"previous": ZERO})
    log.checkpoint()


@audit_case("leaf_time", ("leaf_time", 2))
def _leaf_time(log):
    log.event(1, LOGIN, leaf={"sequenced_ms": log.ms})
    log.event(1, LOGIN, leaf={"sequenced_ms": log.ms - 1})
    log.event(1, LOGIN)


@audit_case("leaf_time_over_a_broken_leaf", ("leaf_format", 1), ("leaf_time", 2))
def _leaf_time_broken(log):
    log.append_bytes(b"\x02" + bytes(53))
    log.event(1, LOGIN, leaf={"sequenced_ms": log.ms - 1})


@audit_case("leaf_kind_in_an_audit_log", ("leaf_kind", 1), ("leaf_kind", 2))
def _leaf_kind(log):
    log.append(STATUS, b"not looked at")
    log.append(MAP_HEAD, MapHead(2, 0, ZERO).encode())


@status_case("leaf_kind_in_a_status_log", ("leaf_kind", 1))
def _leaf_kind_status(log):
    log.append(AUDIT, b"")


# ---- bodies ---------------------------------------------------------------------------------

for _name, _fields in (
        ("version", {"version": 2}), ("flags", {"flags": 2}),
        ("flag_without_hash", {"flags": 1}), ("hash_without_flag", {"detail_hash": b"h" * 32}),
        ("utf8", {"actor": b"\xc0\x80"}), ("surrogate", {"role": b"\xed\xa0\x80"}),
        ("cut_text", {"object_id": b"\xe7\xab"}), ("control", {"correlation": b"a\nb"}),
        ("delete", {"object_type": b"\x7f"}), ("c1", {"actor": b"\xc2\x85"}),
        ("outcome", {"outcome": 4}), ("severity", {"severity": 4})):
    audit_case(f"body_format_{_name}", ("body_format", 1))(
        lambda log, fields=_fields: log.event(1, LOGIN, **fields))

for _name, _change in (("longer", lambda body: body + b"\0"), ("shorter", lambda body: body[:-1]),
                       ("cut", lambda body: body[:60]), ("empty", lambda body: b"")):
    def _audit_body(log, change=_change):
        log.event(1, LOGIN)
        body = log.leaves.pop()[54:]
        other = Log(AUDIT_LOG)
        for data in log.leaves:
            other.append_bytes(data)
        other.ms = log.ms
        other.append(AUDIT, change(body))
        log.__dict__.update(other.__dict__)
    audit_case(f"body_format_{_name}", ("body_format", 1))(_audit_body)

for _name, _fields in (("status_version", {"version": 2}), ("status_flags", {"flags": 1}),
                       ("status_20", {"status": 20}), ("status_81", {"status": 81})):
    def _status_body(log, fields=_fields):
        values = dict(status=40, reason=0, event_seq=1, effective_ms=log.ms, valid_from_ms=0,
                      valid_until_ms=1, key=b"k" * 32, previous_event=ZERO) | fields
        log.append(STATUS, StatusEvent(**values).encode())
    status_case(f"body_format_{_name}", ("body_format", 1))(_status_body)


@status_case("body_format_status_length", ("body_format", 1))
def _status_length(log):
    log.append(STATUS, bytes(99))


@status_case("body_format_map_head_version", ("body_format", 1))
def _head_version(log):
    log.map_head(version=0)


@status_case("body_format_map_head_length", ("body_format", 1))
def _head_length(log):
    log.append(MAP_HEAD, MapHead(1, 1, log.map.root()).encode() + b"\0")


# ---- writers --------------------------------------------------------------------------------

@audit_case("writer_seq_gap", ("writer_seq", 1))
def _seq_gap(log):
    log.event(1, LOGIN, writer_seq=3)
    log.event(1, LOGIN)


@audit_case("writer_seq_again", ("writer_seq", 2))
def _seq_again(log):
    log.event(1, LOGIN)
    log.event(1, LOGIN, writer_seq=1)
    log.event(1, LOGIN)


@audit_case("writer_seq_of_the_first", ("writer_seq", 1))
def _seq_first(log):
    log.event(2, START, writer_seq=1)
    log.event(2, LOGIN)


@audit_case("writer_seq_at_its_end", ("writer_seq", 1), ("writer_seq", 2), ("writer_seq", 3))
def _seq_end(log):
    log.event(1, LOGIN, writer_seq=(1 << 64) - 1)
    log.event(1, LOGIN, writer_seq=0)
    log.event(1, LOGIN, writer_seq=0)


@audit_case("writer_start_missing", ("writer_start", 1))
def _start_missing(log):
    log.event(2, LOGIN)
    log.event(2, LOGIN)


@audit_case("writer_start_again", ("writer_start", 2))
def _start_again(log):
    log.event(1, LOGIN)
    log.event(1, START)
    log.event(1, LOGIN)


@audit_case("writer_start_behind_stop", ("writer_start", 2), ("writer_start", 3))
def _behind_stop(log):
    log.event(1, STOP)
    log.event(1, BEAT)
    log.event(1, START)


@audit_case("writer_start_with_a_stop", ("writer_start", 1), ("writer_start", 2))
def _stop_first(log):
    log.event(2, STOP)
    log.event(2, LOGIN)


@audit_case("entry_twice", ("entry_twice", 3))
def _entry_twice(log):
    log.event(1, LOGIN, entry_id=b"e" * 16)
    log.event(1, LOGIN, entry_id=b"f" * 16)
    log.event(1, LOGIN, entry_id=b"e" * 16)


# ---- states ---------------------------------------------------------------------------------

@status_case("status_seq_gap", ("status_seq", 1))
def _status_seq(log):
    log.state(SEAL_A, 40, event_seq=5)
    log.state(SEAL_A, 30, event_seq=6)


@status_case("status_seq_of_the_first", ("status_seq", 1))
def _status_seq_first(log):
    log.state(SEAL_B, 30, event_seq=1)


@status_case("status_previous", ("status_previous", 1))
def _status_previous(log):
    log.state(SEAL_A, 40, previous_event=ZERO)
    log.state(SEAL_A, 30)


@status_case("status_previous_of_the_first", ("status_previous", 1))
def _status_previous_first(log):
    log.state(SEAL_B, 30, previous_event=b"p" * 32)


for _reason in (23, 98, 100, 255):
    status_case(f"status_value_reason_{_reason}", ("status_value", 1))(
        lambda log, reason=_reason: log.state(SEAL_A, 40, reason))


@status_case("status_value_reasons_not_published_are_none")
def _reasons(log):
    for reason in (1, 2, 5, 14, 20, 22, 99):
        log.state(SEAL_A, 40, reason)


@status_case("status_value_first", ("status_value", 1))
def _first_40(log):
    log.state(SEAL_B, 40)


@status_case("status_value_behind_80", ("status_value", 2), ("status_value", 3))
def _behind_80(log):
    log.state(SEAL_A, 80, 16)
    log.state(SEAL_A, 30)
    log.state(SEAL_A, 40)


@status_case("status_value_dates", ("status_value", 1))
def _dates(log):
    log.state(SEAL_A, 40, valid_from_ms=START_MS, valid_until_ms=START_MS - 1)
    log.state(SEAL_A, 30, valid_from_ms=START_MS, valid_until_ms=START_MS)


@status_case("status_effective_late", ("status_effective", 2), ("status_effective", 3),
             ("status_effective", 5))
def _effective_late(log):
    log.state(SEAL_A, 40, 0, late_ms=300000)
    log.state(SEAL_A, 30, 0, late_ms=300001)
    log.state(SEAL_A, 40, 15, late_ms=300001)
    log.state(SEAL_A, 70, 13, late_ms=300001)
    log.state(SEAL_A, 70, 18, late_ms=300001)


@status_case("status_effective_early", ("status_effective", 1), ("status_effective", 2))
def _effective_early(log):
    log.state(SEAL_A, 40, 11, late_ms=-1)
    log.state(SEAL_A, 80, 16, late_ms=-YEAR_MS)


@insider(STATUS_LOG, ("status_effective", 0))
def status_effective_near_zero(log):
    log.state(SEAL_A, 30, leaf={"sequenced_ms": 5}, effective_ms=6, valid_from_ms=0)
    log.state(SEAL_B, 30, leaf={"sequenced_ms": 5}, effective_ms=0, valid_from_ms=0)
    log.map_head()
    log.checkpoint()


for _name, _fields in (("covers", {"covers": 0}), ("count", {"count": 2}),
                       ("root", {"root": ZERO})):
    status_case(f"map_head_{_name}", ("map_head", 1))(
        lambda log, fields=_fields: log.map_head(**fields))


@case
def map_head_of_an_older_map():
    """The cancelling is in the log, and its map says the seal is active."""
    log = Log(STATUS_LOG)
    log.state(SEAL_A, 30)
    old = log.map.root()
    log.state(SEAL_A, 70, 18)
    log.map_head(root=old)
    log.checkpoint()
    return expect(Case(Files(log)), ("map_head", 2))
