"""Backups that somebody changed, and proofs that say less than they seem to."""
import json

from office import Office, iso, DAY
from tap import equal, run, test

office = Office()
office.good("log", "init", "records", "--host", "seal.example.cn")
office.good("log", "append", "records", "--type", "EXPORTED", "--object", "document:1")


def tell_more(backup):
    """The manifest of a backup says that its logs are longer than they are."""
    manifest = json.loads(office.read(backup + "/backup.json"))
    for log in manifest["logs"]:
        log["size"] += 1000
    office.write(backup + "/backup.json", json.dumps(manifest))


@test
def a_restored_store_is_measured_not_the_manifest():
    office.good("backup", "records", "-o", "saved")
    office.good("log", "append", "records", "--type", "EXPORTED", "--object", "document:2")
    tell_more("saved")
    answer = office.run("restore", "saved", "back", "--journal", "records/journal", "--json"
                        ).expect(1).json()
    equal([log["behind"] for log in answer["logs"]][0], True, "the audit log is behind")


@test
def a_backup_brings_back_only_files_that_backups_have():
    office.good("backup", "records", "-o", "more")
    manifest = json.loads(office.read("more/backup.json"))
    planted = dict(manifest["files"][0], name="records.db-wal")
    office.write("more/records.db-wal", office.read("more/" + manifest["files"][0]["name"]))
    manifest["files"].append(planted)
    office.write("more/backup.json", json.dumps(manifest))
    office.run("restore", "more", "planted").expect(65, "records.db-wal")


@test
def a_seal_past_its_last_day_is_not_good_though_the_log_has_it_active():
    office.make_seal("ended.esl", "--until", iso(-DAY / 2), start=iso(-DAY))
    office.good("log", "state", "records", "ended.esl", "--status", "active")
    office.good("log", "prove", "records", "--seal", "ended.esl", "-o", "ended.proof")
    answer = office.run("status-proof", "verify", "ended.proof", "--seal", "ended.esl", "--json",
                        "--log-policy", "records/logs.policy").expect(1).json()
    equal(answer["seals"][0]["now"], "expired", "state now")


run()
