"""A policy: whom to believe. Lines `log ORIGIN POINT`, `witness NAME POINT`, `quorum N of NAME …`.

Nothing stands there twice, no key under two names of witnesses, and a quorum names all of them,
behind their lines. "#" begins a comment.
"""
import dataclasses
import pathlib

from sm import point_decode
from tlog import Malformed, clean_text, decimal, log_name, need, witness_line


@dataclasses.dataclass
class Policy:
    logs: dict       # origin: point
    witnesses: dict  # name: point
    quorum: int = 0

    def witnessed(self, checkpoint):
        """({name: time} of witnesses whose lines hold, names of those whose do not)."""
        good, wrong = {}, []
        for name, public in self.witnesses.items():
            time = witness_line(checkpoint, name, public)
            if time is False:
                wrong.append(name)
            elif time is not None:
                good[name] = time
        return good, wrong


def point(text):
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise Malformed("point is not hex") from error
    need(len(text) == 130 and point_decode(data), "no point of the curve")
    return data


def _line(policy, words):
    if words[0] in ("log", "witness") and len(words) == 3:
        table = policy.logs if words[0] == "log" else policy.witnesses
        need(words[1] not in table, f"{words[1]} named twice")
        key = point(words[2])
        need(words[0] == "log" or key not in table.values(), "one key for two witnesses")
        need(words[0] == "witness" or log_name(words[1]), "origin")
        table[words[1]] = key
    elif words[0] == "quorum" and len(words) >= 4 and words[2] == "of":
        need(sorted(words[3:]) == sorted(policy.witnesses), "a quorum names all witnesses once")
        policy.quorum = decimal(words[1])
        need(policy.quorum <= len(policy.witnesses), "quorum above the number of witnesses")
    else:
        raise Malformed(f"policy line {' '.join(words)!r}")


def policy_parse(text):
    policy, quorums = Policy({}, {}), 0
    for line in text.split("\n"):
        words = line.split("#", 1)[0].split()
        if words:
            need(quorums == 0 or words[0] == "log", "witness or quorum behind the quorum")
            quorums += words[0] == "quorum"
            _line(policy, words)
    return policy


def policy_read(path):
    lines = pathlib.Path(path).read_bytes().replace(b"\t", b" ").split(b"\n")
    return policy_parse("\n".join(clean_text(line.rstrip(b"\r")) for line in lines))
