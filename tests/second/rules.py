"""Rules about bodies in order of their places: writers of an audit log, states of a status log.

Each class takes one decoded body after another; `finding(rule, place, text)` and `notice` are the
caller's.
"""
import dataclasses

from tlog import StateMap, U64, ZERO, map_value

WRITER_START, WRITER_STOP = 1, 2
REASONS = (*range(23), 99)
LATE_MS = 300000


@dataclasses.dataclass
class Writer:
    seq: int
    stopped: bool = False


class Writers:
    """writer_seq, writer_start, entry_twice; notice writer_unfinished."""

    def __init__(self, report, from_middle=False):
        self.report = report
        self.from_middle = from_middle  # writers may have begun before the first leaf seen
        self.writers = {}
        self.entry_ids = set()
        self.begun = {}  # object_id: the writer whose first event, a WRITER_START, named it last

    def take(self, place, event):
        if event.entry_id in self.entry_ids:
            self.report.finding("entry_twice", place, "entry_id occurred before")
        self.entry_ids.add(event.entry_id)
        writer = self.writers.get(event.writer_id)
        if writer is None:
            self._first(place, event)
            writer = self.writers[event.writer_id] = Writer(event.writer_seq)
            if event.event_type == WRITER_START:
                self.begun[event.object_id] = writer
        else:
            self._later(place, event, writer)
        writer.seq = event.writer_seq
        writer.stopped = writer.stopped or event.event_type == WRITER_STOP

    def _first(self, place, event):
        starts = event.event_type == WRITER_START
        seen_before = self.from_middle and event.writer_seq != 0
        if starts == seen_before:
            self.report.finding("writer_start", place, "start behind number 0" if starts
                                else "first event of a writer is no start")
        if event.writer_seq != 0 and not seen_before:
            self.report.finding("writer_seq", place, f"writer_seq is {event.writer_seq}, wanted 0")
        earlier = self.begun.get(event.object_id)
        if starts and earlier and not earlier.stopped:
            self.report.notice("writer_unfinished", place,
                               "the earlier writer of this name never stopped")

    def _later(self, place, event, writer):
        starts = event.event_type == WRITER_START
        if starts or writer.stopped:
            self.report.finding("writer_start", place, "start of a writer that has begun" if starts
                                else "event of a writer that has stopped")
        if event.writer_seq != writer.seq + 1:
            self.report.finding("writer_seq", place,
                                f"writer_seq is {event.writer_seq}, wanted {writer.seq + 1}")


@dataclasses.dataclass
class Seal:
    seq: int
    last_hash: bytes
    is_void: bool  # had an event 80


class States:
    """status_seq, status_previous, status_value, status_effective, map_head."""

    def __init__(self, report):
        self.report = report
        self.seals = {}
        self.map = StateMap()

    def take_event(self, place, leaf, hash_, event):
        seal = self.seals.get(event.key)
        wanted = 0 if seal is None else seal.seq + 1
        if event.event_seq != wanted:
            self.report.finding("status_seq", place,
                                f"event_seq is {event.event_seq}, wanted {wanted}")
        if event.previous_event != (ZERO if seal is None else seal.last_hash):
            self.report.finding("status_previous", place, "not linked to the event before")
        self._value(place, event, seal)
        self._effective(place, leaf.sequenced_ms, event)
        is_void = event.status == 80 or seal is not None and seal.is_void
        self.seals[event.key] = Seal(event.event_seq, hash_, is_void)
        self.map.put(event.key, map_value((event.event_seq + 1) % U64, event.status,
                                          event.effective_ms, hash_))

    def _value(self, place, event, seal):
        wrong = (f"reason {event.reason}" if event.reason not in REASONS
                 else "first event is not 30" if seal is None and event.status != 30
                 else "event after 80" if seal is not None and seal.is_void
                 else "valid_from after valid_until"
                 if event.valid_from_ms > event.valid_until_ms else None)
        if wrong:
            self.report.finding("status_value", place, wrong)

    def _effective(self, place, sequenced_ms, event):
        if sequenced_ms - LATE_MS <= event.effective_ms <= sequenced_ms:
            return
        backdated = event.effective_ms < sequenced_ms and (
            event.status == 80 or event.status in (40, 70) and event.reason in (11, 12, 13))
        if not backdated:
            self.report.finding("status_effective", place,
                                f"effective_ms {event.effective_ms} at {sequenced_ms}")

    def take_head(self, place, head):
        wrong = (f"covers {head.covers}" if head.covers != place
                 else f"count {head.count}, replayed {self.map.count}"
                 if head.count != self.map.count
                 else "root of the replayed map is another" if head.root != self.map.root()
                 else None)
        if wrong:
            self.report.finding("map_head", place, wrong)
