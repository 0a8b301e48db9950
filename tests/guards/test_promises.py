"""Every promise of docs/security.md has guards, every guard stands where the table says, and the
tests that the table names are there; `script/guards` takes each guard out."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from .removal import ROOT, Guard, copy_tree, read_guards, run_without

GUARDS = list(read_guards())
PROMISES = re.findall(r"^- ([A-Z]\d+): ", (ROOT / "docs" / "security.md").read_text(), re.M)


def test_every_promise_has_a_guard_and_every_guard_a_promise() -> None:
    assert Counter(PROMISES).most_common(1)[0][1] == 1
    assert list(dict.fromkeys(guard.promise for guard in GUARDS)) == PROMISES


@pytest.mark.parametrize("guard", GUARDS, ids=map(str, GUARDS))
def test_a_guard_stands_once_and_its_tests_are_there(guard: Guard) -> None:
    text = (ROOT / guard.file).read_text()
    assert text.count(guard.old) == 1
    assert guard.old != guard.new
    ast.parse(text.replace(guard.old, guard.new))
    assert guard.tests
    for test in guard.tests:
        path, _, name = test.partition("::")
        assert not name or f"\ndef {name}(" in (ROOT / path).read_text()


def test_a_guard_that_is_taken_out_is_noticed(tmp_path) -> None:
    """One of them here, all of them by `script/guards`; and one that guards nothing is not."""
    tree = copy_tree(tmp_path / "tree")
    guard = next(guard for guard in GUARDS if guard.promise == "P5")
    assert run_without(tree, guard, guard.tests) == 1
    assert run_without(tree, guard._replace(new=guard.old), guard.tests) == 0
