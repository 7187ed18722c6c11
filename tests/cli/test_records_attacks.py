"""Backups that somebody changed, and proofs that say less than they seem to."""
import http.server
import json
import shutil
import threading

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


@test
def a_receipt_for_another_signature_is_told_apart():
    for digest in ("5a" * 32, "5b" * 32):
        office.good("log", "append", "records", "--type", "SEAL_USE_DONE", "--subject", digest)
    office.good("log", "prove", "records", "--subject", "5a" * 32, "-o", "receipt.json")
    office.good("log", "prove", "records", "--index", "0", "-o", "start.json")
    whose = ("--key", "records/audit.pub", "--subject")
    answer = office.good("log", "verify", "--proof", "receipt.json", *whose, "5a" * 32, "--json")
    equal(answer.json()["subject"], "5a" * 32, "subject")
    office.run("log", "verify", "--proof", "receipt.json", *whose, "5b" * 32
               ).expect(1, "something else")
    office.run("log", "verify", "--proof", "start.json", *whose, "00" * 32
               ).expect(1, "something else")
    office.run("log", "verify", "--proof", "receipt.json", *whose, "5a").expect(64, "--subject")


class Answers(http.server.BaseHTTPRequestHandler):
    """A witness of which somebody else wrote the words."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"v": 1, "known": self.server.known, "known_size": 0}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


def serve(known):
    server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    server.known = known
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


@test
def a_witness_that_lies_does_not_hide_what_another_knows():
    office.good("log", "init", "seen", "--host", "seen.example.cn")
    office.good("log", "append", "seen", "--type", "EXPORTED")
    shutil.copytree(office.file("seen"), office.file("past"))
    office.good("log", "append", "seen", "--type", "EXPORTED")
    newest = office.good("log", "checkpoint", "seen").out
    lines = newest.split("\n")
    liar, liar_url = serve("\n".join([lines[0], "999999", *lines[2:]]))
    honest, honest_url = serve(newest)
    records = json.loads(office.read("past/records.json"))
    records["witnesses"] = [f"liar.example.org={liar_url}", f"honest.example.org={honest_url}"]
    office.write("past/records.json", json.dumps(records), 0o600)
    try:
        office.run("log", "append", "past", "--type", "EXPORTED").expect(75, "log_behind",
                                                                         "did not sign")
    finally:
        for server in (liar, honest):
            server.shutdown()
            server.server_close()


run()
