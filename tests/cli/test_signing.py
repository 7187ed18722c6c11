"""Sealing: locks, repetition, editions, time, signatures made elsewhere, bytes kept, refusals."""
import os
import re
import subprocess
import zipfile

import ofdfile
from office import DAY, Office, iso
from tap import cases, contains, equal, lacks, run, skip, test, true

office = Office()
plain = ofdfile.write(office.file("plain.ofd"), 3, extra={
    "Doc_0/Res/blob.bin": os.urandom(5000), "Doc_0/Res/text.txt": "重复" * 4000})
AT = ("--at", "20,30")


def path(name):
    return office.file(name)


def make_prepared(name, *more):
    """--prepare: the saved state and the bytes to be signed."""
    office.good("sign", plain, "--seal", "office.esl", *AT, "--prepare", name + ".prepared",
                "-o", name + ".tbs", *more)


def sign_with_openssl(name):
    """The signature of NAME.tbs by the openssl command, key as exported and still encrypted."""
    if not office.exists("signer.p8"):
        office.good("key", "export", "signer", "-o", "signer.p8")
    office.openssl("pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-inkey", "signer.p8",
                   "-passin", "file:" + office.file("password"),
                   "-pkeyopt", "distid:1234567812345678",
                   "-in", name + ".tbs", "-out", name + ".sig").expect(0)


def complete(name, target, *more, signature=None):
    return office.run("sign", plain, "--complete", name + ".prepared", "--signature",
                      signature or name + ".sig", "-o", target, *more)


def first_version(name):
    """The version number of TBS_Sign, as openssl reads it."""
    with zipfile.ZipFile(path(name)) as package:
        value = next(n for n in package.namelist() if n.endswith("SignedValue.dat"))
        office.write("value.der", package.read(value))
    text = office.openssl("asn1parse", "-inform", "DER", "-in", "value.der").expect(0).out
    return re.search(r"INTEGER\s+:([0-9A-F]+)", text).group(1)


@test
def a_locked_document_takes_no_further_seal():
    office.sealed(plain, path("locked.ofd"), *AT, "--lock")
    equal(office.outcome("locked.ofd"), "valid")
    office.sign("locked.ofd", "never.ofd", "--at", "90,30").expect(75, "already_locked")
    true(not office.exists("never.ofd"), "output was written")


@test
def five_seals_one_after_the_other_are_all_valid():
    source = plain
    for i in range(5):
        source = office.sealed(source, path(f"times-{i + 1}.ofd"), "--at", f"{20 + 10 * i},30")
    report = office.verdict(source)
    equal(report["outcome"], "valid")
    equal([s["outcome"] for s in report["signatures"]], ["valid"] * 5)
    equal(len(ofdfile.signature_files(source)), 5)


@test
def sealing_again_keeps_the_earlier_seals_bytes():
    first = office.sealed(plain, path("again-1.ofd"), *AT)
    second = office.sealed(first, path("again-2.ofd"), "--at", "80,30")
    before, after = ofdfile.compressed_entries(first), ofdfile.compressed_entries(second)
    for name, entry in before.items():
        if not name.endswith("Signatures.xml"):
            equal(after.get(name) == entry, True, name)


@cases(["2014", "2020", "2025"])
def seal_and_signature_of_edition(year):
    office.make_seal(f"seal-{year}.esl", "--edition", year)
    office.state(f"seal-{year}.esl", "active@" + iso(-DAY)[:10])
    office.good("sign", plain, "-o", f"edition-{year}.ofd", "--seal", f"seal-{year}.esl",
                "--key", "signer", *AT, "--edition", year)
    report = office.verdict(f"edition-{year}.ofd")
    equal(report["outcome"], "valid")
    equal(first_version(f"edition-{year}.ofd"), {"2014": "01", "2020": "04", "2025": "05"}[year])


@test
def an_unknown_edition_is_wrong_use():
    for year in ("2019", "20", "x"):
        office.sign(plain, "never.ofd", *AT, "--edition", year).expect(64, "--edition")


@test
def time_sets_the_time_of_sealing():
    office.sealed(plain, path("time.ofd"), *AT, "--time", iso(-3600))
    report = office.verdict("time.ofd")
    contains(str(report["signatures"][0]), iso(-3600)[:15], "report")


@test
def a_time_outside_the_seals_period_is_refused():
    for when in (iso(-30 * DAY), "2001-01-01"):
        answer = office.sign(plain, "never.ofd", *AT, "--time", when)
        equal(answer.code, 75, "exit code")


@test
def the_output_is_a_sound_zip_for_others():
    target = office.sealed(plain, path("zip.ofd"), *AT)
    with zipfile.ZipFile(target) as package:
        equal(package.testzip(), None, "first bad entry")
    try:
        subprocess.run(["unzip", "-tqq", target], check=True, stdout=subprocess.PIPE)
    except FileNotFoundError:
        skip("unzip is not installed")


@test
def untouched_entries_keep_their_compressed_bytes():
    target = office.sealed(plain, path("bytes.ofd"), *AT)
    before, after = ofdfile.compressed_entries(plain), ofdfile.compressed_entries(target)
    changed = [n for n, entry in before.items() if after.get(n) != entry]
    equal(changed, ["OFD.xml"], "changed entries")
    true(len(after) > len(before), "nothing was added")


@test
def openssl_signs_what_prepare_wrote_and_complete_makes_it_a_seal():
    make_prepared("there")
    sign_with_openssl("there")
    complete("there", "there.ofd").expect(0)
    equal(office.outcome("there.ofd"), "valid")


@test
def a_signature_of_64_bytes_is_taken_as_well():
    make_prepared("raw")
    sign_with_openssl("raw")
    der = office.read("raw.sig")
    values, rest = [], der[2:]
    while rest:
        values.append(rest[2:2 + rest[1]].lstrip(b"\0").rjust(32, b"\0"))
        rest = rest[2 + rest[1]:]
    office.write("raw.sig", b"".join(values))
    complete("raw", "raw.ofd").expect(0)
    equal(office.outcome("raw.ofd"), "valid")


@test
def the_same_input_time_and_signature_give_the_same_bytes():
    when = iso(-60)
    make_prepared("twice-a", "--time", when)
    make_prepared("twice-b", "--time", when)
    equal(office.read("twice-a.tbs") == office.read("twice-b.tbs"), True, "bytes to be signed")
    sign_with_openssl("twice-a")
    complete("twice-a", "twice-a.ofd").expect(0)
    complete("twice-b", "twice-b.ofd", signature="twice-a.sig").expect(0)
    equal(office.read("twice-a.ofd") == office.read("twice-b.ofd"), True, "documents")


@test
def a_wrong_signature_does_not_become_a_seal():
    make_prepared("wrong")
    make_prepared("other", "--time", iso(-7200))
    sign_with_openssl("other")
    answer = complete("wrong", "wrong.ofd", signature="other.sig")
    true(answer.code in (65, 70), f"exit {answer.code}: {answer.err}")
    true(answer.err != "", "no message")
    true(not office.exists("wrong.ofd"), "output was written")


@test
def a_prepared_sealing_of_another_document_is_refused():
    make_prepared("mixed")
    sign_with_openssl("mixed")
    ofdfile.write(path("other.ofd"), 4)
    answer = office.run("sign", "other.ofd", "--complete", "mixed.prepared", "--signature",
                        "mixed.sig", "-o", "mixed.ofd")
    true(answer.code in (65, 75), f"exit {answer.code}: {answer.err}")
    true(not office.exists("mixed.ofd"), "output was written")


@test
def damaged_prepared_files_are_refused():
    make_prepared("cut")
    sign_with_openssl("cut")
    whole = office.read("cut.prepared")
    for length in (0, 1, 16, len(whole) // 2, len(whole) - 1):
        office.write("cut.prepared", whole[:length])
        answer = complete("cut", "cut.ofd")
        equal(answer.code, 65, f"exit code at {length} bytes")
    true(not office.exists("cut.ofd"), "output was written")


@test
def prepare_and_complete_exclude_each_other():
    office.run("sign", plain, "--prepare", "x", "--complete", "y", "-o", "z").expect(64)


@test
def complete_without_signature_is_wrong_use():
    make_prepared("nosig")
    office.run("sign", plain, "--complete", "nosig.prepared", "-o", "z.ofd").expect(
        64, "--signature")


@test
def a_time_stamp_becomes_proof_of_the_time():
    with office.tsa() as url:
        contains(url, "http://127.0.0.1:", "address")
        office.sealed(plain, path("stamped.ofd"), *AT, "--tsa", url)
    report = office.verdict("stamped.ofd")
    equal(report["outcome"], "valid")
    lacks(str(report), "time_claimed_only", "report")
    contains(office.good("verify", "stamped.ofd").out, "proved", "text")
    office.publish_crl()  # strict wants revocation data from after the proved time
    # strict but for the log proof, which tests/cli/test_records.py has
    office.write("stamped.policy", '{"id":"stamped","version":1,"base":"strict","effects":{},'
                 '"state":"required"}')
    office.good("verify", "stamped.ofd", "--policy", "stamped.policy")


@test
def a_time_stamp_can_be_added_when_completing():
    make_prepared("stamped-later")
    sign_with_openssl("stamped-later")
    with office.tsa() as url:
        complete("stamped-later", "stamped-later.ofd", "--tsa", url).expect(0)
    lacks(str(office.verdict("stamped-later.ofd")), "time_claimed_only", "report")


@test
def a_time_stamp_service_that_is_down_leaves_nothing_behind():
    before = office.names()
    office.sign(plain, "never.ofd", *AT, "--tsa", "http://127.0.0.1:9/").expect(
        69, "timestamp_unavailable")
    equal(office.names(), before, "files")


@test
def a_time_stamp_url_that_is_none_is_refused():
    for url in ("nonsense", "file:///etc/passwd", "ftp://127.0.0.1/", ""):
        answer = office.sign(plain, "never.ofd", *AT, "--tsa", url)
        true(answer.code in (64, 69), f"{url}: exit {answer.code}")
    true(not office.exists("never.ofd"), "output was written")


@test
def a_signature_without_a_seal_is_made_with_a_certificate():
    office.good("sign", plain, "-o", "signed.ofd", "--cert", "signer.pem", "--key", "signer")
    report = office.verdict("signed.ofd")
    equal(report["outcome"], "valid")
    equal(report["signatures"][0]["seal"], None)


@test
def an_encrypted_document_is_refused():
    ofdfile.write(path("encrypted.ofd"), 1, extra={"Doc_0/Encryptions.xml": "<x/>"})
    ofdfile.change_entry(path("encrypted.ofd"), path("encrypted2.ofd"), "OFD.xml",
                         lambda d: d.replace(b"</ofd:DocRoot>", b"</ofd:DocRoot>"
                                             b"<ofd:Encryptions>Doc_0/Encryptions.xml"
                                             b"</ofd:Encryptions>"))
    with zipfile.ZipFile(path("encrypted2.ofd"), "a") as package:
        package.writestr("Encryptions.xml", "<Encryptions/>")
    office.sign("encrypted2.ofd", "never.ofd", *AT).expect(65, "document_encrypted")


@test
def a_document_that_forbids_signatures_is_refused():
    ofdfile.write(path("barred.ofd"), 1, document="<ofd:Permissions><ofd:Signature>false"
                  "</ofd:Signature></ofd:Permissions>")
    office.sign("barred.ofd", "never.ofd", *AT).expect(75, "signature_forbidden")


@test
def a_document_that_allows_signatures_is_sealed():
    ofdfile.write(path("allowed.ofd"), 1, document="<ofd:Permissions><ofd:Signature>true"
                  "</ofd:Signature></ofd:Permissions>")
    office.sealed("allowed.ofd", path("allowed-sealed.ofd"), *AT)


@test
def a_classified_document_is_refused():
    ofdfile.write(path("classified.ofd"), 1, doc_info="<ofd:CustomDatas><ofd:CustomData "
                  'Name="doc.MJHBMQX">秘密★1年</ofd:CustomData></ofd:CustomDatas>')
    office.sign("classified.ofd", "never.ofd", *AT).expect(75, "classified_refused")


@test
def malformed_documents_are_refused():
    whole = open(plain, "rb").read()
    office.write("empty.ofd", b"")
    office.write("cut.ofd", whole[:len(whole) // 2])
    office.write("text.ofd", "just text")
    ofdfile.change_entry(plain, path("xml.ofd"), "OFD.xml", lambda d: d[:-20])
    ofdfile.change_entry(plain, path("dtd.ofd"), "OFD.xml",
                         lambda d: d.replace(b"?>\n", b'?><!DOCTYPE a [<!ENTITY b "c">]>', 1))
    for name in ("empty", "cut", "text", "xml", "dtd"):
        answer = office.sign(name + ".ofd", "never.ofd", *AT)
        equal(answer.code, 65, f"exit code of {name}")
        contains(answer.err, name + ".ofd", "message")
    true(not office.exists("never.ofd"), "output was written")


@test
def an_expired_seal_is_refused():
    office.make_seal("expired.esl", "--until", iso(-DAY / 2), start=iso(-DAY))
    office.run("sign", plain, "-o", "never.ofd", "--seal", "expired.esl", "--key", "signer",
               *AT).expect(75, "seal_expired")


@test
def a_seal_of_the_future_is_refused():
    office.make_seal("future.esl", start=iso(DAY))
    office.run("sign", plain, "-o", "never.ofd", "--seal", "future.esl", "--key", "signer",
               *AT).expect(75, "seal_expired")


@test
def a_signer_who_is_not_in_the_seal_is_refused():
    office.good("key", "new", "stranger")
    office.issue("stranger", "另一单位", use="signer")
    office.run("sign", plain, "-o", "never.ofd", "--seal", "office.esl", "--key", "stranger",
               "--cert", "stranger.pem", *AT).expect(75, "signer_not_in_seal")


@test
def a_key_that_does_not_belong_to_the_certificate_makes_no_seal():
    answer = office.run("sign", plain, "-o", "never.ofd", "--seal", "office.esl",
                        "--key", "maker", *AT)
    true(answer.code in (65, 75), f"exit {answer.code}: {answer.err}")
    contains(answer.err, "key maker does not belong to", "message")
    true(not office.exists("never.ofd"), "output was written")


@test
def a_seal_whose_picture_was_changed_is_refused():
    seal = bytearray(office.read("office.esl"))
    spot = bytes(seal).index(b"IDAT") + 40
    seal[spot] ^= 1
    office.write("forged.esl", bytes(seal))
    office.run("sign", plain, "-o", "never.ofd", "--seal", "forged.esl", "--key", "signer",
               *AT).expect(65, "seal_invalid")


@test
def one_changed_character_makes_the_document_invalid():
    office.sealed(plain, path("intact.ofd"), *AT)
    office.good("demo", "tamper", "intact.ofd", "-o", "changed.ofd")
    contains(str(office.run("verify", "changed.ofd", "--json").expect(1).json()),
             "digest_mismatch", "report")


run()
