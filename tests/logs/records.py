"""Records on either engine, and what an intruder does who owns their store.

The engine is PostgreSQL where tools/with-postgres started one, else SQLite. An `Engine` speaks SQL
as whoever can switch the guards off: the owner of the SQLite file, the superuser of the server.
"""
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "cli"), str(HERE.parent / "second")]

from tap import equal, true  # noqa: E402
import logverify  # noqa: E402

URL = os.environ.get("ESEAL_STORE_URL", "")
POSTGRES = URL.startswith("postgresql:")
AUDIT, STATUS = 11, 12  # log_id of the first epoch
TABLES = ("store_key", "log_head", "log_outbox", "log_leaf", "log_tile", "log_detail",
          "log_checkpoint", "log_cosign", "log_writer", "map_node", "map_item")


class Lite:
    """A SQLite file."""

    name = "sqlite"

    def __init__(self, path):
        self.path, self.kept = path, {}

    def rows(self, sql):
        """Texts; blobs by hex()."""
        connection = sqlite3.connect(self.path)
        try:
            return [[None if value is None else str(value) for value in row]
                    for row in connection.execute(sql)]
        finally:
            connection.close()

    def attack(self, sql):
        connection = sqlite3.connect(self.path)
        guards = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        drop = "".join(f"DROP TRIGGER {name};" for name, _ in guards)
        connection.executescript(f"BEGIN;{drop}{sql};{';'.join(s for _, s in guards)};COMMIT;")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def guarded(self, sql):
        """Whether the statement is refused while the guards are there."""
        connection = sqlite3.connect(self.path)
        try:
            connection.execute(sql)
        except sqlite3.IntegrityError as error:
            return "forbidden" in str(error)
        finally:
            connection.close()
        return False

    @staticmethod
    def hex(column):
        return f"lower(hex({column}))"

    @staticmethod
    def blob(data):
        return f"x'{data.hex()}'"

    def keep(self, name):
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self.path, f"{self.path}.{name}")

    def bring_back(self, name):
        for end in ("-wal", "-shm"):
            if os.path.exists(self.path + end):
                os.remove(self.path + end)
        shutil.copy(f"{self.path}.{name}", self.path)


class Postgres:
    """The database of tools/with-postgres, as the superuser."""

    name = "postgresql"

    def __init__(self):
        self.url = os.environ["ESEAL_PG_ADMIN_URL"]

    def psql(self, sql, *more):
        return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1",
                               *more, "-d", self.url], input=sql, text=True, capture_output=True,
                              check=False)

    def run(self, sql):
        done = self.psql(sql)
        equal((done.returncode, done.stderr), (0, ""), sql[:200])
        return done.stdout

    def rows(self, sql):
        return [line.split("\t") for line in self.run(sql + ";").splitlines()]

    def attack(self, sql):
        self.run(f"BEGIN; SET LOCAL session_replication_role = replica; {sql}; COMMIT;")

    def guarded(self, sql):
        done = self.psql(sql + ";")
        return done.returncode != 0 and "forbidden" in done.stderr

    @staticmethod
    def hex(column):
        return f"encode({column}, 'hex')"

    @staticmethod
    def blob(data):
        return f"'\\x{data.hex()}'::bytea"

    def keep(self, name):
        copies = "".join(f"CREATE TABLE kept_{name}.{table} AS TABLE public.{table};"
                         for table in TABLES)
        self.run(f"SET client_min_messages = error; DROP SCHEMA IF EXISTS kept_{name} CASCADE;"
                 f"CREATE SCHEMA kept_{name}; {copies}")

    def bring_back(self, name):
        # public.log_outbox has an identity of its own, which nothing here sets back.
        fill = "".join(f"INSERT INTO public.{table} OVERRIDING SYSTEM VALUE "
                       f"TABLE kept_{name}.{table};" for table in TABLES)
        self.attack(f"TRUNCATE {', '.join(TABLES)}; {fill[:-1]}")


class Records:
    """A records folder of a desk, its store and its journals."""

    def __init__(self, desk, name="records", host="seal.example.cn"):
        self.desk, self.name, self.bundles = desk, name, 0
        desk.good("log", "init", name, "--host", host, *(("--store", URL) if POSTGRES else ()))
        self.engine = Postgres() if POSTGRES else Lite(desk.file(name + "/records.db"))

    def log(self, verb, *words, **more):
        return self.desk.run("log", verb, self.name, *words, **more)

    def add(self, count=1, *words):
        for i in range(count):
            self.log("append", "--type", "EXPORTED", "--actor", "u-17", "--object",
                     f"document:2026-{i}", *words).expect(0)

    def keep(self, name):
        """Remember store and journals; bring_back() makes them so again."""
        self.engine.keep(name)
        shutil.copytree(self.desk.file(self.name + "/journal"),
                        self.desk.file(f"journal.{name}"), dirs_exist_ok=True)

    def bring_back(self, name, journal=True):
        self.engine.bring_back(name)
        if journal:
            folder = self.desk.file(self.name + "/journal")
            shutil.rmtree(folder)
            shutil.copytree(self.desk.file(f"journal.{name}"), folder)

    def leaves(self, log_id=AUDIT):
        rows = self.engine.rows(f"SELECT {self.engine.hex('leaf')} FROM log_leaf "
                                f"WHERE log_id = {log_id} ORDER BY idx")
        return [bytes.fromhex(row[0]) for row in rows]

    def sizes(self, log_id=AUDIT):
        """Of the checkpoints in the table."""
        return [int(row[0]) for row in self.engine.rows(
            f"SELECT size FROM log_checkpoint WHERE log_id = {log_id} ORDER BY size")]

    def export(self, *words, log="audit"):
        self.bundles += 1
        name = f"bundle-{self.bundles}"
        self.log("export", "--log", log, "-o", name, *words).expect(0)
        return name

    def findings(self, *words, log="audit", options=()):
        """{(rule, index)} of a fresh export; the second implementation must find the same."""
        return self.judge(self.export(*words, log=log), log, options)

    def judge(self, bundle, log="audit", options=()):
        key = f"{self.name}/{log}.pub"
        answer = self.desk.run("log", "verify", "--bundle", bundle, "--key", key, "--json",
                               *options)
        told = answer.json()["findings"]
        found = sorted(((f["rule"], f["index"]) for f in told if not f["notice"]), key=repr)
        equal(answer.code, 1 if found else 0, "exit code")
        equal(found, self.second(bundle, key, options), "findings, and those of the second program")
        return set(found)

    def second(self, bundle, key, options):
        """The same bundle judged by the second implementation."""
        words = dict(zip(options[::2], options[1::2]))
        policy = words.get("--witness-policy")
        since = words.get("--since")
        report = logverify.verify_bundle(
            self.desk.file(bundle), logverify.read_key(self.desk.file(key)),
            logverify.read_policy(self.desk.file(policy)) if policy else None,
            self.desk.read(since).decode() if since else None)
        return sorted(((f.rule, f.index) for f in report.findings), key=repr)


def holds(found, wanted, what="findings"):
    """All that is wanted was found, and nothing else."""
    true(found == wanted, f"{what}: missing {sorted(wanted - found, key=repr)}, "
                          f"too many {sorted(found - wanted, key=repr)}")


def entries(bundle):
    """The leaves of a bundle of one file."""
    data, at, found = pathlib.Path(bundle, "entries/000000.bin").read_bytes(), 0, []
    while at < len(data):
        length = int.from_bytes(data[at:at + 4], "big")
        found.append(data[at + 4:at + 4 + length])
        at += 4 + length
    return found
