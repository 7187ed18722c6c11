"""Writes and syncs of a SQLite store and of the journal that fail with EIO, one at a time.

Every seventh write and sync of a short run fails once; with ESEAL_IO_ALL=1 each of them.
"""
import concurrent.futures
import os
import shutil

import field
import tap

STEP = 1 if os.environ.get('ESEAL_IO_ALL') == '1' else 7
WORK = ['--threads', '3', '--entries', '4']
SYNC_FAILED = 70


def copy_of(base):
    """Another place with the same store and journal."""
    place = field.Place(url=None)
    shutil.rmtree(place.volume)
    shutil.copytree(base.volume, place.volume)
    return place


def run_with(base, fault):
    """A run in which that fails, one in which nothing does, and a look. Its code and lines."""
    with copy_of(base) as place:
        keeper = place.keeper('--fault', fault, *WORK)
        code = keeper.wait()
        tap.equal(keeper.find('bad'), [], f'{fault}: faults')
        again = place.keeper('--check-tail', *WORK)
        tap.equal((again.wait(), again.find('bad')), (0, []), f'{fault}: exit code of the next')
        try:
            place.look()
        except AssertionError as found:
            tap.fail(f'{fault}: {found}')
        return code, keeper.lines


def counts_of(lines):
    """Writes and syncs of the database, then of the journal; the process ended in order."""
    return [int(word) for word in next(line for line in lines
                                       if line.startswith('counts')).split()[1:]]


def in_parallel(base, faults):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(zip(faults, pool.map(lambda fault: run_with(base, fault), faults)))


def number_of(fault):
    return int(fault.partition(':')[2])


def every(kind, count):
    return [f'{kind}:{number}' for number in range(1, count + 1, STEP)]


def base_and_counts(base):
    base.create()
    code, lines = run_with(base, 'none')
    tap.equal(code, 0, 'exit code without a fault')
    return counts_of(lines)


@tap.test
def a_write_that_fails_loses_nothing_that_was_acknowledged():
    with field.Place(url=None) as base:
        writes = base_and_counts(base)[0]
        ends = {}
        for fault, (code, lines) in in_parallel(base, every('write', writes)):
            tap.true(code in (0, 1, 3), f'{fault}: ended with {code}, {lines[-5:]}')
            ends[code] = ends.get(code, 0) + 1
        field.say(f'{sum(ends.values())} of {writes} writes failed: {ends.get(0, 0)} times it went '
                  f'on, {ends.get(3, 0)} times the log took no more, {ends.get(1, 0)} times it did '
                  'not open')


@tap.test
def a_sync_that_fails_ends_the_process():
    with field.Place(url=None) as base:
        syncs = base_and_counts(base)[1]
        ended = 0
        for fault, (code, lines) in in_parallel(base, every('sync', syncs)):
            if code == 0:  # groups were larger this time
                tap.true(counts_of(lines)[1] < number_of(fault), f'{fault}: it went on')
                continue
            tap.equal(code, SYNC_FAILED, f'{fault}: exit code, {lines[-5:]}')
            ended += 1
        field.say(f'{ended} of {syncs} syncs failed')
        tap.true(ended > 0, 'no sync failed')


@tap.test
def a_journal_that_fails_is_never_tried_again():
    kinds = {'journal-write': 2, 'journal-short': 2, 'journal-sync': 3}  # which count it shows in
    faults = [f'{kind}:{number}' for kind in kinds for number in (1, 2, 3)]
    with field.Place(url=None) as base:
        base.create()
        for fault, (code, lines) in in_parallel(base, faults):
            if code == 1:  # it was met when the log was opened
                tap.true(lines[-1].startswith('cannot open: audit_unavailable: journal'), lines[-1])
                continue
            tap.equal(code, 3, f'{fault}: exit code, {lines[-5:]}')
            count = counts_of(lines)[kinds[fault.partition(':')[0]]]
            tap.equal(count, number_of(fault), f'{fault}: attempts')


tap.run()
