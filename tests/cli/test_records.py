"""Records from the command line: logs, states, proofs, bundles, witnesses, backups and the ways
out of a frozen log, as a person or an auditor works with them."""
import json
import os
import re
import shutil
import time

import ofdfile
from desk import PASSWORD
from office import Office, iso, DAY
from tap import contains, equal, lacks, run, test, true

office = Office()
office.good("log", "init", "records", "--host", "seal.example.cn")


def add(count, folder="records"):
    for i in range(count):
        office.good("log", "append", folder, "--type", "EXPORTED", "--actor", "u-17",
                    "--object", f"document:2026-{i}")


def entries(folder="records", log="audit"):
    return office.good("log", "entries", folder, "--log", log, "--json").json()["entries"]


def size(folder="records", log="audit"):
    return office.good("log", "checkpoint", folder, "--log", log, "--json").json()["size"]


@test
def records_begin_with_two_logs_their_keys_and_a_policy():
    equal(office.names("records/keys"), ["audit-log.key", "status-log.key"], "keys")
    for name in ("records.json", "master.key", "records.db", "logs.policy"):
        true(office.exists("records/" + name), name)
    for name in ("audit", "status"):
        point = office.read(f"records/{name}.pub").decode().strip()
        equal(len(point), 130, "digits of the key")
        contains(office.read("records/logs.policy").decode(),
                 f"log seal.example.cn/{name}/1 {point}")
    equal(os.stat(office.file("records/master.key")).st_mode & 0o777, 0o600, "mode")
    equal(os.stat(office.file("records")).st_mode & 0o777, 0o700, "mode of the folder")


@test
def a_folder_with_records_is_not_begun_again():
    office.run("log", "init", "records", "--host", "seal.example.cn").expect(73, "exists")


@test
def an_entry_is_acknowledged_under_a_checkpoint():
    answer = office.good("log", "append", "records", "--type", "EXPORTED", "--actor", "u-17",
                         "--role", "auditor", "--object", "document:2026-41", "--json").json()
    true(answer["index"] < answer["size"], "the checkpoint covers it")
    entry = [e for e in entries() if e["index"] == answer["index"]][0]
    equal((entry["type"], entry["actor"], entry["object_id"]), ("EXPORTED", "u-17", "2026-41"))
    kinds = [e["type"] for e in entries()]
    contains(kinds, "WRITER_START")
    contains(kinds, "WRITER_STOP")


@test
def wrong_words_name_what_is_allowed():
    office.run("log", "append", "records", "--type", "NOTHING").expect(64, "NOTHING", "log types")
    office.run("log", "append", "records", "--type", "EXPORTED", "--outcome", "maybe"
               ).expect(64, "maybe", "refused")
    office.run("log", "append", "records", "--type", "EXPORTED", "--object", "x"
               ).expect(64, "TYPE:ID")
    office.run("log", "checkpoint", "records", "--log", "other").expect(64, "audit and status")
    office.run("log", "prove", "records").expect(64, "--index")
    office.run("log", "entries", "nowhere").expect(66)
    equal(office.run("log", "verify", "--bundle", "x", "--json").expect(2).json()["code"],
          "not_found")
    office.run("log", "verify").expect(64)
    before = size()
    office.run("log", "export", "records", "--details").expect(64, "--output")
    equal(size(), before, "entries")


@test
def a_checkpoint_in_a_file_is_the_checkpoint_whatever_is_printed():
    plain = office.good("log", "checkpoint", "records").out
    office.good("log", "checkpoint", "records", "--json", "-o", "kept.checkpoint")
    equal(office.read("kept.checkpoint"), plain.encode())


@test
def a_detail_is_canonical_encrypted_and_erasable():
    secret = "张三 13800000000"
    office.write("detail.json", json.dumps({"reason": secret, "ip": "192.0.2.7"},
                                           ensure_ascii=False))
    index = office.good("log", "append", "records", "--type", "EXPORTED", "--detail",
                        "detail.json", "--json").json()["index"]
    for name in ("records.db", "records.db-wal"):
        if office.exists("records/" + name):
            lacks(office.read("records/" + name), secret.encode(), name)
    office.good("log", "export", "records", "-o", "with-details", "--details")
    contains(office.read("with-details/details.bin"),
             json.dumps({"ip": "192.0.2.7", "reason": secret}, ensure_ascii=False,
                        separators=(",", ":")).encode())
    office.good("log", "verify", "--bundle", "with-details", "--key", "records/audit.pub")
    office.run("log", "erase", "records", "--index", str(index), "--ground", "PIPL 47",
               "--decided-by", "u-3", "--approved-by", "u-3").expect(77)
    office.good("log", "erase", "records", "--index", str(index), "--ground", "PIPL 47",
                "--decided-by", "u-3", "--approved-by", "u-9")
    office.good("log", "export", "records", "-o", "erased", "--details")
    lacks(office.read("erased/details.bin"), secret.encode(), "bundle")
    office.good("log", "verify", "--bundle", "erased", "--key", "records/audit.pub")
    equal([e["type"] for e in entries()].count("DETAIL_ERASED"), 1)


@test
def a_changed_bundle_is_found_with_its_index():
    add(3)
    office.good("log", "export", "records", "-o", "bundle")
    sound = office.good("log", "verify", "--bundle", "bundle", "--key", "records/audit.pub").out
    true(re.search(r"^entries \d+ checkpoints \d+ findings 0$", sound, re.M), sound)
    shutil.copytree(office.file("bundle"), office.file("changed"))
    path = office.file("changed/entries/000000.bin")
    data = bytearray(open(path, "rb").read())
    at = data.index(b"u-17")
    data[at:at + 4] = b"u-18"
    open(path, "wb").write(data)
    answer = office.run("log", "verify", "--bundle", "changed", "--key", "records/audit.pub",
                        "--json").expect(1).json()
    rules = {f["rule"] for f in answer["findings"]}
    contains(rules, "file_digest")
    contains(rules, "leaf_previous")
    contains(rules, "checkpoint_root")
    office.run("log", "verify", "--bundle", "changed", "--key", "records/status.pub").expect(1)


@test
def proofs_of_the_log_hold_and_changed_ones_do_not():
    office.good("log", "prove", "records", "--index", "1", "-o", "in.json")
    office.good("log", "verify", "--proof", "in.json", "--key", "records/audit.pub")
    office.good("log", "verify", "--proof", "in.json", "--witness-policy", "records/logs.policy")
    proof = json.loads(office.read("in.json"))
    proof["index"] += 1
    office.write("wrong.json", json.dumps(proof))
    office.run("log", "verify", "--proof", "wrong.json", "--key", "records/audit.pub").expect(1)
    office.run("log", "verify", "--proof", "in.json", "--key", "records/status.pub").expect(1)
    checkpoint = office.good("log", "checkpoint", "records").out
    old = size()
    add(2)
    office.good("log", "prove", "records", "--from", str(old), "-o", "grown.json")
    office.good("log", "verify", "--proof", "grown.json", "--key", "records/audit.pub")
    equal(json.loads(office.read("grown.json"))["checkpoint_from"].split("\n")[:3],
          checkpoint.split("\n")[:3], "old checkpoint")


@test
def a_receipt_is_asked_for_by_digest():
    digest = "5a" * 32
    office.good("log", "append", "records", "--type", "SEAL_USE_DONE", "--subject", digest)
    office.good("log", "prove", "records", "--subject", digest, "-o", "receipt.json")
    office.good("log", "verify", "--proof", "receipt.json", "--key", "records/audit.pub")
    office.run("log", "prove", "records", "--subject", "5b" * 32).expect(66)


@test
def only_what_follows_a_trusted_checkpoint_is_read():
    office.write("yesterday", office.good("log", "checkpoint", "records").out)
    add(2)
    office.good("log", "export", "records", "-o", "since")
    office.good("log", "verify", "--bundle", "since", "--key", "records/audit.pub", "--since",
                "yesterday").expect(0, "findings 0")
    office.write("other", office.read("yesterday").decode().replace("audit/1\n", "audit/2\n", 1))
    true(office.run("log", "verify", "--bundle", "since", "--key", "records/audit.pub", "--since",
                    "other").code != 0, "a checkpoint of another log is no start")


@test
def a_policy_of_witnesses_alone_counts_beside_a_key():
    office.good("key", "new", "absent")
    line = office.good("witness", "line", "--name", "absent.example.org", "--key", "absent").out
    office.write("witnesses.policy", line + "quorum 1 of absent.example.org\n")
    office.good("log", "export", "records", "-o", "unseen")
    office.good("log", "prove", "records", "--index", "1", "-o", "unseen.json")
    whose = ("--key", "records/audit.pub", "--witness-policy", "witnesses.policy")
    contains(office.run("log", "verify", "--bundle", "unseen", *whose).expect(1).out,
             "witness_quorum")
    office.run("log", "verify", "--proof", "unseen.json", *whose).expect(2)


@test
def the_state_of_a_seal_is_proved_to_strangers():
    plain = ofdfile.write(office.file("plain.ofd"), 1)
    office.good("log", "state", "records", "office.esl", "--status", "active")
    office.good("sign", plain, "--seal", "office.esl", "--key", "signer", "--at", "60,60", "-o",
                "sealed.ofd")
    office.good("log", "prove", "records", "--seal", "office.esl", "-o", "office.proof")
    os.remove(office.file("trust/states/office.esl.json"))
    policy = ("--log-policy", "records/logs.policy")
    office.run("verify", "sealed.ofd").expect(2, "seal_state_unavailable")
    office.run("verify", "sealed.ofd", "--status", "office.proof").expect(2, "status_proof_invalid")
    office.good("verify", "sealed.ofd", "--status", "office.proof", *policy)
    report = office.good("verify", "sealed.ofd", "--status", "office.proof", "--json", *policy)
    contains(report.out, '"source":"log"')
    office.good("status-proof", "verify", "office.proof", "--document", "sealed.ofd", *policy)
    office.good("status-proof", "verify", "office.proof", "--seal", "office.esl", *policy)
    office.make_seal("other.esl")
    office.run("status-proof", "verify", "office.proof", "--seal", "other.esl", *policy
               ).expect(2, "seal_state_unknown")
    time.sleep(1.1)  # states are judged by whole seconds: the seal is cancelled after it was used
    office.good("log", "state", "records", "office.esl", "--status", "cancelled", "--reason", "1")
    time.sleep(1.1)
    office.good("log", "prove", "records", "--seal", "office.esl", "-o", "cancelled.proof")
    answer = office.run("status-proof", "verify", "cancelled.proof", "--document", "sealed.ofd",
                        "--json", *policy)
    equal(answer.json()["seals"][0]["now"], "cancelled")
    true(answer.code in (1, 2), "no proof of time: it cannot be told")
    office.run("log", "state", "records", "office.esl", "--status", "invalidated").expect(0)
    office.run("log", "state", "records", "office.esl", "--status", "active").expect(75)
    office.good("log", "export", "records", "--log", "status", "-o", "states")
    office.good("log", "verify", "--bundle", "states", "--key", "records/status.pub")


@test
def the_first_state_of_a_seal_is_active():
    office.make_seal("third.esl")
    office.run("log", "state", "records", "third.esl", "--status", "suspended").expect(75)


@test
def the_first_activation_is_told_apart_from_later_ones():
    office.make_seal("fifth.esl")
    for state in ("active", "suspended", "active"):
        office.good("log", "state", "records", "fifth.esl", "--status", state)
    told = [e["type"] for e in entries() if e["object_type"] == "seal"]
    equal(told[-3:], ["ACTIVATED", "SUSPENDED", "RESUMED"])


def witness(name):
    office.good("key", "new", name)
    line = office.good("witness", "line", "--name", f"{name}.example.org", "--key", name).out
    office.write("logs.policy", office.read("logs.policy").decode() + line
                 if office.exists("logs.policy")
                 else office.read("records/logs.policy").decode() + line)
    process = office.start("witness", "serve", "--name", f"{name}.example.org", "--key", name,
                           "--policy", "records/logs.policy", "--memory", name, "--port", "0")
    return process, process.stdout.readline().decode().strip()


@test
def witnesses_sign_what_only_grows_and_a_policy_counts_them():
    first, one = witness("w1")
    second, two = witness("w2")
    try:
        office.write("logs.policy", office.read("logs.policy").decode()
                     + "quorum 2 of w1.example.org w2.example.org\n")
        for _ in range(2):  # the second time they know an older checkpoint
            answer = office.good("log", "cosign", "records", "--policy", "logs.policy", "--json",
                                 "--witness", f"w1.example.org={one}", "--witness",
                                 f"w2.example.org={two}").json()
            equal(answer["witnesses"], ["w1.example.org", "w2.example.org"])
            note = office.good("log", "checkpoint", "records", "--witnessed", "2").out
            contains(note, "— w1.example.org ")
            contains(note, "— w2.example.org ")
            office.good("log", "cosign", "records", "--policy", "logs.policy", "--witness",
                        f"w1.example.org={one}", "--witness", f"w2.example.org={two}")
            equal(office.good("log", "checkpoint", "records", "--witnessed", "2").out, note)
            add(1)
        office.make_seal("fourth.esl")
        office.good("log", "state", "records", "fourth.esl", "--status", "active")
        office.good("log", "cosign", "records", "--log", "status", "--policy", "logs.policy",
                    "--witness", f"w1.example.org={one}", "--witness", f"w2.example.org={two}")
        office.good("log", "export", "records", "-o", "witnessed")
        office.good("log", "verify", "--bundle", "witnessed", "--witness-policy", "logs.policy")
        # Another log that calls itself the same: the witness has seen other roots.
        office.good("log", "init", "fork", "--host", "seal.example.cn")
        add(1, "fork")
        office.run("log", "cosign", "fork", "--policy", "logs.policy", "--witness",
                   f"w1.example.org={one}").expect(2)
    finally:
        for process in (first, second):
            process.terminate()
            process.communicate(timeout=20)


@test
def witnesses_of_the_records_are_asked_when_the_log_opens():
    office.good("key", "new", "w5")
    line = office.good("witness", "line", "--name", "w5.example.org", "--key", "w5").out
    port = "127.0.0.1:9"  # nobody there yet: said, and the log goes on
    office.good("log", "init", "seen", "--host", "seen.example.cn", "--witness",
                f"w5.example.org=http://{port}")
    contains(office.good("log", "append", "seen", "--type", "EXPORTED").err, "unreachable")
    shutil.copytree(office.file("seen"), office.file("past"))
    policy = office.read("seen/logs.policy").decode() + line
    office.write("seen/logs.policy", policy)
    process = office.start("witness", "serve", "--name", "w5.example.org", "--key", "w5",
                           "--policy", "seen/logs.policy", "--memory", "w5", "--port", "0")
    url = process.stdout.readline().decode().strip()
    try:
        for folder in ("seen", "past"):
            office.write(f"{folder}/records.json", office.read(f"{folder}/records.json").decode()
                         .replace(f"http://{port}", url), 0o600)
        add(2, "seen")
        office.good("log", "cosign", "seen")
        # An older copy with its own older journal: only the witness knows more.
        office.run("log", "append", "past", "--type", "EXPORTED").expect(75, "log_behind")
    finally:
        process.terminate()
        process.communicate(timeout=20)


@test
def json_of_the_witness_service_gives_its_address():
    office.good("key", "new", "w4")
    process = office.start("witness", "serve", "--name", "w4.example.org", "--key", "w4",
                           "--policy", "records/logs.policy", "--memory", "w4", "--port", "0",
                           "--json")
    line = process.stdout.readline().decode()
    process.terminate()
    process.communicate(timeout=20)
    contains(line, '{"v":1,"url":"http://127.0.0.1:', "first line")


@test
def strict_believes_a_log_with_a_quorum_and_nothing_less():
    office.publish_crl()
    with office.tsa() as url:
        office.good("sign", "plain.ofd", "-o", "stamped.ofd", "--seal", "fourth.esl", "--key",
                    "signer", "--at", "60,60",
                    "--tsa", url)
    office.publish_crl()  # strict wants revocation data from after the proved time
    strict = ("verify", "stamped.ofd", "--policy", "strict", "--status", "fourth.proof")
    office.good("log", "prove", "records", "--seal", "fourth.esl", "--witnessed", "2", "-o",
                "fourth.proof")
    office.good(*strict, "--log-policy", "logs.policy")
    office.run(*strict, "--log-policy", "records/logs.policy").expect(2, "status_unwitnessed")
    office.state("fourth.esl", "active@" + iso(-DAY)[:10])
    office.run("verify", "stamped.ofd", "--policy", "strict", "--status",
               "trust/states/fourth.esl.json").expect(2, "seal_state_unavailable")


@test
def a_witness_by_files_refuses_to_go_back():
    office.good("key", "new", "w3")
    words = ("--name", "w3.example.org", "--key", "w3", "--policy", "records/logs.policy",
             "--memory", "w3")
    office.write("old", office.good("log", "checkpoint", "records").out)
    old = size()
    contains(office.good("witness", "sign", "old", *words).out, "— w3.example.org ")
    add(1)
    office.write("new", office.good("log", "checkpoint", "records").out)
    office.run("witness", "sign", "new", *words).expect(1)
    office.good("log", "prove", "records", "--from", str(old), "-o", "step")
    contains(office.good("witness", "sign", "new", "--proof", "step", *words).out, "w3")
    office.run("witness", "sign", "old", *words).expect(1, "behind")


@test
def rebuilding_finds_and_mends_what_is_derived():
    office.good("log", "rebuild", "records", "--check")
    import sqlite3
    database = sqlite3.connect(office.file("records/records.db"))
    database.execute("UPDATE log_tile SET hashes = zeroblob(32), width = 1 WHERE log_id = 11 "
                     "AND level = 0 AND n = 0")
    database.commit()
    database.close()
    office.run("log", "rebuild", "records", "--check").expect(1)
    office.good("log", "rebuild", "records")
    office.good("log", "rebuild", "records", "--check")


@test
def a_backup_comes_back_sound_and_an_old_one_opens_frozen():
    office.good("log", "ship", "records", "-o", "shipped")
    office.good("backup", "records", "-o", "backup")
    names = {f["name"] for f in json.loads(office.read("backup/backup.json"))["files"]}
    for name in ("database", "journal/audit.jsonl", "keys/audit-log.key", "master.key"):
        contains(names, name)
    office.good("restore", "backup", "drill")
    add(1, "drill")
    add(2)  # the live system goes on
    office.good("log", "ship", "records", "-o", "shipped")
    office.run("restore", "backup", "older", "--journal", "records/journal").expect(1, "BEHIND")
    answer = office.run("log", "append", "older", "--type", "EXPORTED").expect(75)
    contains(answer.err, "log_behind")
    decision = ("--reason", "restored backup", "--decided-by", "u-3", "--approved-by")
    office.run("log", "refill", "older", "--bundle", "shipped", *decision, "u-3").expect(77)
    true(office.good("log", "refill", "older", "--bundle", "shipped", *decision, "u-9",
                "--json").json()["refilled"] > 0, "entries came back")
    add(1, "older")
    office.good("log", "export", "older", "-o", "refilled")
    office.good("log", "verify", "--bundle", "refilled", "--key", "records/audit.pub")


@test
def a_damaged_backup_is_not_restored():
    shutil.copytree(office.file("backup"), office.file("damaged"))
    path = office.file("damaged/database")
    data = bytearray(open(path, "rb").read())
    data[len(data) // 2] ^= 1
    open(path, "wb").write(data)
    office.run("restore", "damaged", "nothing").expect(65, "database")
    true(not office.exists("nothing"), "nothing is half restored")


@test
def lost_entries_are_declared_by_a_new_epoch():
    office.good("log", "init", "lost", "--host", "lost.example.cn")
    add(1, "lost")
    office.good("backup", "lost", "-o", "lost-backup")
    add(2, "lost")
    office.run("restore", "lost-backup", "reborn", "--journal", "lost/journal").expect(1)
    answer = office.good("log", "new-epoch", "reborn", "--reason", "disk lost", "--decided-by",
                         "u-3", "--approved-by", "u-9", "--json").json()
    equal(answer["epoch"], 2)
    add(1, "reborn")
    contains(office.good("log", "checkpoint", "reborn").out, "lost.example.cn/audit/2\n")
    contains(office.good("log", "checkpoint", "reborn", "--epoch", "1").out,
             "lost.example.cn/audit/1\n")
    contains([e["type"] for e in entries("reborn")], "EPOCH_OPEN")


@test
def a_wrong_password_opens_nothing():
    office.write("wrong", "something else\n", 0o600)
    office.run("log", "append", "records", "--type", "EXPORTED", "--password-file", "wrong"
               ).expect(77)


@test
def no_secret_stands_in_any_file_of_the_records():
    for folder, _, names in os.walk(office.path):
        for name in names:
            path = os.path.join(folder, name)
            if path != office.file("password"):
                lacks(open(path, "rb").read(), PASSWORD.encode(), path)


run()
