"""The rules about checkpoints: table, journal, witnesses."""
from bundle import LINE_MAX, split_lines
from strict import json_parse, member, only
from tlog import MAP_HEAD, Malformed, checkpoint_parse, need, own_signature_holds


def same(checkpoint):
    """Two checkpoints are the same when this is."""
    return checkpoint.size, checkpoint.root


class Checkpoints:
    def __init__(self, verifier):
        self.verifier, self.report = verifier, verifier.report
        self.told = set()  # (rule, size, root) already reported
        self.table = self.signed("checkpoints.jsonl")
        self.journal = self.signed("journal.jsonl")
        self.since = [verifier.since] if verifier.since else []
        self.held = {}     # same(): holds

    def sizes(self):
        """Sizes at which roots are wanted."""
        return {checkpoint.size for checkpoint in self.table + self.journal + self.since}

    def once(self, rule, checkpoint, text):
        if (rule, *same(checkpoint)) not in self.told:
            self.told.add((rule, *same(checkpoint)))
            self.report.finding(rule, checkpoint.size, text)

    # ---- reading ----

    def signed(self, name):
        """Checkpoints of a file that are of their form and signed."""
        checkpoints = []
        for number, line in enumerate(split_lines(self.verifier.bundle.read(name) or b"")):
            try:
                checkpoint = self.line(line)
            except Malformed as error:
                self.report.finding("checkpoint_format", number, f"{name}: {error}")
                continue
            if own_signature_holds(checkpoint, self.verifier.key):
                checkpoints.append(checkpoint)
            else:
                self.once("checkpoint_signature", checkpoint,
                          "the log's own signature does not hold")
        return checkpoints

    def line(self, data):
        manifest = self.verifier.manifest
        need(data.endswith(b"\n") and len(data) <= LINE_MAX + 1, "no line end, or too long")
        value = json_parse(data[:-1])
        only(value, ("t", "log", "note"))
        member(value, "t", int)
        need(member(value, "log", str) == manifest.log, "another log")
        checkpoint = checkpoint_parse(member(value, "note", str))
        need(checkpoint.origin == manifest.origin, "another origin")
        return checkpoint

    # ---- judging ----

    def run(self):
        every = self.table + self.journal + self.since
        for checkpoint in every:
            self.held[same(checkpoint)] = self.holds(checkpoint)
        self.order(self.table, 1)
        self.order(self.journal, 0)
        self.forks(every)
        self.compare()
        newest = max((c.size for c in every if self.held[same(c)]), default=0)
        self.witnesses(newest)
        self.tail(newest)
        self.report.checkpoints = len({same(c) for c in self.table + self.journal})

    def holds(self, checkpoint):
        size, tree = checkpoint.size, self.verifier.tree
        if size > tree.size:
            self.once("checkpoint_beyond", checkpoint, f"there are {tree.size} leaves")
            return False
        if self.verifier.manifest.log == "status" and size:
            if self.verifier.place(size - 1).kind != MAP_HEAD:
                self.once("checkpoint_head", checkpoint, "last leaf is no map head")
        if size >= tree.first and tree.roots[size] != checkpoint.root:
            self.once("checkpoint_root", checkpoint, "root of the leaves is another")
            return False
        return True

    def order(self, checkpoints, step):
        for before, after in zip(checkpoints, checkpoints[1:]):
            if after.size < before.size + step:
                self.report.finding("checkpoint_order", after.size, f"behind {before.size}")

    def forks(self, checkpoints):
        sizes = sorted(size for size, _ in {same(checkpoint) for checkpoint in checkpoints})
        for size in {a for a, b in zip(sizes, sizes[1:]) if a == b}:
            self.report.finding("checkpoint_fork", size, "two signed checkpoints of one size")

    def compare(self):
        bundle = self.verifier.bundle
        pairs = (("journal_missing", self.table, self.journal, "journal.jsonl"),
                 ("table_missing", self.journal, self.table, "checkpoints.jsonl"))
        for rule, one, other, name in pairs:
            if bundle.read(name) is None:
                continue
            there = {same(checkpoint) for checkpoint in other}
            for checkpoint in one:
                if same(checkpoint) not in there:
                    self.once(rule, checkpoint, f"not in {name}")

    def witnesses(self, newest):
        policy, enough = self.verifier.policy, []
        for checkpoint in self.table:
            good, wrong = policy.witnessed(checkpoint)
            if wrong:
                self.report.finding("witness_signature", checkpoint.size,
                                    f"line of {', '.join(wrong)} does not hold")
            elif self.held[same(checkpoint)] and len(good) >= policy.quorum:
                enough.append(checkpoint.size)
        if policy.quorum and not enough:
            self.report.finding("witness_quorum", newest,
                                f"no checkpoint has {policy.quorum} witness lines")
        elif policy.quorum and max(enough) < newest:
            self.report.notice("unwitnessed_tail", max(enough),
                               f"{newest - max(enough)} signed leaves behind it")

    def tail(self, newest):
        count = self.verifier.tree.size
        if newest < count:
            self.report.notice("unsigned_tail", newest, f"{count - newest} leaves are not signed")
