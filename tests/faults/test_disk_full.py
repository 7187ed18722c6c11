"""Volumes that fill up under a keeper: the store's, the journal's; and a journal that goes away.

The volume is an ext4 file system in a file, else a tmpfs of a limited size; both need root. All
happens in a mount namespace of its own, so nothing stays mounted. ESEAL_FULL says how often the
disk fills (20).
"""
import errno
import os
import pathlib
import random
import shutil
import subprocess
import sys

import field
import tap

TIMES = field.number('ESEAL_FULL', 20)
SEED = field.number('ESEAL_SEED', random.randrange(1, 1 << 30))
MIB = 1 << 20


def succeeds(*command):
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def enter_namespace():
    """Start again where mounts are ours and go with us."""
    if 'ESEAL_OWN_MOUNTS' not in os.environ and succeeds('unshare', '-m', 'true'):
        os.environ['ESEAL_OWN_MOUNTS'] = '1'
        os.execvp('unshare', ['unshare', '-m', '--propagation', 'private', sys.executable, '-B',
                              *sys.argv])


def mount(place, size):
    """A volume of that size at place.volume; its kind. Skips the test where there is none."""
    image = f'{place.root}/image'
    if 'ESEAL_OWN_MOUNTS' not in os.environ:
        tap.skip('no mounts without root')
    with open(image, 'wb') as out:
        out.truncate(size)
    if succeeds('mkfs.ext4', '-q', '-b', '4096', '-m', '0', image) and \
            succeeds('mount', '-o', 'loop', image, place.volume):
        return 'ext4'
    if succeeds('mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', place.volume):
        return 'tmpfs'
    return tap.skip('neither loop devices nor tmpfs')


class Mounted(field.Place):
    """A place whose volume is small."""

    def __init__(self, size, **others):
        super().__init__(**others)
        try:
            field.say(f'volume of {size // MIB} MiB, {mount(self, size)}')
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        succeeds('umount', '-l', self.volume)
        super().__exit__()

    def fill(self, left):
        """Put ballast on the volume so that about left bytes are free."""
        free = os.statvfs(self.volume)
        size = free.f_bavail * free.f_frsize - left
        with open(f'{self.volume}/ballast', 'wb') as out:
            while size > 0:
                try:
                    return os.posix_fallocate(out.fileno(), 0, size)
                except OSError as error:  # the ballast's own bookkeeping needs room as well
                    tap.equal(error.errno, errno.ENOSPC, 'error number')
                    size -= 4096
        return None

    def free(self):
        os.unlink(f'{self.volume}/ballast')


def meet_the_end(place, left, errors):
    """A keeper until it meets the end of the disk, and after; True: it went on by itself."""
    place.fill(left)
    keeper = place.keeper('--check-tail', '--rate', '2000')
    field.until(lambda: len(keeper.find('error')) >= errors or keeper.find('alarm') or keeper.ended,
                'the disk to be full')
    place.free()
    went_on = keeper.await_acks(500)
    code = keeper.stop()
    tap.true(code in ((0,) if went_on else (0, 1, 3, 70)), f'ended with {code}')
    tap.equal(keeper.find('bad'), [], 'faults')
    told = {line.split()[1] for line in keeper.find('error')}
    tap.true(told <= {'cannot_write', 'audit_unavailable'}, f'errors {told}')
    return went_on


def go_on(place):
    keeper = place.keeper('--check-tail')
    tap.true(keeper.await_acks(), f'it goes on: {keeper.lines[-5:]}')
    tap.equal((keeper.stop(), keeper.find('bad')), (0, []), 'exit code and faults')


@tap.test
def nothing_acknowledged_is_lost_when_store_and_journal_are_full():
    field.say(f'ESEAL_SEED={SEED}')
    dice = random.Random(SEED)
    with Mounted(48 * MIB, url=None) as place:
        place.create()
        went_on = 0
        for turn in range(TIMES):
            went_on += meet_the_end(place, dice.randint(0, 1500) << 10, dice.randint(1, 30))
            go_on(place)
            if turn % 5 == 4:
                place.look()
        for line in place.look():
            field.say(f'{TIMES} times full, {went_on} went on by themselves, {line}')


@tap.test
def nothing_is_acknowledged_when_the_journal_is_full():
    with Mounted(16 * MIB, url=None) as place:
        place.url = f'sqlite:{place.root}/store.db'
        place.create()
        for left in (4096, 12288, 40960):
            go_on(place)
            place.fill(left)
            keeper = place.keeper()
            code = keeper.wait()
            tap.equal(code, 3, f'exit code, {keeper.lines[-5:]}')
            tap.true(keeper.find('alarm journal_failed'), 'no alarm')
            place.free()
        go_on(place)
        for line in place.look():
            field.say(line)


@tap.test
def nothing_is_acknowledged_without_the_journals_volume():
    with field.Place(url=None) as place:
        place.url = f'sqlite:{place.root}/store.db'
        keeper = place.create().keeper()
        keeper.await_line('first')
        names = [place.journal, place.journal + '.status']
        files = [open(name, 'rb') for name in names]  # pylint: disable=consider-using-with
        shutil.rmtree(place.volume)
        tap.equal(keeper.wait(), 3, 'exit code')
        acknowledged = field.size_of(place.acks)
        keeper = place.keeper()
        tap.equal(keeper.wait(), 1, 'exit code without a journal')
        tap.contains(keeper.lines[-1], 'cannot open: configuration')
        tap.equal(field.size_of(place.acks), acknowledged, 'acknowledged meanwhile')
        os.mkdir(place.volume)
        for name, file in zip(names, files):
            pathlib.Path(name).write_bytes(file.read())
            file.close()
        go_on(place)
        place.look()


if field.POSTGRES_URL is None:
    enter_namespace()
tap.run()
