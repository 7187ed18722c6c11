"""What is written, where and how: never over a file unasked, whole or not at all, nothing left."""
import os
import signal
import subprocess
import tempfile
import time

import ofdfile
from office import Office
from tap import contains, equal, run, skip, test, true

office = Office()
plain = ofdfile.write(office.file("plain.ofd"), 2)
sealed = office.sealed(plain, office.file("sealed.ofd"), "--at", "20,30")
office.good("key", "export", "signer", "-o", "old.p8")

# Every command that writes a file, the option that names it, and words that make it work.
WRITERS = [
    ("-o", ("sign", plain, "--seal", "office.esl", "--key", "signer", "--at", "1,2")),
    ("--prepare", ("sign", plain, "--seal", "office.esl", "--at", "1,2", "-o", "/dev/stdout")),
    ("-o", ("demo", "tamper", sealed)),
    ("-o", ("seal", "image", "office.esl")),
    ("-o", ("seal", "make", "--name", "A", "--picture", "imprint.png", "--size", "40", "--signer",
            "signer.pem", "--maker", "maker.pem", "--key", "maker")),
    ("-o", ("seal", "state", "office.esl", "--event", "active@2026-01-01", "--signer", "maker.pem",
            "--key", "maker")),
    ("-o", ("key", "export", "signer")),
    ("-o", ("ca", "crl", "ca")),
    ("-o", ("ca", "issue", "ca", "--use", "signer", "--name", "B", "--key", "signer")),
    ("--html", ("verify", sealed)),
    ("--difference", ("imprint", "compare", "imprint.png", "imprint.png", "--size", "40")),
]


def short(words):
    return " ".join(w for w in words[:2] if "/" not in w)


@test
def an_existing_file_is_never_overwritten_without_force():
    for option, words in WRITERS:
        if option == "--prepare":
            continue
        office.write("mine", "precious")
        office.run(*words, option, "mine").expect(73, "mine", "--force")
        equal(office.read("mine"), b"precious", short(words))


@test
def force_replaces_the_file():
    for option, words in WRITERS:
        if option == "--prepare":
            continue
        office.write("mine", "precious")
        office.run(*words, option, "mine", "--force").expect(0)
        true(office.read("mine") != b"precious", f"{short(words)} wrote nothing")
        os.unlink(office.file("mine"))


@test
def a_key_is_never_replaced_even_with_force():
    before = office.read("keys/signer.key")
    office.run("key", "new", "signer").expect(73, "signer")
    answer = office.run("key", "new", "signer", "--force")
    equal(office.read("keys/signer.key"), before, "key file")
    equal(answer.code, 73, "exit code with --force")
    true("--force replaces" not in office.run("key", "new", "signer").err,
         "the message names a way that does not work")


@test
def an_authority_is_never_replaced():
    before = office.read("ca/ca.pem"), office.read("ca/ca.keys/ca.key")
    office.run("ca", "init", "ca", "--name", "another").expect(73)
    office.run("ca", "init", "ca", "--name", "another", "--force").expect(73)
    equal((office.read("ca/ca.pem"), office.read("ca/ca.keys/ca.key")), before, "authority")


@test
def a_folder_that_is_missing_is_told_and_nothing_is_left():
    before = office.names()
    for option, words in WRITERS:
        if option == "--prepare":
            continue
        office.run(*words, option, "missing/x").expect(73, "missing/x")
    equal(office.names(), before, "files")


@test
def devices_and_folders_are_not_replaced():
    for target in ("/dev/null", "keys"):
        answer = office.sign(plain, target, "--at", "1,2", "--force")
        equal(answer.code, 73, target)
    true(os.path.exists("/dev/null"), "/dev/null is gone")


@test
def nothing_is_left_behind_after_a_refusal():
    before = office.names()
    office.sign(plain, "never.ofd", "--at", "900,2").expect(65)
    office.sign(plain, "never.ofd", "--keyword", "没有").expect(65)
    office.write("wrong", "wrong password", 0o600)
    office.sign(plain, "never.ofd", "--at", "1,2", "--password-file", "wrong").expect(77)
    office.sign(plain, "never.ofd", "--at", "1,2", "--tsa", "http://127.0.0.1:9/").expect(69)
    os.unlink(office.file("wrong"))
    equal(office.names(), before, "files")


@test
def dash_writes_the_document_to_standard_output():
    answer = office.sign(plain, "-", "--at", "1,2").expect(0)
    office.write("piped.ofd", answer.raw)
    equal(office.outcome("piped.ofd"), "valid")


@test
def dash_writes_pictures_seals_and_lists_to_standard_output():
    picture = office.good("seal", "image", "office.esl", "-o", "-").raw
    true(picture.startswith(b"\x89PNG"), "picture")
    contains(office.good("key", "export", "signer", "-o", "-").out, "ENCRYPTED PRIVATE KEY")
    contains(office.good("ca", "crl", "ca", "-o", "-").out, "X509 CRL")


@test
def dash_reads_documents_from_a_file_or_a_pipe():
    data = open(sealed, "rb").read()
    equal(office.run("verify", "-", "--json", stdin=data).expect(0).json()["outcome"], "valid")
    with open(sealed, "rb") as file:
        equal(office.run("verify", "-", "--json", stdin=file).expect(0).json()["outcome"], "valid")
    answer = office.sign("-", "-", "--at", "90,30", stdin=data).expect(0)
    office.write("filtered.ofd", answer.raw)
    equal(len(office.verdict("filtered.ofd")["signatures"]), 2)


@test
def dash_reads_seals_and_pictures():
    seal = office.read("office.esl")
    contains(office.run("seal", "show", "-", stdin=seal).expect(0).out, "测试市档案局")
    office.run("seal", "verify", "-", stdin=seal).expect(0)


@test
def an_empty_standard_input_is_no_document():
    office.run("verify", "-", stdin=b"").expect(2, "not an OFD")
    office.sign("-", "never.ofd", "--at", "1,2", stdin=b"").expect(65)


@test
def json_and_a_file_do_not_share_standard_output():
    office.sign(plain, "-", "--at", "1,2", "--json").expect(64, "standard output")


@test
def a_closed_standard_output_is_told():
    for words in (("verify", sealed), ("version",), ("help",), ("key", "list"),
                  ("completion", "bash"), ("manual",)):
        office.shell('"$ESEAL" ' + " ".join(words) + " >&-").expect(73)


@test
def a_full_disk_under_standard_output_is_told():
    for words in (("verify", sealed), ("verify", sealed, "--json"), ("help", "sign"), ("version",),
                  ("seal", "show", "office.esl"), ("seal", "image", "office.esl", "-o", "-"),
                  ("sign", plain, "-o", "-", "--seal", "office.esl", "--key", "signer", "--at",
                   "1,2"), ("key", "list"), ("document", "text", plain), ("manual",)):
        with open("/dev/full", "wb") as full:
            office.run(*words, stdout=full).expect(73)


@test
def a_reader_that_goes_away_does_not_kill_the_program():
    answer = office.shell('{ "$ESEAL" manual; echo $? >code; } | head -c 1 >/dev/null; cat code')
    true(answer.out.strip() in ("0", "73"), f"exit code {answer.out}")


@test
def files_are_sound_when_standard_output_and_error_are_closed():
    for closed in (">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"):
        office.shell(f'"$ESEAL" sign plain.ofd -o closed.ofd --seal office.esl --key signer '
                     f'--at 1,2 --force {closed}')
        equal(office.outcome("closed.ofd"), "valid", closed)
        office.shell(f'"$ESEAL" sign plain.ofd -o closed.ofd --seal missing.esl {closed}')
        equal(office.outcome("closed.ofd"), "valid", closed)
        equal(open(plain, "rb").read()[:2], b"PK", "input")


@test
def replacing_leaves_the_old_file_to_those_who_read_it():
    office.sealed(plain, office.file("steady.ofd"), "--at", "1,2")
    with open(office.file("steady.ofd"), "rb") as reader:
        before = os.fstat(reader.fileno()).st_size
        office.sign(plain, "steady.ofd", "--at", "50,60", "--force").expect(0)
        equal(len(reader.read()), before, "bytes of the old file")
    equal(ofdfile.stamps(office.file("steady.ofd"))[0]["box"][:2], [50, 60])


@test
def sealing_a_file_onto_itself_works_with_force():
    office.sealed(plain, office.file("self.ofd"), "--at", "1,2")
    office.sign("self.ofd", "self.ofd", "--at", "60,2", "--force").expect(0)
    equal(len(office.verdict("self.ofd")["signatures"]), 2)


@test
def an_interrupted_sealing_leaves_no_file():
    before = office.names()
    os.mkfifo(office.file("slow"))
    try:
        # The password comes from a pipe nobody writes to: the command waits there.
        process = office.start("sign", plain, "-o", "never.ofd", "--seal", "office.esl", "--key",
                               "signer", "--at", "1,2", "--password-file", "slow")
        time.sleep(0.4)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    finally:
        os.unlink(office.file("slow"))
    true(process.returncode in (-signal.SIGINT, 130), f"exit code {process.returncode}")
    equal(office.names(), before, "files")


@test
def an_interrupted_time_stamp_leaves_no_file():
    import socket
    before = office.names()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        process = office.start("sign", plain, "-o", "never.ofd", "--seal", "office.esl", "--key",
                               "signer", "--at", "1,2", "--tsa",
                               f"http://127.0.0.1:{silent.getsockname()[1]}/")
        connection, _ = silent.accept()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        connection.close()
    true(process.returncode in (-signal.SIGTERM, 143), f"exit code {process.returncode}")
    equal(office.names(), before, "files")


@test
def a_sealing_killed_while_it_writes_leaves_no_file():
    big = ofdfile.write(office.file("large.ofd"), 1,
                        extra={"Doc_0/Res/blob.bin": os.urandom(80_000_000)})
    office.sealed(plain, office.file("kept.ofd"), "--at", "1,2")
    kept, before = office.read("kept.ofd"), office.names()
    for tries in range(30):
        process = office.start("sign", big, "-o", "kept.ofd", "--seal", "office.esl", "--key",
                               "signer", "--at", "1,2", "--force")
        time.sleep(0.05 * (tries % 15))
        process.kill()
        process.communicate(timeout=20)
        equal(office.names(), before, f"files after {0.05 * (tries % 15):.2f} s")
        if office.read("kept.ofd") != kept:
            break  # it came to its end


@test
def a_full_disk_leaves_neither_output_nor_temporary_file():
    if os.geteuid() != 0:
        skip("mounting a small disk needs root")
    big = ofdfile.write(office.file("big.ofd"), 1,
                        extra={"Doc_0/Res/blob.bin": os.urandom(600_000)})
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", folder],
                                 check=False, stderr=subprocess.DEVNULL)
        if mounted.returncode != 0:
            skip("mount is not allowed here")
        try:
            office.sign(big, folder + "/x.ofd", "--at", "1,2").expect(73, "No space left")
            equal(os.listdir(folder), [], "files")
            with open(folder + "/old.ofd", "wb") as old:
                old.write(b"old")
            office.sign(big, folder + "/old.ofd", "--at", "1,2", "--force").expect(73)
            equal(os.listdir(folder), ["old.ofd"], "files")
            with open(folder + "/old.ofd", "rb") as old:
                equal(old.read(), b"old", "the old file")
        finally:
            subprocess.run(["umount", folder], check=True)


@test
def a_folder_without_permission_is_told():
    if os.geteuid() == 0:
        skip("root may write everywhere")
    os.mkdir(office.file("closed"), 0o500)
    office.sign(plain, "closed/x.ofd", "--at", "1,2").expect(73, "closed/x.ofd")


@test
def the_sealed_file_has_ordinary_permissions_and_respects_umask():
    office.sealed(plain, office.file("mode.ofd"), "--at", "1,2")
    equal(os.stat(office.file("mode.ofd")).st_mode & 0o777, 0o644)
    office.shell('umask 077; "$ESEAL" sign plain.ofd -o mode077.ofd --seal office.esl '
                 '--key signer --at 1,2').expect(0)
    equal(os.stat(office.file("mode077.ofd")).st_mode & 0o777, 0o600)


@test
def a_file_named_with_a_leading_dash_is_reached_after_two_dashes():
    office.write("-odd.ofd", open(plain, "rb").read())
    office.run("verify", "--", "-odd.ofd").expect(2, "no_signature")


run()
