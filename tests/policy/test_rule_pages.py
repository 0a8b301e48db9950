"""Every rule has a page, and its page names just the functions that decide it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import neuron_pin
from neuron_pin.policy import Rule
from neuron_pin.policy.rule_pages import PAGES

PACKAGE = Path(neuron_pin.__file__).parent
BY_IDENTIFIER = {rule.identifier: rule for rule in Rule}


def decided_in(node: ast.AST, names: tuple[str, ...] = ()) -> Iterator[tuple[Rule, str]]:
    """Each rule that code gives as its answer, with the function: ``Rule.X`` in a function,
    other than to compare with it; a row of the filter's table; a refusal of the hooks, which
    know identifiers alone."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Compare():
                continue
            case ast.Tuple(
                elts=[ast.Attribute(value=ast.Name(id="Rule"), attr=rule), ast.Name(id=name)]
            ) if not names:
                yield Rule[rule], name
            case ast.Call(
                func=ast.Name(id="Refusal"), args=[ast.Constant(value=str(identifier)), *_]
            ):
                yield BY_IDENTIFIER[identifier], ".".join(names)
            case ast.Attribute(value=ast.Name(id="Rule"), attr=rule) if names:
                yield Rule[rule], ".".join(names)
        inner = child.name if isinstance(child, (ast.FunctionDef, ast.ClassDef)) else None
        yield from decided_in(child, (*names, inner) if inner else names)


@pytest.fixture(scope="module")
def deciders() -> dict[Rule, set[str]]:
    found: dict[Rule, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        for rule, function in decided_in(ast.parse(path.read_text())):
            found[rule].add(f"{'.'.join(parts)}:{function}")
    return found


def test_identifiers_and_titles_are_given_once() -> None:
    assert len(BY_IDENTIFIER) == len(list(Rule)) == len({rule.title for rule in Rule})
    assert all(re.fullmatch(r"NP[1-9]\d\d", identifier) for identifier in BY_IDENTIFIER)
    assert list(BY_IDENTIFIER) == sorted(BY_IDENTIFIER), "policy/rules.py: sort by identifier"
    missing = [rule.identifier for rule in Rule if rule not in PAGES]
    assert not missing, f"policy/rule_pages.py needs a page for {', '.join(missing)}"


@pytest.mark.parametrize("rule", Rule, ids=lambda rule: rule.identifier)
def test_every_rule_has_a_page_a_behavior_an_example_and_a_decider(rule: Rule, deciders) -> None:
    page = PAGES.get(rule)
    assert page is not None, f"policy/rule_pages.py needs a page for {rule.identifier}"
    assert page.section
    assert page.text
    # Facts of the catalog, and what no package manager installs, are no matter of theirs.
    if not rule.identifier.startswith(("NP7", "NP503", "NP504", "NP617")):
        assert page.pip or page.apt or page.rpm
    assert page.example.startswith("neuron-pin ")
    assert page.decided_by
    assert set(page.decided_by) == deciders[rule], (
        f"policy/rule_pages.py: decided_by of {rule.identifier} has to be {sorted(deciders[rule])}"
    )
