"""Strict JSON as both implementations take it: no member twice, nothing but what is asked for."""
import json

from tlog import Malformed, need


def _no_twins(pairs):
    names = [name for name, _ in pairs]
    need(len(set(names)) == len(names), "member twice")
    return dict(pairs)


def _no_constant(name):
    raise Malformed(f"{name} is no JSON")


def _check_texts(value):
    """No NUL, and no half of a surrogate pair (encode refuses it)."""
    if isinstance(value, str):
        need("\0" not in value and value.encode("utf-8") is not None, "NUL in a text")
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_texts(name)
            _check_texts(item)
    elif isinstance(value, list):
        for item in value:
            _check_texts(item)


def json_parse(data):
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_no_twins,
                           parse_constant=_no_constant)
        _check_texts(value)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    return value


def only(value, names):
    """Exactly these members."""
    need(isinstance(value, dict) and set(value) == set(names), f"other members than {names}")


def member(value, name, kind):
    """Required member of a type."""
    need(isinstance(value, dict) and name in value, f"no member {name}")
    found = value[name]
    need(isinstance(found, kind) and not isinstance(found, bool), f"member {name} of another type")
    need(kind is not int or 0 <= found < 1 << 63, f"member {name} out of range")
    return found
