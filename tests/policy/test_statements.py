"""What the policy states, part by part: none is missed, and what is enforced is shown to be."""

from __future__ import annotations

import ast
import shlex
from collections import Counter
from pathlib import Path

import pytest
from conftest import FIXTURES, Run

from neuron_pin.fs.toml import parse_toml
from neuron_pin.policy import EDITIONS, Rule
from neuron_pin.policy.rule_pages import PAGES
from neuron_pin.policy.statements import (
    BOTH,
    NOT_OF_THE_POLICY,
    STATEMENTS,
    Coverage,
    list_rules,
)

ROOT = FIXTURES.parent
FOLDER = FIXTURES / "policy"
STRUCTURE = parse_toml((FOLDER / "structure.toml").read_text())["section"]
CASES = parse_toml((FOLDER / "cases.toml").read_text())
BY_NAME = {statement.name: statement for statement in STATEMENTS}
ENFORCED = [s for s in STATEMENTS if s.coverage is Coverage.ENFORCED]
DATED = ("lock", "explain", "check", "lifecycle", "releases", "diff", "plan")


def test_no_part_of_either_edition_is_missed() -> None:
    stated = Counter(
        (s.chapter, s.section, part, edition)
        for s in STATEMENTS
        for part in s.parts
        for edition in s.editions
    )
    there = [
        (row["chapter"], row["section"], part, edition)
        for row in STRUCTURE
        for part in range(1, row["parts"] + 1)
        for edition in BOTH
        if row.get("only", {}).get(str(part), edition) == edition
    ]
    missing = [part for part in there if part not in stated]
    assert not missing, f"policy/statements.py says nothing of {missing}"
    assert set(stated) == set(there)
    assert max(stated.values()) == 1


def test_the_statements_are_in_the_order_of_the_page() -> None:
    order = [(row["chapter"], row["section"]) for row in STRUCTURE]
    places = [(order.index((s.chapter, s.section)), s.parts) for s in STATEMENTS]
    assert places == sorted(places)
    assert len(BY_NAME) == len(STATEMENTS)
    assert set(BOTH) <= {edition.name for edition in EDITIONS}


def test_a_statement_says_what_its_coverage_is() -> None:
    for statement in STATEMENTS:
        assert statement.text and statement.does
        assert bool(statement.rules) is (statement.coverage is Coverage.ENFORCED), statement.name
        assert bool(statement.command) is (statement.coverage is not Coverage.OUTSIDE)


def test_every_rule_is_behind_a_statement_or_not_of_the_policy() -> None:
    named = {rule for statement in STATEMENTS for rule in statement.rules}
    new = [r.identifier for r in Rule if r not in named and r not in NOT_OF_THE_POLICY]
    assert not new, f"name {new} in a statement of policy/statements.py, or in NOT_OF_THE_POLICY"
    assert not named & set(NOT_OF_THE_POLICY)
    assert len(set(NOT_OF_THE_POLICY)) == len(NOT_OF_THE_POLICY)


def test_a_rule_whose_page_names_a_section_is_behind_a_statement() -> None:
    titles = {row["section"].lower() for row in STRUCTURE} - {"overview", "maintenance"}
    for rule in Rule:
        sections = [part.strip().lower() for part in PAGES[rule].section.split(";")]
        if any(section == title for section in sections for title in titles):
            assert list_rules(rule), rule.identifier


def test_every_enforced_statement_has_a_case_for_each_of_its_rules() -> None:
    assert set(CASES) <= set(BY_NAME), "fixtures/policy/cases.toml names what is no statement"
    for statement in ENFORCED:
        shown = {rule for case in CASES.get(statement.name, ()) for rule in case["has"]}
        wanted = {rule.identifier for rule in statement.rules}
        assert shown == wanted, f"fixtures/policy/cases.toml: {statement.name}"


def test_the_tests_that_cases_name_are_there() -> None:
    for case in (case for cases in CASES.values() for case in cases if "test" in case):
        path, _, function = case["test"].partition("::")
        text = (ROOT / path).read_text()
        names = {n.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)}
        assert function in names, case["test"]
        assert all(rule in text for rule in case["has"]), case["test"]


COMMANDS = {
    (case["command"], case.get("file", ""), case.get("text", "")): set[str]()
    for cases in CASES.values()
    for case in cases
    if "command" in case
}
for _case in (case for cases in CASES.values() for case in cases if "command" in case):
    COMMANDS[_case["command"], _case.get("file", ""), _case.get("text", "")] |= set(_case["has"])


def words_of(command: str) -> list[str]:
    words = shlex.split(command)
    if words[0] in DATED and "--as-of" not in words:
        words += ["--as-of", "2026-08-20"]
    if words[0] in ("lock", "explain") and words[1] != "neff" and "--python" not in words:
        words += ["--python", "3.11"]
    return words


@pytest.mark.parametrize("case", COMMANDS, ids=lambda case: case[0])
def test_a_case_shows_its_rules(run: Run, case: tuple[str, str, str]) -> None:
    command, file, text = case
    if file:
        Path(file).write_text(text)
    # A rule's own page says its name, whatever is decided.
    assert not command.startswith("policy ")
    done = run(*words_of(command))
    assert done.error is None or done.error.exit_code == 1
    assert all(rule in done.out + done.err for rule in COMMANDS[case])


@pytest.mark.parametrize("command", sorted({s.command for s in STATEMENTS if s.command}))
def test_a_command_that_shows_a_statement_works(run: Run, command: str) -> None:
    done = run(*words_of(command.removeprefix("neuron-pin ")))
    # An explanation of what cannot be chosen ends with 1.
    assert done.code in ((0, 1) if "explain" in command else (0,)), done.err
    assert done.out


def test_the_page_is_generated(run: Run) -> None:
    assert (
        run("policy", "statements", "--format", "markdown").out
        == (ROOT / "docs/policy.md").read_text()
    ), "neuron-pin policy statements --format markdown > docs/policy.md"
