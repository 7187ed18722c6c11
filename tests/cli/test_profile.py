"""eseal profile: what a person is told about a region's rules, and what is refused."""
import json

from desk import Desk
from tap import contains, equal, lacks, run, test, true

desk = Desk(password=False)


def profile(name, rules, **head):
    """A child of the national profile, unless told otherwise."""
    text = {"v": 1, "id": name, "version": 1, "title": "细则", "publisher": "某县",
            "start": "2026-01-01", "end": "none", "extends": {"id": "national", "version": 1},
            "regulations": {"XX": "某县实施细则"}, "rules": rules, **head}
    return desk.write(name + ".json", json.dumps({k: v for k, v in text.items() if v is not None}))


def rule(value):
    return {"value": value, "cites": ["XX 7"]}


@test
def a_looser_child_is_refused_with_parameter_values_and_reason():
    city = profile("city", {"police_filing": rule(True), "police_filing_within": rule("24h")})
    county = profile("county", {"police_filing_within": rule("48h")},
                     extends={"id": "city", "version": 1})
    desk.run("profile", "check", county, "--parent", city).expect(
        78, 'rule "police_filing_within" has "48h" where city 1 has "24h"', "it is longer",
        "[configuration]")
    desk.run("profile", "check", county).expect(66, "extends city 1, which is not known")


@test
def an_uncited_rule_is_refused():
    path = profile("bare", {"validity": {"value": "equal"}})
    desk.run("profile", "check", path).expect(78, 'rule "validity": cites no article')


@test
def a_sound_child_is_told_what_it_tightens():
    path = profile("sound", {"validity": rule("equal"), "custodian": rule("owner_decides")})
    answer = desk.run("profile", "check", path, "--at", "2026-06-01").expect(0, "in force")
    contains(answer.out, "equals the certificate's  [XX 7]", "tightens")
    lacks(answer.out, "custodian", "an equal rule")
    told = desk.run("profile", "check", path, "--json").expect(0).json()
    equal([d["parameter"] for d in told["tightens"]], ["validity"])
    equal(told["tightens"][0]["a"]["cites"], ["NAT 16(1)"])
    equal(told["tightens"][0]["b_is"], "tighter")


@test
def a_profile_out_of_its_dates_says_so():
    for name, at, when in (("weihai", "2020-07-26", "not_yet"),
                           ("weihai", "2022-07-26", "in_force"),
                           ("weihai", "2022-07-27", "expired"),
                           ("sichuan", "2026-01-01", "undated")):
        answer = desk.run("profile", "check", name, "--at", at, "--json").expect(0)
        equal(answer.json()["when"], when, f"{name} {at}")
    desk.run("profile", "check", "weihai", "--at", "2026-01-01").expect(0, "EXPIRED")
    desk.run("profile", "check", "weihai", "--at", "2026-01-01", "--lang", "zh").expect(
        0, "已过有效期")


@test
def every_preset_is_shown_whole_in_both_languages():
    for name in ("national", "guangdong", "sichuan", "weihai", "luohe"):
        rules = desk.run("profile", "show", name, "--json").expect(0).json()["rules"]
        english = desk.run("profile", "show", name, "--lang", "en").expect(0).out
        chinese = desk.run("profile", "show", name, "--lang", "zh").expect(0).out
        for parameter, given in rules.items():
            contains(english, f"({parameter})", name)
            contains(chinese, f"({parameter})", name)
            true(given["cites"] or given["ours"], f"{name} {parameter} is not cited")
            for cite in given["cites"]:
                contains(chinese, cite, name)


@test
def a_difference_shows_both_values_and_both_citations():
    answer = desk.run("profile", "diff", "sichuan", "weihai").expect(0)
    contains(answer.out, "  - 1 calendar month  [SC 20]\n  + 3 calendar months  [WH 19]\n",
             "window")
    lacks(answer.out, "(image_kept_at_renewal)", "equal rules")
    told = desk.run("profile", "diff", "sichuan", "weihai", "--json").expect(0).json()
    window = [d for d in told["differences"] if d["parameter"] == "renewal_window"][0]
    equal((window["a"]["value"], window["b"]["value"], window["b_is"]), ("1m", "3m", "looser"))
    desk.run("profile", "diff", "luohe", "luohe").expect(0, "no rule differs")


@test
def what_a_file_holds_cannot_move_the_cursor_or_other_text():
    path = profile("turned", {}, title="a\u202eb", publisher="p")
    answer = desk.run("profile", "show", path).expect(0)
    lacks(answer.out, "\u202e", "bidirectional control")
    path = profile("control", {}, title="a\u001b[2J")
    answer = desk.run("profile", "show", path).expect(78)
    lacks(answer.err, "\u001b", "escape")


@test
def a_name_that_is_no_preset_and_no_file_is_not_found():
    desk.run("profile", "show", "atlantis").expect(66, "atlantis")


run()
