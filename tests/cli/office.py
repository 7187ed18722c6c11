"""An office with everything needed for sealing: authority, maker, signer, seal, folder of trust."""
import contextlib
import os
import shutil
import struct
import time
import zlib

from desk import Desk


def iso(seconds_from_now):
    """A time as the command line takes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds_from_now))


DAY = 86400


def red_square(side):
    """A PNG of 150 dpi: a red frame on transparent ground. No font is needed for it."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))

    edge = range(6, side - 6)
    rows = b"".join(b"\0" + b"".join(b"\xe6\x00\x12\x00" if x in edge and y in edge
                                    else b"\xe6\x00\x12\xff" for x in range(side))
                    for y in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"pHYs", struct.pack(">IIB", 5906, 5906, 1))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Office(Desk):
    """Names in its folder: ca, maker.pem, signer.pem, tsa.pem, imprint.png, office.esl, trust."""

    def __init__(self):
        super().__init__()
        self.env["ESEAL_TRUST"] = self.file("trust")
        for folder in ("roots", "makers", "crls", "states", "tsa"):
            os.makedirs(self.file("trust/" + folder))
        self.good("ca", "init", "ca", "--name", "测试根证书", "--from", iso(-3 * DAY))
        for name in ("maker", "signer"):
            self.good("key", "new", name)
        self.issue("maker", "测试制章中心")
        self.issue("signer", "测试市档案局")
        self.publish_crl()
        shutil.copy(self.file("ca/ca.pem"), self.file("trust/roots/ca.pem"))
        shutil.copy(self.file("maker.pem"), self.file("trust/makers/maker.pem"))
        self.write("imprint.png", red_square(236))
        self.make_seal("office.esl")
        self.state("office.esl", "active@" + iso(-DAY)[:10])

    def issue(self, name, title, *more, use=None):
        # Valid from before now: a time on the command line has whole seconds.
        self.good("ca", "issue", "ca", "--use", use or name, "--name", title, "--key", name,
                  "-o", name + ".pem", "--from", iso(-2 * DAY), *more)

    def publish_crl(self):
        self.good("ca", "crl", "ca", "-o", "trust/crls/ca.crl", "--force")

    def make_seal(self, path, *more, signer="signer.pem", start=None):
        self.good("seal", "make", "-o", path, "--name", "测试市档案局", "--picture", "imprint.png",
                  "--size", "40x40", "--signer", signer, "--maker", "maker.pem", "--key", "maker",
                  "--from", start or iso(-DAY), *more)

    def state(self, seal, *events):
        words = [word for event in events for word in ("--event", event)]
        self.good("seal", "state", seal, *words, "--signer", "maker.pem", "--key", "maker",
                  "-o", f"trust/states/{os.path.basename(seal)}.json", "--force")

    def with_tsa(self):
        """Key, certificate and trust for a time-stamp authority."""
        if not self.exists("tsa.pem"):
            self.good("key", "new", "tsa")
            self.issue("tsa", "测试时间戳")
            shutil.copy(self.file("tsa.pem"), self.file("trust/tsa/tsa.pem"))

    @contextlib.contextmanager
    def tsa(self):
        """A running time-stamp authority; gives its URL."""
        self.with_tsa()
        process = self.start("tsa", "--cert", "tsa.pem", "--key", "tsa", "--port", "0")
        try:
            yield process.stdout.readline().decode().strip()
        finally:
            process.terminate()
            process.communicate(timeout=20)

    def sign(self, source, target, *more, **kwargs):
        return self.run("sign", source, "-o", target, "--seal", "office.esl", "--key", "signer",
                        *more, **kwargs)

    def sealed(self, source, target, *more):
        self.sign(source, target, *more).expect(0)
        return target

    def verdict(self, path, *more):
        """The report of one file, as its JSON says."""
        return self.run("verify", path, "--json", *more).json()

    def outcome(self, path, *more):
        return self.verdict(path, *more)["outcome"]
