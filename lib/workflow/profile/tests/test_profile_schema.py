"""The schema beside a validator of other people's: test_profile_schema.py SCHEMA PRESET..."""
import copy
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    jsonschema = None

schema = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
presets = [json.loads(pathlib.Path(p).read_text(encoding="utf-8")) for p in sys.argv[2:]]


def refusals(profile):
    return [e.message for e in jsonschema.Draft202012Validator(schema).iter_errors(profile)]


def the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema)
    return []


def the_presets_satisfy_the_schema():
    return [m for p in presets for m in refusals(p)]


def a_child_needs_no_rule_but_a_profile_alone_needs_all():
    child = {**presets[0], "extends": {"id": "parent", "version": 1}, "rules": {}}
    alone = {**presets[0], "rules": {}}
    return refusals(child) + ([] if refusals(alone) else ["a profile without rules was accepted"])


def what_loading_refuses_the_schema_refuses():
    wrong = []
    for what, change in (
            ("uncited", lambda p: p["rules"].update(validity={"value": "equal"})),
            ("no citation", lambda p: p["rules"].update(validity={"value": "equal", "cites": []})),
            ("word", lambda p: p["rules"]["validity"].update(value="equals")),
            ("unknown", lambda p: p["rules"].update(vallidity=p["rules"]["validity"])),
            ("member", lambda p: p["rules"]["validity"].update(x=1)),
            ("missing", lambda p: p["rules"].pop("validity")),
            ("bool", lambda p: p["rules"]["police_filing"].update(value="true")),
            ("set", lambda p: p["rules"]["classes"].update(value=[])),
            ("twice", lambda p: p["rules"]["classes"].update(value=["duty", "duty"])),
            ("unit", lambda p: p["rules"]["renewal_window"].update(value="24h")),
            ("period", lambda p: p["rules"]["renewal_window"].update(value="030d")),
            ("id", lambda p: p.update(id="A b")), ("v", lambda p: p.update(v=2)),
            ("version", lambda p: p.update(version=0)), ("date", lambda p: p.update(start="1.1.")),
            ("no end", lambda p: p.pop("end"))):
        profile = copy.deepcopy(presets[0])
        change(profile)
        if not refusals(profile):
            wrong.append(f"accepted: {what}")
    return wrong


tests = [the_schema_is_a_schema, the_presets_satisfy_the_schema,
         a_child_needs_no_rule_but_a_profile_alone_needs_all,
         what_loading_refuses_the_schema_refuses]
print(f"1..{len(tests)}")
bad = 0
for number, one in enumerate(tests, 1):
    if jsonschema is None:
        print(f"ok {number} - {one.__name__} # SKIP python3-jsonschema is not installed")
        continue
    messages = one()
    bad += bool(messages)
    print(f"{'not ok' if messages else 'ok'} {number} - {one.__name__}")
    for message in messages:
        print("#", message)
sys.exit(1 if bad else 0)
