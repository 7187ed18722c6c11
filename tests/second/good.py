"""Good bundles: no findings, or none but notices."""
from kit import (AUDIT_LOG, BEAT, CASES, Case, LOGIN, POLICY, START, STATUS_LOG, STOP, SEAL_A,
                 SEAL_B, W1, W2, W3, audit_log, case, expect, insider, small, status_log, store)
from maker import Files, Log, signed_note


def _good(name, files, *found, **options):
    CASES[name] = lambda: expect(Case(files(), **options), *found)


for _count in (0, 1, 255, 256, 257, 1000):
    _good(f"good_audit_{_count}", lambda n=_count: Files(audit_log(n)))
    _good(f"good_status_{_count}", lambda n=_count: Files(status_log(n)))


@store(small)
def good_without_journal(files):
    files.journal = None


@store(small)
def good_without_details(files):
    files.details = []


@store(small)
def good_with_a_file_too_many(files):
    def late(contents, manifest):
        contents["notes.txt"] = b"of no concern"
    return late


@store(small)
def good_journal_with_a_line_twice(files):
    """A crash between the journal and the table: the line is written again."""
    files.journal.insert(1, files.journal[0])


@store(lambda: audit_log(12, stop=False))
def good_crash_at_the_end(files):
    """Nobody started after it, so nothing shows."""


@store(lambda: audit_log(12), ("unsigned_tail", 6, "notice"))
def good_unsigned_tail(files):
    del files.table[-1], files.journal[-1]


@insider(AUDIT_LOG, ("unsigned_tail", 0, "notice"))
def good_never_signed(log):
    log.event(1, START)


@insider(AUDIT_LOG)
def good_signed_when_empty(log):
    log.checkpoint()
    log.event(1, START)
    log.checkpoint()


@insider(AUDIT_LOG)
def good_largest_texts(log):
    log.event(1, START, actor=b"a" * 255, role="章".encode() * 85, object_id=b"", outcome=3,
              severity=3)
    log.checkpoint()


@insider(STATUS_LOG)
def good_all_states_of_a_seal(log):
    for status, reason in ((30, 0), (40, 15), (30, 0), (60, 0), (50, 0), (70, 18), (80, 16)):
        log.state(SEAL_A, status, reason)
    log.state(SEAL_B, 30, late_ms=300000)
    log.state(SEAL_B, 80, 17, late_ms=10 ** 11)
    log.map_head()
    log.checkpoint()


@insider(AUDIT_LOG, ("writer_unfinished", 2, "notice"))
def notice_writer_unfinished(log):
    log.event(1, START, object_id=b"host")
    log.event(1, LOGIN)
    log.event(2, START, object_id=b"host")
    log.event(2, STOP)
    log.event(3, START, object_id=b"host")
    log.checkpoint()


@insider(AUDIT_LOG)
def notice_needs_the_same_host(log):
    log.event(1, START, object_id=b"host")
    log.event(2, START, object_id=b"other")
    log.event(1, BEAT)
    log.checkpoint()


def _witnessed(*names):
    def build():
        files = Files(small())
        for name in names:
            files.witness(-1, name)
        return files
    return build


_good("good_two_witnesses", _witnessed(W1, W3), options=POLICY)
_good("good_three_witnesses", _witnessed(W1, W2, W3), options=POLICY)
_good("good_witness_lines_nobody_asked_for", _witnessed(W1, W2, W3))


@case
def good_quorum_on_an_older_checkpoint():
    files = Files(small())
    files.witness(0, W1)
    files.witness(0, W2)
    return expect(Case(files, options=POLICY), ("unwitnessed_tail", 3, "notice"))


@case
def good_since_a_checkpoint():
    log = audit_log(300)
    note = log.notes[1]
    return expect(Case(Files(log), since=note))


@case
def good_since_the_newest():
    log = audit_log(257)
    return expect(Case(Files(log), since=log.notes[-1]))


@case
def good_status_since_a_checkpoint():
    log = status_log(60)
    return expect(Case(Files(log), since=log.notes[0]))


@case
def good_since_skips_what_was_before():
    """A change before the trusted checkpoint is not looked at; without it there are findings."""
    log = audit_log(300)
    files = Files(log)
    files.leaves[3] = files.leaves[3][:30] + b"\xff" + files.leaves[3][31:]
    files.rows[4].event_ms += 1
    return expect(Case(files, since=log.notes[0]))


@case
def good_largest_number_of_lines():
    """Fifteen lines of strangers beside the own one."""
    log = Log(AUDIT_LOG)
    log.event(1, START)
    log.checkpoint()
    files = Files(log)
    for number in range(15):
        line = signed_note(f"stranger{number}", 1, bytes(32)).split("\n")[4]
        files.table[0] += line + "\n"
    return expect(Case(files))
