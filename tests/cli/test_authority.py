"""Keys, authority, seals and imprints: round trips, and what openssl says of them."""
import os
import shutil
import struct

import ofdfile
from desk import Desk
from office import DAY, Office, iso
from tap import cases, contains, equal, lacks, run, skip, test, true

office = Office()
plain = ofdfile.write(office.file("plain.ofd"), 1)


# ---- keys ----

@test
def a_new_key_is_listed_shown_and_exported():
    made = office.good("key", "new", "fresh", "--json").json()
    contains(office.good("key", "list").out.split(), "fresh")
    equal(office.good("key", "show", "fresh", "--json").json(), made)
    office.good("key", "export", "fresh", "-o", "fresh.p8")
    public = office.openssl("pkey", "-in", "fresh.p8", "-passin", "file:" + office.file("password"),
                            "-pubout", "-outform", "DER").expect(0).raw
    equal(public[-65:].hex(), made["public"].lower(), "public key by openssl")


@test
def no_keys_are_an_empty_list():
    desk = Desk()
    equal(desk.good("key", "list", "--json").json()["keys"], [])
    equal(desk.good("key", "list").out, "")


@test
def a_key_name_may_be_chinese():
    office.good("key", "new", "公章")
    contains(office.good("key", "list").out.split(), "公章")


@test
def a_damaged_key_file_is_told():
    office.good("key", "new", "hurt")
    data = office.read("keys/hurt.key")
    office.write("keys/hurt.key", data[:-60], 0o600)
    answer = office.run("key", "show", "hurt")
    true(answer.code in (65, 77), f"exit {answer.code}")
    contains(answer.err, "hurt", "message")


@test
def a_key_file_others_can_read_is_not_used_silently():
    office.good("key", "new", "loose")
    os.chmod(office.file("keys/loose.key"), 0o644)
    answer = office.run("key", "show", "loose")
    true(answer.code in (0, 77), f"exit {answer.code}: {answer.err}")


@test
def a_request_is_one_openssl_accepts():
    office.good("key", "new", "asking", "--csr", "asking.csr", "--name", "请求单位",
                "--organisation", "某机构")
    office.openssl("req", "-in", "asking.csr", "-verify", "-noout", "-vfyopt",
                   "distid:1234567812345678").expect(0)
    text = office.openssl("req", "-in", "asking.csr", "-noout", "-subject", "-nameopt",
                          "utf8").expect(0).out
    contains(text, "请求单位", "subject")
    office.good("ca", "issue", "ca", "--use", "signer", "--name", "请求单位", "--csr", "asking.csr",
                "-o", "asked.pem")
    check_by_openssl("asked.pem")


# ---- certificates ----

def check_by_openssl(name, code=0, *more):
    office.openssl("verify", "-CAfile", "ca/ca.pem", "-vfyopt", "distid:1234567812345678", *more,
                   name).expect(code)


@cases(["signer", "maker", "tsa", "ocsp", "ca"])
def openssl_agrees_on_an_issued_certificate_for(use):
    office.good("key", "new", "for-" + use)
    office.good("ca", "issue", "ca", "--use", use, "--name", "用途" + use, "--organisation", "机构",
                "--key", "for-" + use, "-o", f"for-{use}.pem")
    check_by_openssl(f"for-{use}.pem")
    text = office.openssl("x509", "-in", f"for-{use}.pem", "-noout", "-text").expect(0).out
    contains(text, "CA:TRUE" if use == "ca" else "Digital Signature", "certificate")
    if use == "tsa":
        contains(text, "Time Stamping", "certificate")
    if use == "ocsp":
        contains(text, "OCSP Signing", "certificate")


@test
def the_authoritys_own_certificate_is_sound():
    check_by_openssl("ca/ca.pem")
    text = office.openssl("x509", "-in", "ca/ca.pem", "-noout", "-text").expect(0).out
    contains(text, "CA:TRUE", "certificate")
    contains(text, "Certificate Sign, CRL Sign", "certificate")


@test
def serial_numbers_differ_and_issued_certificates_are_kept():
    serials = {name for name in office.names("ca/issued")}
    for i in range(3):
        office.good("ca", "issue", "ca", "--use", "signer", "--name", f"第{i}份", "--key",
                    "signer", "-o", f"serial-{i}.pem")
    equal(len(set(office.names("ca/issued")) - serials), 3)


@test
def wrong_uses_and_dates_are_refused():
    base = ("ca", "issue", "ca", "--name", "x", "--key", "signer", "-o", "no.pem")
    office.run(*base).expect(64, "--use")
    office.run(*base, "--use", "king").expect(64, "signer, maker")
    office.run(*base, "--use", "signer", "--days", "0").expect(64, "--days")
    office.run(*base, "--use", "signer", "--days", "20000").expect(65, "outlive")
    office.run(*base, "--use", "signer", "--from", iso(-30 * DAY)).expect(65, "older")
    office.run("ca", "issue", "nowhere", "--use", "signer", "--name", "x", "--key", "signer", "-o",
               "no.pem").expect(66, "nowhere")
    true(not office.exists("no.pem"), "a certificate was written")


# ---- revocation ----

def element(data):
    """The first DER element: its whole bytes, its content, and what follows."""
    length, head = data[1], 2
    if length & 0x80:
        head += length & 0x7f
        length = int.from_bytes(data[2:head], "big")
    return data[:head + length], data[head:head + length], data[head + length:]


def parts_of(der):
    """What is signed and the signature of a certificate or list."""
    tbs, _, rest = element(element(der)[1])
    return tbs, element(element(rest)[2])[1][1:]


@test
def openssl_reads_the_list_and_its_signature_is_good():
    office.good("ca", "issue", "ca", "--use", "signer", "--name", "短命", "--key", "signer", "-o",
                "short.pem")
    office.good("ca", "revoke", "ca", "--cert", "short.pem", "--reason", "key-compromise")
    office.good("ca", "crl", "ca", "-o", "list.crl", "--days", "3")
    text = office.openssl("crl", "-in", "list.crl", "-noout", "-text").expect(0).out
    serial = office.openssl("x509", "-in", "short.pem", "-noout", "-serial").out.split("=")[1]
    contains(text, serial.strip(), "list")
    contains(text, "Key Compromise", "list")
    # openssl verify -crl_check cannot be told the SM2 id for a list: check its value directly.
    tbs, value = parts_of(office.openssl("crl", "-in", "list.crl", "-outform", "DER").raw)
    office.write("list.tbs", tbs)
    office.write("list.sig", value)
    office.openssl("x509", "-in", "ca/ca.pem", "-noout", "-pubkey", "-out", "ca.pub").expect(0)
    office.openssl("pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pubin", "-inkey", "ca.pub",
                   "-pkeyopt", "distid:1234567812345678", "-in", "list.tbs", "-sigfile",
                   "list.sig").expect(0)


@test
def lists_are_numbered_upwards():
    numbers = []
    for i in range(3):
        office.good("ca", "crl", "ca", "-o", f"number-{i}.crl")
        text = office.openssl("crl", "-in", f"number-{i}.crl", "-noout", "-crlnumber").expect(0).out
        numbers.append(int(text.split("=")[1], 16))
    equal(numbers, [numbers[0], numbers[0] + 1, numbers[0] + 2])


@test
def revoking_twice_or_a_strangers_certificate_is_refused():
    office.good("ca", "issue", "ca", "--use", "signer", "--name", "两次", "--key", "signer", "-o",
                "twice.pem")
    office.good("ca", "revoke", "ca", "--cert", "twice.pem")
    office.run("ca", "revoke", "ca", "--cert", "twice.pem").expect(75, "revoked already")
    office.good("ca", "init", "other-ca", "--name", "别家")
    office.run("ca", "revoke", "ca", "--cert", "other-ca/ca.pem").expect(65, "not issued")
    office.run("ca", "revoke", "ca", "--cert", "twice.pem", "--reason", "boredom").expect(
        64, "boredom")


def revoked_office(seal_time, revoked_time):
    """A sealed file, and then the signer's certificate revoked; the report of it."""
    local = Office()
    ofdfile.write(local.file("in.ofd"), 1)
    local.sealed("in.ofd", "out.ofd", "--at", "1,2", "--time", seal_time)
    equal(local.outcome("out.ofd"), "valid", "before revoking")
    local.good("ca", "revoke", "ca", "--cert", "signer.pem", "--time", revoked_time)
    local.publish_crl()
    return local


@test
def a_seal_made_after_the_certificate_was_revoked_is_invalid():
    local = revoked_office(iso(-3600), iso(-7200))
    contains(local.run("verify", "out.ofd").expect(1).out, "revoked", "text")


@test
def a_seal_made_before_the_revocation_is_judged_by_policy():
    local = revoked_office(iso(-7200), iso(-3600))
    local.run("verify", "out.ofd", "--policy", "standard").expect(0)
    # Without proof of time, a certificate revoked meanwhile leaves the question open.
    local.run("verify", "out.ofd").expect(2, "revoked")


# ---- seals ----

@cases(["2014", "2020", "2025"])
def a_seal_shows_what_it_was_made_of_in_edition(year):
    office.make_seal(f"show-{year}.esl", "--edition", year, "--id", "44010601260000000001230Y")
    seal = office.good("seal", "show", f"show-{year}.esl", "--json").json()
    equal(seal["code"], "44010601260000000001230Y")
    equal(seal["name"], "测试市档案局")
    equal((seal["picture"]["width_mm"], seal["picture"]["height_mm"]), (40, 40))
    contains(seal["edition"], year)
    contains(seal["signers"][0]["subject"] if year != "2025" else str(seal), "测试")
    office.good("seal", "image", f"show-{year}.esl", "-o", f"image-{year}.png")
    equal(office.read(f"image-{year}.png") == office.read("imprint.png"), True, "picture")
    contains(office.good("seal", "show", f"show-{year}.esl").out, "测试市档案局")


@test
def a_seal_by_digest_lists_no_certificates():
    office.make_seal("digest.esl", "--by-digest")
    signers = office.good("seal", "show", "digest.esl", "--json").json()["signers"]
    equal(list(signers[0]), ["digest"])
    office.state("digest.esl", "active@" + iso(-DAY)[:10])
    office.run("sign", plain, "-o", "digest.ofd", "--seal", "digest.esl", "--key", "signer", "--at",
               "1,2").expect(64, "--cert")
    office.good("sign", plain, "-o", "digest.ofd", "--seal", "digest.esl", "--key", "signer",
                "--cert", "signer.pem", "--at", "1,2")
    equal(office.outcome("digest.ofd"), "valid")


@test
def a_good_seal_verifies_and_a_changed_one_does_not():
    office.run("seal", "verify", "office.esl").expect(0, "VALID")
    data = bytearray(office.read("office.esl"))
    data[bytes(data).index(b"IDAT") + 30] ^= 1
    office.write("changed.esl", bytes(data))
    office.run("seal", "verify", "changed.esl").expect(1, "INVALID")
    office.run("seal", "verify", "changed.esl", "--lang", "zh").expect(1, "无效")


@test
def a_seal_of_an_unknown_maker_cannot_be_told():
    os.makedirs(office.file("nobody"), exist_ok=True)
    office.run("seal", "verify", "office.esl", "--trust", "nobody", "--policy", "standard").expect(
        2, "maker_untrusted")


@test
def a_seals_state_decides_from_its_time_on():
    office.make_seal("ended.esl")
    office.state("ended.esl", "active@" + iso(-3 * DAY)[:10], "cancelled@" + iso(-3600))
    answer = office.run("seal", "verify", "ended.esl")
    true(answer.code in (1, 2), f"exit {answer.code}: {answer.out}")
    contains(answer.out, "cancelled", "text")
    office.good("sign", plain, "-o", "ended.ofd", "--seal", "ended.esl", "--key", "signer", "--at",
                "1,2")
    contains(office.run("verify", "ended.ofd").expect(1).out, "cancelled", "text")


@test
def a_seal_is_not_made_with_the_wrong_parts():
    def make(code, part, **change):
        words = {"name": "A", "picture": "imprint.png", "size": "40", "signer": "signer.pem",
                 "maker": "maker.pem", "key": "maker", **change}
        options = [w for n, v in words.items() if v is not None for w in ("--" + n, v)]
        office.run("seal", "make", "-o", "no.esl", *options).expect(code, part)
    make(64, "--signer", signer=None)
    make(64, "--picture", picture=None)
    make(64, "--size", size="big")
    make(65, "password", picture="password")
    make(65, "password", signer="password")
    make(66, "absent.png", picture="absent.png")
    make(65, "certificate is for another key", key="signer")
    true(not office.exists("no.esl"), "a seal was written")


# ---- imprints ----

def draw(path, *words):
    """Draw as a maker; skip where no font has the characters."""
    answer = office.run("imprint", "draw", "-o", path, "--maker", "maker.pem", "--key", "maker",
                        *words)
    if "glyph_missing" in answer.err or "no font" in answer.err:
        skip(answer.err.strip())
    return answer.expect(0)


@test
def a_round_imprint_has_its_size_in_mm_and_few_colours():
    draw("round.png", "--ring", "示例市档案局", "--star", "--size", "42", "--dpi", "600")
    png = office.read("round.png")
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    equal((width, height), (992, 992), "pixels")
    equal(colour, 3, "colour type: indexed")
    at = png.index(b"pHYs")
    per_metre = struct.unpack(">I", png[at + 4:at + 8])[0]
    true(abs(width / per_metre * 1000 - 42) < 0.1, "width by pHYs")


@cases(["circle", "ellipse", "square"])
def an_imprint_is_drawn_in_the_shape(shape):
    words = {"circle": ("--ring", "示例市档案局", "--star", "--line", "合同专用章", "--code",
                        "4401060012345"),
             "ellipse": ("--ring", "示例市税务局", "--middle", "91440101MA5ABCDE1X", "--sequence",
                         "(1)", "--line", "发票专用章"),
             "square": ("--name", "张三之印")}[shape]
    draw(f"{shape}.png", "--shape", shape, *words)
    draw(f"{shape}.svg", "--shape", shape, *words)
    contains(office.read(f"{shape}.svg").decode(), "<svg", "svg")
    lacks(office.read(f"{shape}.svg").decode(), "<script", "svg")


@test
def an_imprint_without_a_maker_is_marked_as_a_specimen():
    answer = office.run("imprint", "draw", "-o", "specimen.png", "--ring", "ABC", "--size", "40")
    if "glyph_missing" in answer.err:
        skip(answer.err.strip())
    contains(answer.expect(0).err, "样章", "message")
    office.run("imprint", "draw", "-o", "no.png", "--ring", "ABC", "--maker", "maker.pem", "--key",
               "signer").expect(65, "does not belong")


@test
def a_character_no_font_has_is_an_error():
    office.run("imprint", "draw", "-o", "no.png", "--ring", "A\U000e0041B").expect(65)
    true(not office.exists("no.png"), "a picture was written")


@test
def a_picture_matches_itself_and_not_another():
    office.good("imprint", "draw", "-o", "abc.png", "--ring", "ABCDEF", "--star", "--size", "40",
                "--maker", "maker.pem", "--key", "maker")
    office.good("imprint", "draw", "-o", "xyz.png", "--ring", "XYZXYZXYZXYZ", "--size", "40",
                "--maker", "maker.pem", "--key", "maker")
    same = office.run("imprint", "compare", "abc.png", "abc.png", "--size", "40", "--json",
                      "--difference", "same.png").expect(0).json()
    equal(same["outcome"], "match")
    true(office.read("same.png").startswith(b"\x89PNG"), "difference picture")
    other = office.run("imprint", "compare", "abc.png", "xyz.png", "--size", "40", "--json")
    equal(other.code, {"mismatch": 1, "review": 2}[other.json()["outcome"]])


@test
def the_same_words_draw_the_same_bytes():
    for name in ("same-1", "same-2"):
        office.good("imprint", "draw", "-o", name + ".png", "--ring", "ABCDEF", "--star",
                    "--maker", "maker.pem", "--key", "maker")
    equal(office.read("same-1.png") == office.read("same-2.png"), True)


# ---- inspect ----

@test
def inspect_shows_every_kind_of_file_and_says_that_it_verifies_nothing():
    office.sealed(plain, "look.ofd", "--at", "1,2")
    shutil.copy(office.file("trust/states/office.esl.json"), office.file("state.json"))
    for name, part in (("look.ofd", "测试市档案局"), ("office.esl", "测试市档案局"),
                       ("signer.pem", "测试市档案局"), ("trust/crls/ca.crl", "测试根证书")):
        for lang, warning in (("en", "NOT VERIFIED"), ("zh", "未做验证")):
            text = office.good("inspect", name, "--lang", lang).out
            contains(text, part, name)
            contains(text, warning, name)


@test
def inspect_of_something_else_is_refused():
    office.write("else.bin", b"\xff\xfe nothing known")
    answer = office.run("inspect", "else.bin")
    equal(answer.code, 65, f"exit code ({answer.out}{answer.err})")


run()
