"""Two keepers with the key on one PostgreSQL store, each with a network and journal of its own.

The seat is taken from the one that has it: its session is ended by the server, while it goes on,
while it is stopped, or while its network is cut so that it cannot know. ESEAL_SEATS says how often
each (2).
"""
import os
import pathlib
import re
import signal

import field
import tap
import wire

TIMES = field.number('ESEAL_SEATS', 2)
SEATS = """pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory'
 AND l.granted AND ((l.classid::bigint << 32) | l.objid::bigint)"""
AUDIT, STATUS = 11, 12  # log_id of the first epoch


class Desk:
    """One of the two machines."""

    def __init__(self, place, name):
        tcp = os.environ['ESEAL_STORE_TCP_URL']
        port = re.search(r':(\d+)/', tcp)[1]
        self.name = name
        self.wire = wire.Wire(int(port))
        self.journal = f'{place.root}/journal-{name}'
        self.acks = f'{place.root}/acks-{name}'
        for path in (self.journal, self.journal + '.status'):
            pathlib.Path(path).touch()
        url = tcp.replace(f':{port}/', f':{self.wire.port}/') + f'&application_name={name}'
        self.keeper = place.keeper('--instance', name, '--rate', '400', '--threads', '4',
                                   url=url, journal=self.journal, acks=self.acks)
        self.keeper.await_line('first')


def holder(log=AUDIT):
    """Name of the keeper whose session has a log's seat."""
    found = field.sql(f'SELECT application_name FROM {SEATS} = {log}')
    tap.true(len(found) <= 1, f'several have the seat: {found}')
    return found[0] if found else None


def end_seats(name):
    """What an operator does to a sequencer that must go."""
    field.sql(f'SELECT pg_terminate_backend(pid) FROM {SEATS} IN ({AUDIT}, {STATUS}) '
              f"AND application_name = '{name}'")


def end_sessions(name):
    """What the server does by itself when keepalives and user time-out find a client gone."""
    field.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity '
              f"WHERE application_name = '{name}'")


def await_seats(name):
    for log in (AUDIT, STATUS):
        field.until(lambda log=log: holder(log) == name, f'{name} to take the seat of {log}')


def end_session(first, _):
    end_seats(first.name)
    tap.true(first.keeper.await_acks(), 'the first went on')


def end_session_of_a_stopped_process(first, second):
    first.keeper.signal(signal.SIGSTOP)
    try:
        end_seats(first.name)
        await_seats(second.name)
        second.keeper.await_acks(2000)
    finally:
        first.keeper.signal(signal.SIGCONT)


def end_session_behind_a_cut_network(first, second):
    before = field.size_of(first.acks)
    first.wire.cut()
    try:
        end_sessions(first.name)
        await_seats(second.name)
        second.keeper.await_acks(2000)
        cut_off = field.size_of(first.acks)
        second.keeper.await_acks(2000)
        tap.equal(field.size_of(first.acks), cut_off, 'acknowledged behind a cut network')
        tap.true(cut_off >= before, 'lines went away')
    finally:
        first.wire.heal()


WAYS = [end_session, end_session_of_a_stopped_process, end_session_behind_a_cut_network]


def take_away(way, desks):
    name = field.until(holder, 'somebody to have the seat')
    first = next(desk for desk in desks if desk.name == name)
    second = next(desk for desk in desks if desk.name != name)
    way(first, second)
    for desk in desks:
        tap.true(desk.keeper.await_acks(500), f'{desk.name} went on: {desk.keeper.lines[-5:]}')


def merged(place, desks):
    """What both journals know, as one: a checkpoint is in that of whoever signed it."""
    for end in ('', '.status'):
        lines = set()
        for desk in desks:
            with open(desk.journal + end, encoding='utf-8') as journal:
                lines.update(journal)
        with open(place.journal + end, 'w', encoding='utf-8') as out:
            out.writelines(sorted(lines, key=lambda line: int(line.split('\\n')[1])))
    return place.journal


@tap.test
def two_sequencers_make_one_history():
    if field.POSTGRES_URL is None:
        tap.skip('no PostgreSQL server')
    with field.Place() as place:
        place.create()
        desks = [Desk(place, 'one'), Desk(place, 'two')]
        for turn in range(TIMES * len(WAYS)):
            take_away(WAYS[turn % len(WAYS)], desks)
        for desk in desks:
            tap.equal(desk.keeper.stop(), 0, f'exit code of {desk.name}')
            tap.equal(desk.keeper.find('bad'), [], 'faults')
            desk.wire.close()
        turns = [len(desk.keeper.find('sequences')) for desk in desks]
        field.say(f'seats taken: {turns[0]} by one, {turns[1]} by two')
        tap.true(min(turns) > 1, f'each had the seat more than once: {turns}')
        for line in place.look(merged(place, desks), [desk.acks for desk in desks]):
            field.say(line)


tap.run()
