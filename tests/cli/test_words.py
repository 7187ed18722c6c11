"""What the program says: help, languages, JSON, suggestions, completion, manual pages."""
import os
import re
import shutil
import subprocess

import ofdfile
from desk import Desk
from office import Office
from tap import contains, equal, lacks, need_terminal, run, skip, test, true

office = Office()
plain = ofdfile.write(office.file("plain.ofd"), 2)
sealed = office.sealed(plain, office.file("sealed.ofd"), "--at", "20,30")
TOPICS = ("exit-codes", "policies", "trust", "placement", "environment")


def commands():
    text = office.good("help").out
    listed = text.split("commands\n", 1)[1].split("\n\n", 1)[0]
    return [tuple(line[2:22].split()) for line in listed.splitlines()]


def is_chinese(text):
    return re.search("[\u4e00-\u9fff]", text) is not None


@test
def every_command_of_the_issue_is_there():
    wanted = {"verify", "sign", "inspect", "seal make", "seal show", "seal verify", "seal image",
              "imprint draw", "imprint compare", "key new", "key list", "key show", "key export",
              "key passwd", "ca init", "ca issue", "ca revoke", "ca crl", "tsa", "help",
              "completion", "manual", "version"}
    equal(wanted - {" ".join(c) for c in commands()}, set(), "missing commands")


@test
def every_command_explains_itself_in_english_and_chinese():
    for command in commands():
        name = " ".join(command)
        english = office.good(*command, "--help", "--lang", "en").out
        chinese = office.good(*command, "--help", "--lang", "zh").out
        contains(english.splitlines()[0], "eseal " + name, "first line")
        contains(english, "usage: eseal " + name, name)
        contains(chinese, "用法: eseal " + name, name)
        true(is_chinese(chinese.splitlines()[0]), f"{name}: no Chinese in the first line")
        true(not is_chinese(re.sub(r"(?m)^  eseal .*(\n    .*)*", "", english).replace("样章", "")),
             f"{name}: Chinese in the English help: {english}")
        for line in chinese.split("用法:", 1)[1].splitlines():
            if line.startswith("  ") and "--" in line:
                true(is_chinese(line), f"{name}: option without Chinese: {line}")


@test
def help_of_a_command_says_the_same_as_its_help_option():
    for command in commands():
        equal(office.good("help", *command).out, office.good(*command, "--help").out)
        equal(office.good(*command, "-h").out, office.good(*command, "--help").out)


@test
def help_begins_with_examples_and_is_at_most_one_screen_wide():
    for command in commands():
        lines = office.good(*command, "--help").out.splitlines()
        contains(lines[2], "eseal ", " ".join(command))
        wide = [line for line in lines if len(line) > 110]
        equal(wide, [], "lines too wide")


@test
def help_needs_no_file_no_key_and_no_home():
    desk = Desk(password=False)
    for command in commands():
        desk.run(*command, "--help", env={"HOME": None, "ESEAL_KEYS": None}).expect(0)


@test
def every_topic_is_told_in_both_languages():
    for topic in TOPICS:
        true(not is_chinese(office.good("help", topic, "--lang", "en").out.replace("盖章", "")),
             f"{topic}: Chinese in English")
        true(is_chinese(office.good("help", topic, "--lang", "zh").out), f"{topic}: no Chinese")
        contains(office.good("help").out, "  " + topic, "overview")


@test
def an_area_alone_lists_its_commands():
    for area in ("seal", "imprint", "key", "ca", "document"):
        for words in ((area,), (area, "--help"), ("help", area)):
            text = office.good(*words).out
            contains(text, f"eseal {area} ", " ".join(words))
            lacks(text, "eseal verify", " ".join(words))


@test
def the_language_follows_option_then_environment():
    def first(**env):
        return office.good("help", env=env).out.splitlines()[0]
    none = {"ESEAL_LANG": None, "LC_ALL": None, "LC_MESSAGES": None, "LANG": None}
    true(not is_chinese(first(**none)), "without any setting")
    true(is_chinese(first(**{**none, "LANG": "zh_CN.UTF-8"})), "LANG")
    true(not is_chinese(first(**{**none, "LANG": "zh_CN.UTF-8", "LC_ALL": "C"})), "LC_ALL")
    true(is_chinese(first(**{**none, "LC_ALL": "C", "ESEAL_LANG": "zh"})), "ESEAL_LANG")
    true(not is_chinese(office.good("help", "--lang", "en", env={"ESEAL_LANG": "zh"}).out
                        .splitlines()[0]), "--lang")
    office.run("help", "--lang", "fr").expect(64, "zh and en")


@test
def messages_are_chinese_when_asked():
    answer = office.run("verify", "missing.ofd", "--lang", "zh").expect(66)
    true(is_chinese(answer.err), answer.err)
    answer = office.run("sign", plain, "--lang", "zh", "-o", "chinese.ofd", "--seal", "office.esl",
                        "--key", "signer", "--at", "1,2").expect(0)
    true(is_chinese(answer.err), answer.err)


@test
def version_names_program_and_library():
    for words in (("version",), ("--version",)):
        text = office.good(*words).out
        true(re.match(r"eseal \d+\.\d+\.\d+ \(OpenSSL 3\.", text), text)
    equal(office.good("version", "--json").json()["program"], "eseal")


@test
def a_wrong_word_is_answered_with_the_nearest_right_one():
    for words, near in ((("verfy", "x"), "verify"), (("sgn", "x"), "sign"),
                        (("seal", "mak"), "seal make"), (("kye", "new"), "key"),
                        (("verify", "--polcy", "x"), "--policy"),
                        (("verify", "--jsn", "x"), "--json"),
                        (("sign", "x", "--keywrod", "y"), "--keyword"),
                        (("sign", "x", "--stradle=left"), "--straddle")):
        office.run(*words).expect(64, f"did you mean", near)


@test
def a_word_near_nothing_points_to_help():
    office.run("xylophone").expect(64, "eseal help")
    office.run("verify", "--xylophone", "x").expect(64, "--help")
    office.run("help", "xylophone").expect(66, "xylophone")


@test
def options_given_twice_or_without_value_are_refused():
    office.run("verify", sealed, "--at", "now", "--at", "now").expect(64, "twice")
    office.run("verify", sealed, "--policy").expect(64, "--policy needs a value")
    office.run("verify", sealed, "--json=yes").expect(64, "takes no value")
    office.run("version", "more").expect(64, "one word too many")


def answering_about_records():
    """The commands about records, in an order that makes each work."""
    erase = ("--ground", "G", "--decided-by", "u-1", "--approved-by", "u-2")
    witness = ("--name", "w.example.org", "--key", "signer")
    office.write("detail.json", "{}")
    return [
        ("log", "init", "r", "--host", "seal.example.cn"), ("log", "types"),
        ("log", "append", "r", "--type", "EXPORTED", "--detail", "detail.json"),
        ("log", "state", "r", "office.esl", "--status", "active"),
        ("log", "erase", "r", "--index", "1", *erase), ("log", "entries", "r"),
        ("log", "checkpoint", "r"),
        ("log", "prove", "r", "--index", "0"),
        ("log", "prove", "r", "--seal", "office.esl", "-o", "j19"),
        ("log", "export", "r", "-o", "j15"), ("log", "ship", "r", "-o", "j15"),
        ("log", "verify", "--bundle", "j15", "--key", "r/audit.pub"),
        ("log", "rebuild", "r", "--check"), ("backup", "r", "-o", "j16"),
        ("restore", "j16", "j17"), ("witness", "line", *witness),
        ("witness", "sign", "j18", *witness, "--policy", "r/logs.policy", "--memory", "w"),
        ("status-proof", "verify", "j19", "--seal", "office.esl", "--log-policy",
         "r/logs.policy"),
    ]


def answering():
    """Commands that answer, each with words that make it work once."""
    make = ("--name", "A", "--picture", "imprint.png", "--size", "40", "--signer", "signer.pem",
            "--maker", "maker.pem", "--key", "maker")
    return [
        ("version",), ("verify", sealed), ("inspect", sealed), ("inspect", "office.esl"),
        ("inspect", "signer.pem"), ("inspect", "trust/crls/ca.crl"),
        ("sign", plain, "-o", "j1", "--seal", "office.esl", "--key", "signer", "--at", "1,2"),
        ("sign", plain, "-n", "--seal", "office.esl", "--at", "1,2"),
        ("sign", plain, "-o", "j2", "--prepare", "j3", "--seal", "office.esl", "--at", "1,2"),
        ("seal", "make", "-o", "j4", *make), ("seal", "show", "office.esl"),
        ("seal", "verify", "office.esl"), ("seal", "image", "office.esl", "-o", "j5"),
        ("seal", "state", "office.esl", "--event", "active@2026-01-01", "--signer", "maker.pem",
         "--key", "maker", "-o", "j6"),
        ("imprint", "draw", "-o", "j7.png", "--ring", "ABC", "--star", "--maker", "maker.pem",
         "--key", "maker"),
        ("imprint", "compare", "imprint.png", "imprint.png", "--size", "40"),
        ("key", "new", "json"), ("key", "list"), ("key", "show", "json"),
        ("key", "export", "json", "-o", "j8"),
        ("key", "passwd", "json", "--old-password-file", "password"),
        ("ca", "init", "j9", "--name", "X"),
        ("ca", "issue", "j9", "--use", "signer", "--name", "Y", "--key", "json", "-o", "j10"),
        ("ca", "revoke", "j9", "--cert", "j10"), ("ca", "crl", "j9", "-o", "j11"),
        ("document", "text", plain), ("document", "find", plain, "第1页"),
        ("demo", "tamper", sealed, "-o", "j12"), *answering_about_records(),
        ("profile", "check", "national"), ("profile", "diff", "national", "luohe"),
        ("profile", "show", "weihai"),
    ]


@test
def json_of_every_command_is_one_object_with_v_1():
    for words in answering():
        if words[:2] == ("witness", "sign"):
            office.write("j18", office.good("log", "checkpoint", "r").out)
        answer = office.run(*words, "--json").expect(0)
        equal(answer.out.count("\n"), 1, f"lines of {' '.join(words[:2])}")
        equal(answer.json()["v"], 1, f"v of {' '.join(words[:2])}")


@test
def json_of_the_time_stamp_service_gives_its_address():
    office.with_tsa()
    process = office.start("tsa", "--cert", "tsa.pem", "--key", "tsa", "--port", "0", "--json")
    line = process.stdout.readline().decode()
    process.terminate()
    process.communicate(timeout=20)
    contains(line, '{"v":1,"url":"http://127.0.0.1:', "first line")


@test
def every_command_but_help_is_covered_by_the_json_test():
    tested = {" ".join(w[:1] if w[0] in ("version", "verify", "inspect", "sign", "backup",
                                                    "restore") else w[:2])
              for w in answering()} | {"tsa"}
    # Beside a running witness, or on a frozen log: test_records.py.
    tested |= {"witness serve", "log cosign", "log refill", "log new-epoch"}
    equal({" ".join(c) for c in commands()} - tested, {"help", "completion", "manual"})


@test
def a_refusal_with_json_is_an_object_too():
    for words, code, name in ((("verify", "missing.ofd"), 66, "not_found"),
                              (("verify", "--no-such-option", "x"), 64, "bad_request"),
                              (("seal", "show", "missing.esl"), 66, "not_found"),
                              (("sign", plain, "-o", "n", "--seal", "office.esl", "--key",
                                "signer", "--at", "900,1"), 65, "position_outside_page")):
        for order in ((*words, "--json"), (words[0], "--json", *words[1:])):
            if order[0] == "seal" and order[1] == "--json":
                continue
            if name == "bad_request" and order[-1] == "--json":
                continue  # the wrong option stands first: reading ends there
            answer = office.run(*order).expect(code)
            equal(answer.json()["v"], 1)
            equal(answer.json()["code"], name)
            contains(answer.err, f"[{name}]", "message")


@test
def quiet_says_nothing_when_all_is_well():
    answer = office.run("sign", plain, "-o", "quiet.ofd", "--seal", "office.esl", "--key", "signer",
                        "--at", "1,2", "-q").expect(0)
    equal((answer.out, answer.err), ("", ""))


@test
def no_colour_codes_go_into_files_or_pipes():
    for words in (("verify", sealed), ("inspect", sealed), ("help",)):
        lacks(office.good(*words).out, "\033", " ".join(words))


@test
def colours_on_a_terminal_go_away_with_no_color():
    need_terminal()
    import pty
    def on_terminal(*words, env=None):
        master, slave = pty.openpty()
        office.run(*words, stdout=slave, env=env)
        os.close(slave)
        text = b""
        try:
            while True:
                part = os.read(master, 65536)
                if not part:
                    break
                text += part
        except OSError:
            pass
        os.close(master)
        return text
    true(b"\033[" in on_terminal("verify", sealed), "no colours on a terminal")
    true(b"\033[" not in on_terminal("verify", sealed, "--no-color"), "--no-color")
    true(b"\033[" not in on_terminal("verify", sealed, env={"NO_COLOR": "1"}), "NO_COLOR")


@test
def binary_is_not_written_to_a_terminal():
    need_terminal()
    import pty
    master, slave = pty.openpty()
    answer = office.run("sign", plain, "-o", "-", "--seal", "office.esl", "--key", "signer",
                        "--at", "1,2", stdout=slave)
    os.close(slave)
    os.close(master)
    answer.expect(64, "terminal")


# ---- completion and manual ----

def complete(*words):
    """What bash offers after these words (the last one may be empty)."""
    script = ('. ./eseal.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); COMPREPLY=(); _eseal; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", "eseal", *words], cwd=office.path,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    equal(done.stderr, b"", "bash")
    return done.stdout.decode().split()


def need_bash():
    if shutil.which("bash") is None:
        skip("bash is not installed")
    office.write("eseal.bash", office.good("completion", "bash").raw)


@test
def completion_is_sound_bash():
    need_bash()
    done = subprocess.run(["bash", "-n", office.file("eseal.bash")], stderr=subprocess.PIPE,
                          check=False)
    equal((done.returncode, done.stderr), (0, b""))


@test
def completion_offers_commands_verbs_options_and_files():
    need_bash()
    equal(complete("ver"), ["verify", "version"])
    equal(complete("seal", "ma"), ["make"])
    equal(sorted(complete("key", "")), ["export", "list", "new", "passwd", "show"])
    equal(complete("verify", "--pol"), ["--policy"])
    equal(complete("verify", "--js"), ["--json"])
    equal(complete("sign", "x", "--stra"), ["--straddle"])
    equal(complete("seal", "make", "--ven"), ["--vendor"])
    contains(complete("verify", "sealed"), "sealed.ofd")


@test
def completion_knows_every_option_of_every_command():
    need_bash()
    for command in commands():
        listed = re.findall(r"(?m)^  (?:-., |    )--([a-z-]+)",
                            office.good("help", *command).out.split("usage:", 1)[1])
        offered = complete(*command, "--")
        equal(sorted("--" + o for o in listed), sorted(offered), " ".join(command))


@test
def another_shell_is_refused_by_name():
    office.run("completion", "tcsh").expect(64, "bash")


@test
def the_manual_is_clean_troff():
    if shutil.which("mandoc") is None:
        skip("mandoc is not installed")
    for words in ((), ("sign",), ("seal", "make")):
        for lang in ("en", "zh"):
            page = office.good("manual", *words, "--lang", lang).raw
            done = subprocess.run(["mandoc", "-Tlint", "-W", "error"], input=page,
                                  stdout=subprocess.PIPE, check=False)
            equal((done.returncode, done.stdout), (0, b""), f"manual {' '.join(words)} {lang}")


@test
def man_shows_the_manual():
    if shutil.which("man") is None:
        skip("man is not installed")
    page = office.write("eseal.1", office.good("manual").raw)
    done = subprocess.run(["man", "-l", page], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"}, check=False)
    equal((done.returncode, done.stderr), (0, b""))
    text = done.stdout.decode("utf-8", "replace")
    text = re.sub(".\b", "", text)
    for part in ("eseal verify", "eseal sign", "--straddle", "exit-codes", "130, 143"):
        contains(text, part, "manual")


@test
def the_manual_lists_every_command_and_option():
    page = office.good("manual").out.replace("\\-", "-")
    for command in commands():
        contains(page, f'.SH "eseal {" ".join(command)}', "manual")
        for option in re.findall(r"--[a-z-]+", office.good("help", *command).out.split("usage")[1]):
            contains(page, option, "manual")


@test
def help_completion_and_manual_come_out_the_same_every_time():
    for words in (("help",), ("completion", "bash"), ("manual",), ("manual", "sign"),
                  ("help", "sign"), ("manual", "--lang", "zh")):
        equal(office.good(*words).raw, office.good(*words, env={"HOME": "/", "TZ": "Asia/Tokyo"})
              .raw, " ".join(words))


run()
