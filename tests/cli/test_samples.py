"""Documents of other makers: each is sealed, verifies, is a sound ZIP, and shows the stamp."""
import csv
import os
import subprocess
import zipfile

import ofdfile
from office import Office
from tap import cases, equal, near, run, test, true

FOLDER = os.environ.get("ESEAL_SAMPLES", "")
SIZE = 10  # mm; small enough for every page among the samples


def rows(kind):
    path = os.path.join(FOLDER, "expected.tsv")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return [r for r in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
                if r["file"].startswith(kind) and r["file"].endswith(".ofd")]


unsigned = rows("unsigned/")
if not unsigned:
    print("1..0 # SKIP samples absent")
    raise SystemExit(0)

office = Office()
office.good("seal", "make", "-o", "small.esl", "--name", "测试小章", "--picture", "imprint.png",
            "--size", f"{SIZE}x{SIZE}", "--signer", "signer.pem", "--maker", "maker.pem", "--key",
            "maker", "--from", "now-1d")
office.state("small.esl", "active@now-1d")


def sign(row, target):
    return office.run("sign", os.path.join(FOLDER, row["file"]), "-o", target, "--seal",
                      "small.esl", "--key", "signer", "--page", "last", "--at", "5,7")


@cases([r["file"] for r in unsigned if r["expected"] == "unsigned"])
def sealed_verified_unzipped(name):
    row = next(r for r in unsigned if r["file"] == name)
    target = office.file(os.path.basename(name))
    sign(row, target).expect(0)
    report = office.verdict(target)
    equal(report["outcome"], "valid",
          f"outcome ({[c['id'] for s in report['signatures'] for c in s['codes']]})")
    with zipfile.ZipFile(target) as package:
        equal(package.testzip(), None, "first bad entry")
    if subprocess.run(["unzip", "-v"], stdout=subprocess.DEVNULL, check=False).returncode == 0:
        subprocess.run(["unzip", "-tqq", target], check=True, stdout=subprocess.DEVNULL)
    stamps = ofdfile.stamps(target)
    equal(len(stamps), 1, "stamps")
    equal(stamps[0]["page"], int(row["pages"]), "page")
    equal(stamps[0]["box"], [5, 7, SIZE, SIZE], "box")


@cases([r["file"] for r in unsigned if r["expected"] == "malformed"])
def refused(name):
    row = next(r for r in unsigned if r["file"] == name)
    sign(row, "never.ofd").expect(65, os.path.basename(name))
    true(not office.exists("never.ofd"), "output was written")


@cases([r["file"] for r in unsigned if r["expected"] == "unsigned"])
def kept_bytes(name):
    source, target = os.path.join(FOLDER, name), office.file(os.path.basename(name))
    before, after = ofdfile.compressed_entries(source), ofdfile.compressed_entries(target)
    changed = [n for n, entry in before.items() if after.get(n) != entry]
    true(len(changed) <= 2, f"changed entries: {changed}")
    equal([n for n in changed if not n.endswith(("OFD.xml", "Signatures.xml"))], [])


run()
