"""The PostgreSQL server killed under a keeper at work, and started again; the keeper stays.

ESEAL_PG_KILLS says how often (5).
"""
import random
import time

import field
import tap

KILLS = field.number('ESEAL_PG_KILLS', 5)
SEED = field.number('ESEAL_SEED', random.randrange(1, 1 << 30))


def kill_and_start(keeper, dice, down_s):
    keeper.await_acks(dice.randint(1, 10000))
    field.server('kill')
    time.sleep(down_s)  # how long it is gone: at once, or long enough to be tried in vain
    field.server('start')
    began = time.monotonic()
    tap.true(keeper.await_acks(), f'it went on: {keeper.lines[-5:]}')
    return time.monotonic() - began


@tap.test
def a_keeper_outlives_kills_of_its_server():
    if field.POSTGRES_URL is None:
        tap.skip('no PostgreSQL server')
    field.say(f'ESEAL_SEED={SEED}')
    dice = random.Random(SEED)
    with field.Place() as place:
        keeper = place.create().keeper('--rate', '1000')
        keeper.await_line('first')
        times = sorted(kill_and_start(keeper, dice, 0.6 if turn % 4 == 1 else 0)
                       for turn in range(KILLS))
        field.say(f'goes on {times[len(times) // 2]:.3f} s (median), {times[-1]:.3f} s (longest) '
                  'after the server')
        tap.equal(keeper.stop(), 0, 'exit code')
        tap.equal(keeper.find('bad'), [], 'faults')
        unknown = len(keeper.find('error outcome_unknown'))
        for line in place.look():
            field.say(f'{KILLS} kills of the server, {unknown} unknown outcomes, {line}')


tap.run()
