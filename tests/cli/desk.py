"""A desk: a folder of its own, an environment without anything of the user's, and the program."""
import json
import os
import subprocess
import sys
import tempfile

ESEAL = os.path.abspath(sys.argv[1])
PASSWORD = "correct horse 电池"


class Answer:
    """What one run of the program said: exit code, standard output and error as bytes."""

    def __init__(self, words, code, out, err):
        self.words, self.code, self.raw, self.raw_err = words, code, out, err

    @property
    def out(self):
        return self.raw.decode("utf-8", "replace")

    @property
    def err(self):
        return self.raw_err.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def expect(self, code, *parts):
        """Exit code, and words that stand in the output or the message."""
        said = self.out if len(self.raw) < 65536 else ""
        told = f"{' '.join(self.words)}\n  exit {self.code}, wanted {code}\n{said}{self.err}"
        if self.code != code:
            raise AssertionError(told)
        for part in parts:
            if part not in said + self.err:
                raise AssertionError(f"no {part!r} in: {told}")
        return self


class Desk:
    """One folder, removed at the end of the process."""

    def __init__(self, password=True):
        self._folder = tempfile.TemporaryDirectory(prefix="eseal-cli-")
        self.path = self._folder.name
        home = self.file("home")
        os.mkdir(home)
        self.env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": home, "LC_ALL": "C",
                    "ESEAL_LANG": "en", "ESEAL_KEYS": self.file("keys")}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "ESEAL_FONTS", "TZ"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        if password:
            self.write("password", PASSWORD + "\n", 0o600)
            self.env["ESEAL_PASSWORD_FILE"] = self.file("password")

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, name, content, mode=0o644):
        data = content.encode("utf-8") if isinstance(content, str) else content
        path = self.file(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(data)
        os.chmod(path, mode)
        return path

    def read(self, name):
        with open(self.file(name), "rb") as file:
            return file.read()

    def exists(self, name):
        return os.path.lexists(self.file(name))

    def names(self, folder="."):
        return sorted(os.listdir(self.file(folder)))

    def environment(self, changes):
        env = dict(self.env)
        for name, value in (changes or {}).items():
            if value is None:
                env.pop(name, None)
            else:
                env[name] = value
        return env

    def run(self, *words, env=None, stdin=b"", timeout=120, **more):
        """Run eseal with these words in this folder."""
        words = [str(w) for w in words]
        if "stdout" not in more:
            more["stdout"] = subprocess.PIPE
        if not isinstance(stdin, bytes):
            more["stdin"] = stdin
        done = subprocess.run([ESEAL, *words], cwd=self.path, env=self.environment(env),
                              input=stdin if isinstance(stdin, bytes) else None,
                              stderr=subprocess.PIPE, timeout=timeout, check=False, **more)
        return Answer(["eseal", *words], done.returncode, done.stdout or b"", done.stderr)

    def good(self, *words, **more):
        return self.run(*words, **more).expect(0)

    def shell(self, script, env=None, timeout=120):
        """Run a line of shell, where $ESEAL is the program."""
        changes = {"ESEAL": ESEAL, **(env or {})}
        done = subprocess.run(["sh", "-c", script], cwd=self.path, env=self.environment(changes),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                              check=False)
        return Answer([script], done.returncode, done.stdout, done.stderr)

    def start(self, *words, env=None, **more):
        """Start eseal and leave it running; the caller ends it."""
        return subprocess.Popen([ESEAL, *[str(w) for w in words]], cwd=self.path,
                                env=self.environment(env), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **more)

    def openssl(self, *words, stdin=None):
        done = subprocess.run(["openssl", *[str(w) for w in words]], cwd=self.path, input=stdin,
                              env=self.environment(None), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, check=False)
        return Answer(["openssl", *[str(w) for w in words]], done.returncode, done.stdout,
                      done.stderr)
