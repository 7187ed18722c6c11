"""Keepers and the places they keep their logs in, for the fault tests.

The store is the one ESEAL_STORE_URL names (tools/with-postgres), else a SQLite file in the place.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'cli'))
import tap  # noqa: E402

KEEPER = sys.argv[1]
PATIENCE_S = 60  # for what must come; how soon is not judged
POSTGRES_URL = os.environ.get('ESEAL_STORE_URL')

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that folders are removed


def number(variable, absent):
    """A positive number from the environment, or absent."""
    text = os.environ.get(variable, '')
    return int(text) if text.isdigit() and int(text) > 0 else absent


def say(*words):
    print('#', *words, flush=True)


def until(condition, what, patience_s=PATIENCE_S):
    """Wait until condition() is true; its value."""
    deadline = time.monotonic() + patience_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            tap.fail(f'waited {patience_s} s for {what}')
        time.sleep(0.002)
    return value


class Place:
    """A folder with journal, lists of acknowledged entries and, on SQLite, the store."""

    def __init__(self, folder=None, status=True, url=POSTGRES_URL):
        self.root = folder or tempfile.mkdtemp(prefix='eseal-faults-')
        self.volume = f'{self.root}/volume'  # store and journal; may be mounted by the test
        os.makedirs(self.volume, exist_ok=True)
        self.journal = f'{self.volume}/journal'
        self.acks = f'{self.root}/acks'
        self.url = url or f'sqlite:{self.volume}/store.db'
        self.status = ['--status'] if status else []
        self.bundles = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def create(self):
        done = subprocess.run([KEEPER, 'create', '--url', self.url, '--journal', self.journal,
                               *self.status], capture_output=True, text=True, check=False)
        tap.equal((done.returncode, done.stdout + done.stderr), (0, ''), 'create')
        return self

    def keeper(self, *options, url=None, journal=None, acks=None):
        return Keeper(['--url', url or self.url, '--journal', journal or self.journal,
                       '--acks', acks or self.acks, *self.status, *options], acks or self.acks)

    def look(self, journal=None, acks=None):
        """Fail when anything is not as it must be; the lines that count."""
        self.bundles += 1
        folder = f'{self.root}/bundles-{self.bundles}'
        os.mkdir(folder)
        args = [KEEPER, 'look', '--url', self.url, '--journal', journal or self.journal,
                '--bundles', folder, *self.status]
        for path in acks or [self.acks]:
            args += ['--acks', path]
        done = subprocess.run(args, capture_output=True, text=True, check=False)
        shutil.rmtree(folder)
        lines = done.stdout.splitlines()
        if done.returncode != 0:
            shown = [line for line in lines if not line.startswith('alarm')]
            tap.fail(f'look ended with {done.returncode}: ' + '\n'.join(shown[:12]) + done.stderr)
        return [line for line in lines if ' acks ' in line]


def size_of(path):
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


class Keeper:
    """A process that writes until it is told to stop; its lines are kept."""

    def __init__(self, options, acks):
        self.acks = acks
        self.lines = []
        self.told = threading.Condition()
        self.process = subprocess.Popen([KEEPER, 'run', *options], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.ended = False
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.told:
                self.lines.append(line.rstrip('\n'))
                self.told.notify_all()
        with self.told:
            self.ended = True
            self.told.notify_all()

    def find(self, start):
        return [line for line in list(self.lines) if line.startswith(start)]

    def await_line(self, start, count=1):
        """Wait for a line that begins so; None: the process ended without it."""
        with self.told:
            if not self.told.wait_for(lambda: self.ended or len(self.find(start)) >= count,
                                      PATIENCE_S):
                tap.fail(f'waited for "{start}"; the last lines are {self.lines[-3:]}')
        found = self.find(start)
        return found[-1] if len(found) >= count else None

    def await_acks(self, more=1):
        """Wait until so many bytes were acknowledged from now on, or the end; True: they were."""
        target = size_of(self.acks) + more
        until(lambda: size_of(self.acks) >= target or self.process.poll() is not None,
              f'acknowledged entries; the last lines are {self.lines[-3:]}')
        return size_of(self.acks) >= target

    def signal(self, which):
        self.process.send_signal(which)

    def wait(self):
        """The exit code."""
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            tap.fail(f'the keeper does not end; its last lines are {self.lines[-3:]}')
        self.reader.join()
        self.process.stdout.close()
        return code

    def kill(self):
        self.process.kill()
        return self.wait()

    def stop(self):
        """End in order; the exit code."""
        self.process.terminate()
        return self.wait()


def sql(statement):
    """Run a statement as the superuser of the PostgreSQL server; its first column as lines."""
    done = subprocess.run(['psql', '-X', '-q', '-A', '-t', '-d', os.environ['ESEAL_PG_ADMIN_URL'],
                           '-c', statement], capture_output=True, text=True, check=True)
    return done.stdout.split('\n')[:-1]


def server(verb):
    subprocess.run([os.environ['ESEAL_PG_CTL'], verb], check=True)
