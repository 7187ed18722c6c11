"""What cases made by hand are written with: good logs, and marks that make a function a case.

Expected findings are written by reading the page, not by running anything.
"""
import dataclasses

from maker import Files, Log, WITNESS_KEYS
from tlog import map_key

AUDIT_LOG, STATUS_LOG = "seal.example.cn/audit/1", "seal.example.cn/status/1"
START, STOP, BEAT, LOGIN, USE = 1, 2, 3, 0x0101, 0x0401
W1, W2, W3 = WITNESS_KEYS
SEAL_A, SEAL_B = b"seal A, DER", b"seal B, DER"
POLICY = ("--witness-policy",)

CASES = {}


@dataclasses.dataclass
class Case:
    files: Files
    expected: dict = None
    late: object = None    # changes (contents, manifest); may give a manifest as bytes
    options: tuple = ()
    since: str = None


def expect(case, *found, entries=None, checkpoints=None, code=None):
    """found: (rule, index), or (rule, index, "notice")."""
    rows = sorted(([item[2] if len(item) > 2 else "finding", item[0], item[1]] for item in found),
                  key=repr)
    findings = sum(row[0] == "finding" for row in rows)
    entries = len(case.files.leaves) if entries is None else entries
    if checkpoints is None:
        notes = case.files.table + (case.files.journal or [])
        checkpoints = len({note.split("\n\n")[0] for note in notes if isinstance(note, str)})
    code = code if code is not None else 1 if findings else 0
    last = f"entries {entries} checkpoints {checkpoints} findings {findings}"
    case.expected = {"exit": code, "found": rows, "last": last if code < 2 else None}
    return case


def case(function):
    """A function that gives one Case; its name is the folder's."""
    CASES[function.__name__] = function
    return function


def store(base, *found, **facts):
    """The function changes the Files of a good log, as a writer to the store can; what it gives
    back, if anything, is a change of the finished files."""
    options = {name: facts.pop(name) for name in ("options", "since") if name in facts}

    def mark(function):
        def build():
            files = Files(base())
            made = Case(files, **options)
            made.late = function(files)
            return expect(made, *found, **facts)
        CASES[function.__name__] = build
        return function
    return mark


def insider(origin, *found, **facts):
    """The function writes a whole log, wrong in one thing, as a holder of the key can."""
    def mark(function):
        def build():
            log = Log(origin)
            function(log)
            return expect(Case(Files(log)), *found, **facts)
        CASES[function.__name__] = build
        return function
    return mark


# ---- good logs ------------------------------------------------------------------------------

def audit_log(count, stop=True):
    """So many entries: two writers in turn, details, a checkpoint now and then."""
    log = Log(AUDIT_LOG)
    marks = {count // 4, count // 2, 255, 256, 257}
    while log.size < count:
        place = log.size
        if place in (0, 2):
            log.event(7 + place // 2, START, detail=b'{"host":"h%d"}' % place)
        elif stop and place >= count - 2 and count > 5:
            log.event(7 if place == count - 1 else 8, STOP)
        elif place % 5 == 4:
            log.event(7, USE, detail=b'{"matter":"%d"}' % place, actor="u-张三".encode(),
                      role=b"operator", object_type=b"seal", object_id=b"1101%010d" % place)
        else:
            log.event(8 if place % 3 == 0 and place > 2 else 7, BEAT if place % 2 else LOGIN)
        if log.size in marks and log.size < count:
            log.checkpoint()
    if count:
        log.checkpoint()
    return log


def status_log(count):
    """Events of many seals, a map head behind each four and at the end."""
    log = Log(STATUS_LOG)
    made = 0
    while log.size < count:
        place = log.size
        if place == count - 1 or place % 5 == 4:
            log.map_head()
            if place in (4, count // 10 * 5 + 4, count - 1):
                log.checkpoint()
        elif place % 5 == 3:
            seal = b"seal %d" % (place * 7 % made)
            if log.seals[map_key(seal)][0] % 2:
                log.state(seal, 40, 11, late_ms=900000)
            else:
                log.state(seal, 30)
        else:
            log.state(b"seal %d" % made, 30)
            made += 1
    return log


def small():
    """Twelve audit entries, checkpoints at 3, 6 and 12, details at 0, 2, 4 and 9."""
    return audit_log(12)


def seals():
    """One seal suspended and back, one cancelled: 8 leaves, checkpoints at 3 and 8."""
    log = Log(STATUS_LOG)
    log.state(SEAL_A, 30)
    log.state(SEAL_B, 30)
    log.map_head()
    log.checkpoint()
    log.state(SEAL_A, 40, 11, late_ms=86400000)
    log.state(SEAL_B, 70, 0)
    log.map_head()
    log.state(SEAL_A, 30)
    log.map_head()
    log.checkpoint()
    return log
