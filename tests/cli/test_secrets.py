"""Secrets: never an argument, never shown, files only the owner reads, several ways in."""
import os
import re
import subprocess

import ofdfile
from desk import ESEAL, PASSWORD, Desk
from office import Office
from tap import contains, equal, lacks, need_terminal, run, skip, test, true

office = Office()
plain = ofdfile.write(office.file("plain.ofd"), 1)
SIGN = ("sign", plain, "--seal", "office.esl", "--key", "signer", "--at", "1,2", "-o")
WITHOUT = {"ESEAL_PASSWORD_FILE": None}


def commands():
    """All commands, as words, from the overview."""
    text = office.good("help").out
    listed = text.split("commands\n", 1)[1].split("\n\n", 1)[0]
    return [tuple(line[2:22].split()) for line in listed.splitlines()]


@test
def no_option_takes_a_secret():
    for command in commands():
        for option, value in re.findall(r"--([a-z-]+)(?: (\S+))?", office.good(
                "help", *command).out.split("usage:", 1)[1]):
            if re.search("pass|pin|secret|token", option):
                true(option.endswith(("-file", "-fd")), f"eseal {' '.join(command)} --{option}")


@test
def a_new_account_gets_its_folder_of_keys():
    os.mkdir(office.file("account"))
    office.run("key", "new", "first", env={
        "HOME": office.file("account"), "XDG_STATE_HOME": None, "ESEAL_KEYS": None}).expect(0)
    true(office.exists("account/.local/state/eseal/keys/first.key"), "the key")
    equal(os.stat(office.file("account/.local")).st_mode & 0o777, 0o700, "mode")


@test
def a_password_as_an_argument_is_refused_and_not_repeated():
    for option in ("--password", "--pin", "--passwd"):
        answer = office.run(*SIGN, "x.ofd", f"{option}={PASSWORD}")
        equal(answer.code, 64, "exit code")
        lacks(answer.err, PASSWORD, "message")


@test
def the_password_comes_from_a_file_a_descriptor_or_the_environment():
    office.run("key", "show", "signer", env=WITHOUT).expect(64, "--password-file")
    office.run("key", "show", "signer", "--password-file", "password", env=WITHOUT).expect(0)
    office.run("key", "show", "signer", env={"ESEAL_PASSWORD_FILE": office.file("password")}
               ).expect(0)
    read, write = os.pipe()
    os.write(write, PASSWORD.encode() + b"\n")
    os.close(write)
    office.run("key", "show", "signer", "--password-fd", str(read), env=WITHOUT,
               pass_fds=[read]).expect(0)
    os.close(read)
    office.run("key", "show", "signer", "--password-fd", "0", env=WITHOUT,
               stdin=PASSWORD.encode()).expect(0)


@test
def only_the_first_line_of_the_password_file_counts():
    office.write("lines", PASSWORD + "\nanother line\n", 0o600)
    office.run("key", "show", "signer", "--password-file", "lines").expect(0)
    office.write("lines", PASSWORD + "\r\n", 0o600)
    office.run("key", "show", "signer", "--password-file", "lines").expect(0)


@test
def a_wrong_password_is_77_everywhere():
    office.write("wrong", "wrong password\n", 0o600)
    for words in (("key", "show", "signer"), (*SIGN, "never.ofd"), ("ca", "crl", "ca", "-o", "x"),
                  ("ca", "issue", "ca", "--use", "signer", "--name", "x", "--key", "signer", "-o",
                   "y.pem"), ("key", "passwd", "signer", "--old-password-file", "wrong")):
        answer = office.run(*words, "--password-file", "wrong").expect(77, "password")
        lacks(answer.err, "wrong password\n", "message repeats the password")
    true(not office.exists("never.ofd"), "output was written")


@test
def passwords_that_cannot_be_right_are_told_apart_from_missing_files():
    office.write("short", "short\n", 0o600)
    office.run("key", "show", "signer", "--password-file", "short").expect(77)
    office.write("empty", "", 0o600)
    true(office.run("key", "show", "signer", "--password-file", "empty").code in (64, 65, 77),
         "empty password file")
    office.run("key", "show", "signer", "--password-file", "absent").expect(66, "absent")
    office.run("key", "show", "signer", "--password-fd", "999").expect(66)


@test
def a_new_key_wants_a_password_of_eight_bytes():
    office.write("short", "1234567\n", 0o600)
    answer = office.run("key", "new", "weak", "--password-file", "short")
    equal(answer.code, 65, "exit code")
    contains(answer.err, "password", "message")
    contains(answer.err, "8", "message")
    equal("weak.key" in office.names("keys"), False, "key file")


@test
def a_refused_password_leaves_no_half_made_authority():
    office.write("short", "1234567\n", 0o600)
    office.run("ca", "init", "weak-ca", "--name", "x", "--password-file", "short").expect(65)
    true(not office.exists("weak-ca"), "the folder was made")


@test
def key_files_are_for_their_owner_alone():
    for folder in ("keys", "ca/ca.keys"):
        for name in office.names(folder):
            mode = os.stat(office.file(f"{folder}/{name}")).st_mode & 0o777
            equal(mode, 0o600, f"mode of {name}")
        equal(os.stat(office.file(folder)).st_mode & 0o077, 0, f"mode of {folder}")
    office.good("key", "export", "signer", "-o", "backup")
    equal(os.stat(office.file("backup")).st_mode & 0o777, 0o600, "mode of the backup")


@test
def key_files_stay_private_under_any_umask():
    office.shell('umask 000; "$ESEAL" key new open').expect(0)
    equal(os.stat(office.file("keys/open.key")).st_mode & 0o777, 0o600)


@test
def a_key_file_holds_no_plain_key():
    office.good("key", "export", "signer", "-o", "checked.p8", "--force")
    text = office.read("checked.p8").decode()
    contains(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----")
    contains(office.openssl("asn1parse", "-in", "checked.p8").expect(0).out, "PBES2")
    office.openssl("pkey", "-in", "checked.p8", "-noout", "-passin", "pass:wrong password").expect(
        1)


@test
def the_command_line_of_a_running_program_shows_no_secret():
    office.with_tsa()
    process = office.start("tsa", "--cert", "tsa.pem", "--key", "tsa", "--port", "0")
    try:
        process.stdout.readline()
        with open(f"/proc/{process.pid}/cmdline", "rb") as file:
            lacks(file.read().decode(), PASSWORD, "cmdline")
        with open(f"/proc/{process.pid}/environ", "rb") as file:
            lacks(file.read().decode(), PASSWORD, "environment")
    except FileNotFoundError:
        skip("no /proc")
    finally:
        process.terminate()
        process.communicate(timeout=20)


@test
def no_output_shows_a_password():
    for words in ((*SIGN, "shown.ofd", "-v"), ("key", "show", "signer", "-v"),
                  ("key", "list", "--json"), ("ca", "crl", "ca", "-o", "shown.crl", "-v")):
        answer = office.run(*words).expect(0)
        lacks(answer.out + answer.err, PASSWORD, "output")


@test
def without_a_terminal_and_a_password_the_command_fails_instead_of_hanging():
    desk = Desk(password=False)
    done = subprocess.run(["setsid", "-w", ESEAL, "key", "new",
                           "x"], cwd=desk.path, env=desk.env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, check=False)
    equal(done.returncode, 64, "exit code")
    contains(done.stderr.decode(), "--password-file", "message")


@test
def no_input_fails_instead_of_asking():
    office.run("key", "new", "x", "--no-input", env=WITHOUT).expect(64, "--password-file")


@test
def the_terminal_is_asked_twice_for_a_new_password_without_echo():
    need_terminal()
    import pty
    import time
    desk = Desk(password=False)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(desk.path)
        os.execve(ESEAL, ["eseal", "key", "new", "asked"], desk.env)
    shown = b""
    for asked in (1, 2):
        while shown.count(b": ") < asked:
            shown += os.read(terminal, 1000)
        time.sleep(0.1)
        os.write(terminal, PASSWORD.encode() + b"\n")
    try:
        while True:
            part = os.read(terminal, 1000)
            if not part:
                break
            shown += part
    except OSError:
        pass
    equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, f"exit code: {shown!r}")
    os.close(terminal)
    lacks(shown.decode(), PASSWORD, "terminal")
    desk.write("p", PASSWORD, 0o600)
    desk.good("key", "show", "asked", "--password-file", "p")


@test
def changing_the_password_makes_the_old_one_wrong():
    office.good("key", "new", "turn")
    office.write("next", "quite another password\n", 0o600)
    office.good("key", "passwd", "turn", "--old-password-file", "password", "--password-file",
                "next")
    office.run("key", "show", "turn").expect(77)
    office.run("key", "show", "turn", "--password-file", "next").expect(0)
    equal(os.stat(office.file("keys/turn.key")).st_mode & 0o777, 0o600)


@test
def a_key_name_is_no_path():
    for name in ("../escaped", "a/b", ".hidden", "", "..", "a\nb"):
        answer = office.run("key", "new", name)
        true(answer.code in (64, 65), f"{name!r}: exit {answer.code}")
    true(not office.exists("escaped.key"), "a key outside the folder")


run()
