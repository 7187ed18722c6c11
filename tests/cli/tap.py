"""Tests that print TAP. A test is a function marked @test; its name, read as words, says what.

Every test runs even when an earlier one failed. skip("reason") inside a test skips it.
"""
import os
import sys
import traceback

_tests = []


class Skipped(Exception):
    """Raised by skip(); the reason is its text."""


def test(function):
    """Mark a function as a test."""
    _tests.append(function)
    return function


def cases(values):
    """Mark a function as one test for each value; the value is its argument and ends its name."""
    def mark(function):
        for value in values:
            def case(value=value):
                function(value)
            case.__name__ = f"{function.__name__}: {value}"
            _tests.append(case)
        return function
    return mark


def skip(reason):
    raise Skipped(reason)


def need_terminal():
    """Skip where the system has no pseudo-terminals, as in a bare chroot."""
    try:
        for end in os.openpty():
            os.close(end)
    except OSError:
        skip("no pseudo-terminals")


def fail(message):
    raise AssertionError(message)


def equal(got, wanted, what="value"):
    if got != wanted:
        fail(f"{what} is {got!r}, wanted {wanted!r}")


def contains(text, part, what="text"):
    if part not in text:
        fail(f"{what} has no {part!r}: {text!r}")


def lacks(text, part, what="text"):
    if part in text:
        fail(f"{what} has {part!r}: {text!r}")


def true(condition, message):
    if not condition:
        fail(message)


def near(got, wanted, slack=0.05, what="value"):
    if abs(got - wanted) > slack:
        fail(f"{what} is {got}, wanted {wanted}")


def _diagnose(text):
    for line in text.rstrip("\n").split("\n"):
        print("# " + line)


def _run_one(number, function):
    name = function.__name__.replace("_", " ").replace("#", "no. ")
    try:
        function()
    except Skipped as reason:
        print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        return True
    except Exception:  # whatever it is, the other tests still run
        print(f"not ok {number} - {name}", flush=True)
        _diagnose(traceback.format_exc())
        return False
    print(f"ok {number} - {name}", flush=True)
    return True


def run():
    """Run all tests, or those whose names hold the words after the program's path."""
    words = sys.argv[2:]
    chosen = [f for f in _tests if not words or any(w in f.__name__ for w in words)]
    print(f"1..{len(chosen)}", flush=True)
    good = [_run_one(i + 1, function) for i, function in enumerate(chosen)]
    sys.exit(0 if all(good) else 1)
