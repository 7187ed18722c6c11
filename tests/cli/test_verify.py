"""Verifying: many files, reports, policies, trust, time, and odd files."""
import html.parser
import json
import os
import re
import shutil
import time

import ofdfile
from office import DAY, Office, iso
from tap import contains, equal, lacks, run, skip, test, true

office = Office()
plain = ofdfile.write(office.file("plain.ofd"), 3)
sealed = office.sealed(plain, office.file("sealed.ofd"), "--at", "20,30")
office.good("demo", "tamper", sealed, "-o", "tampered.ofd")


@test
def many_files_give_one_json_line_each_in_order():
    names = ["sealed.ofd", "plain.ofd", "tampered.ofd"] * 5
    reports = office.run("verify", *names, "--json").expect(1).lines()
    equal([r["outcome"] for r in reports], ["valid", "indeterminate", "invalid"] * 5)
    equal({r["v"] for r in reports}, {1})


@test
def a_file_that_cannot_be_read_has_its_json_line_too():
    answer = office.run("verify", "sealed.ofd", "missing.ofd", "plain.ofd", "--json")
    lines = answer.expect(3).lines()
    equal(len(lines), 3)
    equal((lines[1]["file"], lines[1]["code"]), ("missing.ofd", "not_found"))


@test
def the_number_of_jobs_does_not_change_the_answer():
    names = ["sealed.ofd", "tampered.ofd", "plain.ofd", "missing.ofd"] * 4
    one = office.run("verify", *names, "--jobs", "1", "--at", "now")
    many = office.run("verify", *names, "--jobs", "8", "--at", "now")
    equal((one.code, one.out, one.err), (many.code, many.out, many.err))


@test
def a_thousand_files_go_on_one_command_line():
    names = []
    for i in range(1000):
        os.link(sealed, office.file(f"many-{i:04}.ofd"))
        names.append(f"many-{i:04}.ofd")
    started = time.monotonic()
    answer = office.run("verify", *names, "--json", timeout=280)
    reports = answer.expect(0).lines()
    equal(len(reports), 1000)
    true(all(r["outcome"] == "valid" for r in reports), "one is not valid")
    print(f"# 1000 files in {time.monotonic() - started:.1f} s")


@test
def quiet_prints_nothing_and_answers_with_its_exit_code():
    for name, code in (("sealed.ofd", 0), ("tampered.ofd", 1), ("plain.ofd", 2)):
        answer = office.run("verify", name, "--quiet").expect(code)
        equal((answer.out, answer.err), ("", ""), name)


@test
def the_first_words_are_the_answer():
    for name, english, chinese in (("sealed.ofd", "VALID", "有效"),
                                   ("tampered.ofd", "INVALID", "无效"),
                                   ("plain.ofd", "UNDETERMINED", "无法确定")):
        true(office.run("verify", name).out.startswith(english), name)
        true(office.run("verify", name, "--lang", "zh").out.startswith(chinese), name)


@test
def a_tampered_page_is_named_with_the_next_step():
    text = office.run("verify", "tampered.ofd").expect(1).out
    contains(text, "Doc_0/Pages/Page_0/Content.xml")
    contains(text, "ask the sender")


class Page(html.parser.HTMLParser):
    """Collects tags and addresses; complains of tags that do not close."""

    EMPTY = {"meta", "br", "hr", "img", "link", "input", "col"}

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.addresses, self.text = [], set(), [], ""

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.addresses += [v for k, v in attributes if k in ("src", "href", "action", "data")]
        true(not any(k.startswith("on") for k, _ in attributes), f"handler in {tag}")
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        true(self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}")
        self.open.pop()

    def handle_data(self, data):
        self.text += data


@test
def the_html_report_is_sound_and_reaches_for_nothing():
    for lang in ("en", "zh"):
        office.run("verify", "sealed.ofd", "tampered.ofd", "plain.ofd", "--html", "report.html",
                   "--lang", lang, "--force").expect(1)
        source = office.read("report.html").decode()
        page = Page()
        page.feed(source)
        page.close()
        equal(page.open, [], "tags left open")
        equal(page.tags & {"script", "iframe", "object", "embed", "link", "form", "base"}, set())
        external = [a for a in page.addresses if not a.startswith(("data:", "#"))]
        equal(external, [], "addresses")
        equal(re.findall(r"url\((?!data:)|@import", source), [], "addresses in styles")
        for name in ("sealed.ofd", "tampered.ofd", "plain.ofd", "digest_mismatch"):
            contains(page.text, name, "report")


@test
def a_name_with_markup_does_not_become_markup():
    name = "<b onclick=alert(1)>&amp;.ofd"
    shutil.copy(sealed, office.file(name))
    office.run("verify", name, "--html", "markup.html").expect(0)
    page = Page()
    page.feed(office.read("markup.html").decode())
    contains(page.text, name, "report")


@test
def a_name_with_control_characters_cannot_paint_the_terminal():
    name = "x\033[32mVALID\r\n.ofd"
    shutil.copy(office.file("tampered.ofd"), office.file(name))
    answer = office.run("verify", name).expect(1)
    lacks(answer.out, "\033[32mVALID", "output")
    true(answer.out.startswith("INVALID"), answer.out)
    json.loads(office.run("verify", name, "--json").out)
    missing = office.run("verify", "gone\033[2J.ofd").expect(66)
    lacks(missing.err, "\033", "message")


@test
def at_judges_as_of_another_time():
    office.run("verify", "sealed.ofd", "--at", iso(-30 * DAY)).expect(1, "future")
    far = office.run("verify", "sealed.ofd", "--at", iso(30 * 365 * DAY), "--json")
    true(far.code in (0, 1, 2), f"exit {far.code}")
    office.run("verify", "sealed.ofd", "--at", "now-1h").expect(1, "future")
    office.run("verify", "sealed.ofd", "--at", "someday").expect(64, "--at")


@test
def each_built_in_policy_is_named_in_the_report():
    for policy in ("standard", "assured", "strict"):
        report = office.run("verify", "sealed.ofd", "--policy", policy, "--json").json()
        equal(report["policy"]["id"], policy)
    equal(office.verdict("sealed.ofd")["policy"]["id"], "assured", "default")
    office.run("verify", "sealed.ofd", "--policy", "strict").expect(2, "time_claimed_only")


@test
def a_policy_file_changes_what_counts():
    policy = {"id": "house", "version": 3, "base": "assured", "effects": {}, "time": "claimed",
              "state": "if_given", "revocation_max_age": "7d", "revocation_after_proof": False,
              "state_max_age": "7d", "time_conflict_after": "24h"}
    office.write("house.json", json.dumps(policy))
    report = office.run("verify", "sealed.ofd", "--policy", "house.json", "--json").json()
    equal((report["policy"]["id"], report["policy"]["version"]), ("house", 3))
    policy["effects"] = {"time_claimed_only": "indeterminate"}
    office.write("house.json", json.dumps(policy))
    answer = office.run("verify", "sealed.ofd", "--policy", "house.json")
    if answer.code == 78:  # the file's own words for effects are letters
        policy["effects"] = {"time_claimed_only": "N"}
        office.write("house.json", json.dumps(policy))
        answer = office.run("verify", "sealed.ofd", "--policy", "house.json")
    answer.expect(2)


@test
def a_policy_file_that_is_wrong_is_named():
    for content in ("", "{", "[]", '{"id":"x"}', '{"id":"x","version":1,"base":"none"}',
                    '{"nonsense":true}'):
        office.write("bad.json", content)
        office.run("verify", "sealed.ofd", "--policy", "bad.json").expect(78, "bad.json")
    office.run("verify", "sealed.ofd", "--policy", "absent.json").expect(66, "absent.json")
    office.run("verify", "sealed.ofd", "--policy", "assurd").expect(66, "assured")


def with_trust(change):
    """A copy of the folder of trust with one change made to it; its name."""
    shutil.rmtree(office.file("other-trust"), ignore_errors=True)
    shutil.copytree(office.file("trust"), office.file("other-trust"))
    change(office.file("other-trust"))
    return "other-trust"


@test
def a_broken_file_in_the_folder_of_trust_is_named():
    for path in ("roots/broken.pem", "makers/broken.pem", "crls/broken.crl", "tsa/broken.pem",
                 "states/broken.json", "makers/maker.json", "ocsp/broken.der"):
        def spoil(folder, path=path):
            os.makedirs(os.path.dirname(f"{folder}/{path}"), exist_ok=True)
            with open(f"{folder}/{path}", "w", encoding="utf-8") as file:
                file.write("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
        answer = office.run("verify", sealed, "--trust", with_trust(spoil))
        true(answer.code in (65, 78), f"{path}: exit {answer.code}: {answer.err}")
        contains(answer.err, os.path.basename(path), "message")


@test
def a_folder_of_trust_that_is_missing_is_told():
    office.run("verify", sealed, "--trust", "nowhere").expect(66, "nowhere")
    office.run("verify", sealed, "--trust", "password").expect(66, "password")
    office.run("verify", sealed, env={"ESEAL_TRUST": office.file("nowhere")}).expect(66, "nowhere")


@test
def without_any_trust_nothing_is_valid():
    for env in ({"ESEAL_TRUST": None}, {"ESEAL_TRUST": None, "HOME": None}):
        answer = office.run("verify", sealed, env=env).expect(2, "maker_untrusted")
        contains(answer.out, "file unchanged        yes", "text")


@test
def a_maker_that_was_blocked_makes_the_seal_count_no_more():
    def block(folder):
        with open(folder + "/makers/maker.json", "w", encoding="utf-8") as file:
            file.write('{"blocked":true}')
    answer = office.run("verify", sealed, "--trust", with_trust(block))
    true(answer.code in (1, 2), f"exit {answer.code}")
    contains(answer.out, "maker", "text")


@test
def a_state_can_be_given_by_file():
    def forget(folder):
        shutil.rmtree(folder + "/states")
    folder = with_trust(forget)
    office.run("verify", sealed, "--trust", folder).expect(2, "state")
    office.run("verify", sealed, "--trust", folder, "--status",
               "trust/states/office.esl.json").expect(0)
    office.run("verify", sealed, "--trust", folder, "--status", "plain.ofd").expect(65, "plain.ofd")


@test
def folders_pipes_and_devices_are_no_documents():
    os.mkfifo(office.file("pipe"))
    for name in (".", "pipe", "/dev/null", "/dev/zero"):
        answer = office.run("verify", name, timeout=20)
        equal(answer.code, 66, name)
        contains(answer.err, "not a regular file", name)


@test
def an_empty_name_is_no_file():
    office.run("verify", "").expect(66)


@test
def files_that_are_no_documents_are_answered_too():
    for name, data in (("empty", b""), ("text", b"hello"), ("zip", b"PK\5\6" + bytes(18)),
                       ("pdf", b"%PDF-1.7\n%%EOF\n")):
        office.write(name, data)
        answer = office.run("verify", name)
        true(answer.code in (1, 2), f"{name}: exit {answer.code}")
        true(answer.out != "", f"{name}: no answer")


@test
def verifying_changes_nothing():
    before = {n: office.read(n) for n in ("sealed.ofd", "plain.ofd", "tampered.ofd")}
    names = office.names()
    office.run("verify", *before)
    equal(office.names(), names, "files")
    equal({n: office.read(n) for n in before} == before, True, "contents")


@test
def changed_signature_files_do_not_read_as_changed_content():
    """Only a digest or data hash that differs may say that the file was changed."""
    def other_signature(data):
        return data[:-10] + bytes([data[-10] ^ 1]) + data[-9:]
    ofdfile.change_entry(sealed, office.file("value.ofd"), "Doc_0/Signs/Sign_0/SignedValue.dat",
                         other_signature)
    text = office.run("verify", "value.ofd").expect(1).out
    contains(text, "signature", "text")
    lacks(text, "✗ file unchanged", "text")
    contains(office.run("verify", "tampered.ofd").out, "✗ file unchanged", "tampered")


run()
