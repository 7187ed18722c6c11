"""Keepers killed by SIGKILL at each step of the sequencer and at any moment, under load.

ESEAL_KILLS says how many kills (30); ESEAL_SEED repeats a run.
"""
import random
import re
import shutil
import signal
import sqlite3
import time

import field
import tap

STEPS = ['read', 'built', 'stored', 'committed', 'read-back', 'signed', 'journalled', 'published']
KILLS = field.number('ESEAL_KILLS', 30)
SEED = field.number('ESEAL_SEED', random.randrange(1, 1 << 30))


class Campaign:
    """Starts keepers on one place, one after the other, and ends each by a kill."""

    def __init__(self, place):
        self.place = place
        self.dice = random.Random(SEED)
        self.killed_at = None
        self.ready_s = []
        self.at_work_s = 0
        self.began = None

    def start(self, *options):
        self.began = None
        return self.place.keeper('--check-tail', '--rate', '2000', *options)

    def note_ready(self, keeper):
        """Entries are acknowledged again."""
        if not keeper.await_line('first'):
            return
        self.began = time.monotonic()
        if self.killed_at is not None:
            self.ready_s.append(self.began - self.killed_at)

    def note_end(self):
        self.killed_at = time.monotonic()
        if self.began is not None:
            self.at_work_s += self.killed_at - self.began

    def at_step(self, step):
        keeper = self.start('--die', f'{step}:{self.dice.randint(1, 40)}')
        self.note_ready(keeper)
        return keeper.wait()

    def at_any_moment(self):
        keeper = self.start()
        if self.dice.random() < 0.3:  # perhaps before it is ready
            time.sleep(self.dice.random() * 0.1)
        else:
            self.note_ready(keeper)
            keeper.await_acks(self.dice.randint(1, 20000))
        return keeper.kill()

    def one(self, number):
        if number % 3 == 2:
            code, where = self.at_any_moment(), 'any moment'
        else:
            where = STEPS[(number - number // 3) % len(STEPS)]
            code = self.at_step(where)
        self.note_end()
        tap.equal(code, -signal.SIGKILL, f'exit code of kill {number} at {where}')

    def report(self, lines):
        times = sorted(self.ready_s)
        if times:
            field.say(f'ready again after {times[len(times) // 2]:.3f} s (median), '
                      f'{times[-1]:.3f} s (longest)')
        entries = sum(int(line.split()[2]) for line in lines)
        field.say(f'{entries / self.at_work_s:.0f} entries acknowledged a second while at work')
        for line in lines:
            field.say(f'{KILLS} kills, {line}')


@tap.test
def what_was_acknowledged_before_kills_is_in_the_log_once():
    field.say(f'ESEAL_SEED={SEED}')
    with field.Place() as place:
        campaign = Campaign(place.create())
        for number in range(KILLS):
            campaign.one(number)
        keeper = campaign.start()
        campaign.note_ready(keeper)
        tap.equal(keeper.stop(), 0, 'exit code at the end')
        tap.equal(keeper.find('bad'), [], 'faults')
        campaign.report(place.look())


def damaged(place):
    """Ways to spoil a store at rest, each with the word that look must find for it."""
    database = place.url.removeprefix('sqlite:')
    made_up = f'audit {"07" * 16} 1 nobody-1\n'

    def change(statement):
        with sqlite3.connect(database) as connection:
            connection.execute(statement)
        connection.close()

    def spoil_acks(text):
        with open(place.acks, 'a', encoding='utf-8') as out:
            out.write(text)

    with open(place.acks, encoding='utf-8') as acks:
        log, entry, index, name = acks.readline().split()
    return {
        'lost': lambda: spoil_acks(made_up),
        'not where it was acknowledged':
            lambda: spoil_acks(f'{log} {entry} {int(index) + 1} {name}\n'),
        'changes without their entry':
            lambda: change("INSERT INTO fault_change VALUES ('x', x'01', NULL)"),
        'entries without their change':
            lambda: change('DELETE FROM fault_change WHERE rowid = 1'),
        'chain|leaf|tile|root':
            lambda: change('UPDATE log_tile SET hashes = zeroblob(length(hashes)) '
                           'WHERE level = 0 AND n = 0 AND log_id = 11'),
    }


@tap.test
def what_is_spoiled_at_rest_is_found():
    if field.POSTGRES_URL is not None:
        tap.skip('shown over SQLite')
    with field.Place() as place:
        tap.equal(place.create().keeper('--entries', '40').wait(), 0, 'exit code')
        place.look()
        kept = f'{place.root}-kept'
        shutil.copytree(place.root, kept)
        try:
            for word, spoil in damaged(place).items():
                spoil()
                try:
                    place.look()
                except AssertionError as found:
                    tap.true(re.search(word, str(found)), f'wanted {word}, found {found}')
                else:
                    tap.fail(f'not found: {word}')
                shutil.rmtree(place.root)
                shutil.copytree(kept, place.root)
        finally:
            shutil.rmtree(kept)


tap.run()
