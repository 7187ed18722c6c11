"""One test for each row of the table of exit codes (eseal help exit-codes)."""
import os
import re
import resource
import signal
import subprocess
import time

import ofdfile
from desk import ESEAL, Desk
from office import DAY, Office, iso
from tap import contains, equal, run, skip, test, true

office = Office()
plain = ofdfile.write(office.file("plain.ofd"), 2)
sealed = office.sealed(plain, office.file("sealed.ofd"), "--at", "20,30")
office.good("demo", "tamper", sealed, "-o", "tampered.ofd")
REFUSED = ("sign", "refused.ofd", "-o", "never.ofd", "--seal", "office.esl", "--key", "signer",
           "--at", "1,2")


@test
def exit_0_when_every_seal_is_valid():
    office.run("verify", sealed).expect(0, "VALID")


@test
def exit_1_when_the_answer_is_no():
    office.run("verify", "tampered.ofd").expect(1, "INVALID")
    office.run("document", "find", plain, "没有").expect(1)


@test
def exit_2_when_nothing_can_be_told():
    office.run("verify", plain).expect(2, "no_signature")


@test
def exit_3_when_some_of_several_files_failed():
    office.run("verify", sealed, "missing.ofd").expect(3, "missing.ofd")


@test
def invalid_outweighs_failed_and_undetermined():
    office.run("verify", plain, sealed, "tampered.ofd", "missing.ofd").expect(1)
    office.run("verify", plain, sealed).expect(2)


@test
def exit_64_for_wrong_use():
    office.run("verify").expect(64, "FILE")
    office.run("verify", "--no-such", sealed).expect(64, "--no-such")
    office.run("nothing").expect(64, "nothing")
    office.run("verify", sealed, "--at", "yesterday-ish").expect(64, "--at")
    office.run("verify", sealed, "--jobs", "0").expect(64, "--jobs")


@test
def exit_65_when_the_content_is_refused():
    office.write("refused.ofd", b"PK\3\4 and nothing more")
    office.run(*REFUSED).expect(65, "refused.ofd")
    office.write("garbage.esl", b"\x30\x03\x02\x01")
    office.run("seal", "show", "garbage.esl").expect(65, "garbage.esl")


@test
def exit_66_when_file_seal_or_key_is_missing():
    office.run("verify", "missing.ofd").expect(66, "missing.ofd")
    office.run("seal", "show", "missing.esl").expect(66, "missing.esl")
    office.run("key", "show", "nobody").expect(66, "nobody")


@test
def exit_69_when_the_time_stamp_service_is_not_reachable():
    office.sign(plain, "never.ofd", "--at", "1,2", "--tsa", "http://127.0.0.1:9/").expect(
        69, "timestamp_unavailable")
    true(not office.exists("never.ofd"), "output was written")


@test
def exit_70_when_memory_runs_out():
    with open(ESEAL, "rb") as program:
        if b"__asan_init" in program.read():
            skip("address sanitizer needs the address space")
    # Less and less memory until the picture does not fit; then the program still says why.
    for megabytes in range(64, 20, -2):
        limit = megabytes << 20
        answer = office.run("imprint", "draw", "-o", "huge.png", "--ring", "ABC", "--size", "58",
                            "--dpi", "1200", "--maker", "maker.pem", "--key", "maker", "--force",
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS,
                                                                  (limit, limit)))
        if answer.code != 0:
            answer.expect(70, "out_of_memory")
            return
    skip("64 MB always sufficed")


@test
def exit_73_when_the_output_cannot_be_written():
    office.sign(plain, "no/such/folder/x.ofd", "--at", "1,2").expect(73, "no/such/folder/x.ofd")
    office.sign(plain, "sealed.ofd", "--at", "1,2").expect(73, "--force")
    with open("/dev/full", "wb") as full:
        office.run("verify", sealed, stdout=full).expect(73)


@test
def exit_75_when_the_state_forbids_it():
    office.make_seal("expired.esl", "--until", iso(-DAY / 2), start=iso(-DAY))
    office.run("sign", plain, "-o", "never.ofd", "--seal", "expired.esl", "--key", "signer",
               "--at", "1,2").expect(75, "seal_expired")


@test
def exit_77_for_a_wrong_password():
    office.write("wrong", "not the password\n", 0o600)
    office.run("key", "show", "signer", "--password-file", "wrong").expect(77, "password")


@test
def exit_78_when_the_configuration_is_wrong():
    office.write("policy.json", "{}")
    office.run("verify", sealed, "--policy", "./policy.json").expect(78, "policy.json")
    Desk().run("key", "list", env={"HOME": None, "ESEAL_KEYS": None}).expect(78, "HOME")


def interrupted(number, code):
    process = office.start("tsa", "--cert", "tsa.pem", "--key", "tsa", "--port", "0")
    contains(process.stdout.readline().decode(), "http://127.0.0.1:")
    process.send_signal(number)
    process.communicate(timeout=20)
    equal(process.returncode, code, "exit code")


@test
def exit_130_and_143_when_interrupted():
    office.with_tsa()
    interrupted(signal.SIGINT, 130)
    interrupted(signal.SIGTERM, 143)


@test
def a_command_stopped_while_it_waits_reads_130_in_the_shell():
    # Reading standard input that never ends, as a person who changes their mind.
    process = subprocess.Popen(["sh", "-c", '"$0" seal show -; echo $?', ESEAL],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               env=office.environment(None), start_new_session=True)
    time.sleep(0.5)
    try:
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as listed:
            children = listed.read().split()
    except OSError:
        children = []
    if len(children) != 1:
        process.communicate()
        skip("the system does not tell the child")
    os.kill(int(children[0]), signal.SIGINT)
    equal(process.communicate(timeout=20)[0].split(), [b"130"])


@test
def the_help_on_exit_codes_lists_exactly_these():
    text = office.good("help", "exit-codes").out
    equal(re.findall(r"^  (\d+)(?:, (\d+))?", text, re.M),
          [("0", ""), ("1", ""), ("2", ""), ("3", ""), ("64", ""), ("65", ""), ("66", ""),
           ("69", ""), ("70", ""), ("73", ""), ("75", ""), ("77", ""), ("78", ""),
           ("130", "143")])


run()
