"""YAML: texts with their lines, and bounds on everything that it can grow by."""

from __future__ import annotations

import sys

import pytest
import yaml

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs import yaml_document
from neuron_pin.inputs.yaml_document import YamlList, YamlMap, YamlText, parse_yaml


@pytest.fixture(params=[True, False], ids=["libyaml", "python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param and not yaml.__with_libyaml__:
        pytest.skip("needs a PyYAML with libyaml")
    monkeypatch.setattr(yaml, "__with_libyaml__", request.param)


def parse(text: str) -> YamlMap:
    (document,) = parse_yaml(text.encode(), "f.yml")
    assert isinstance(document.root, YamlMap)
    return document.root


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: |\n  one\n\n  two\n", ((2, "one\n"), (3, "\n"), (4, "two\n"))),
        ("a: &x |2-  # why\n\n    one\n  two\n", ((2, "\n"), (3, "  one\n"), (4, "two"))),
        ("a: &x\n  |\n  one\n", ((3, "one\n"),)),
        ("a: >\n  one\n  two\n\n  three\n", ((2, "one "), (3, "two\n"), (5, "three\n"))),
        ("a: >\n  one\n    deep\n  two\n", ((2, "one\n  "), (3, "deep\n"), (4, "two\n"))),
        ("a: one\n  two\nb: c\n", ((1, "one "), (2, "two"))),
        ("a: &x 'one\n  two'\nb: c\n", ((1, "one "), (2, "two"))),
        ('a:\n  "one\n\n  two"\n', ((2, "one\n"), (4, "two"))),
        ('a: "one\\\n  two"\n', ((1, "one"), (2, "two"))),
        # What an escape stands for is not searched for.
        ('a: "one\n  t\\x77o\n  three"\n', ((1, "one two three"),)),
        ("a: |\r\n  one\r\n  two\r\n", ((2, "one\n"), (3, "two\n"))),
        ("a: 3.10\n", ((1, "3.10"),)),
        ("a:\n", ((1, ""),)),
    ],
)
def test_each_line_of_a_text_is_known(text: str, lines: tuple[tuple[int, str], ...]) -> None:
    found = parse(text).text("a")
    assert found is not None
    assert found.lines == lines
    assert found.text == "".join(part for _, part in lines)


def test_numbers_and_words_stay_as_they_are_written() -> None:
    found = parse("a: 3.10\nb: '3.10'\nc: yes\nd: !Ref x\n")
    assert [(value.text, value.is_plain, value.tag) for _, value in found.pairs if isinstance(value, YamlText)] == [
        ("3.10", True, ""), ("3.10", False, ""), ("yes", True, ""), ("x", True, "!Ref"),
    ]  # fmt: skip


def test_an_alias_is_the_value_that_it_names_on_its_own_line() -> None:
    found = parse("a: &x\n  - one\nb: *x\n")
    value = found.get("b")
    assert isinstance(value, YamlList)
    assert value is found.get("a")
    assert value.items[0].line == 2


def test_a_merge_adds_what_is_not_there() -> None:
    found = parse("a: &a {k: 1, l: 1}\nb: &b {l: 2, m: 2}\nc:\n  <<: [*a, *b]\n  k: 0\n")
    merged = found.map("c")
    assert merged is not None
    values = {key.text: value.text for key, value in merged.pairs if isinstance(value, YamlText)}
    assert values == {"k": "0", "l": "1", "m": "2"}


def test_a_key_that_stands_twice_is_told_and_nothing_is_lost() -> None:
    (document,) = parse_yaml(b"a: 1\nb: 2\na: 3\n", "f.yml", first_line=10)
    assert isinstance(document.root, YamlMap)
    assert [key.text for key, _ in document.root.pairs] == ["a", "b", "a"]
    value = document.root.text("a")
    assert value is not None
    assert value.text == "3"
    assert [(p.path, p.line) for p in document.problems] == [("f.yml", 12)]


def test_every_document_of_a_stream() -> None:
    found = parse_yaml(b"---\n---\na: &x 1\n---\n- b\n", "f.yml")
    assert [type(document.root) for document in found] == [type(None), YamlMap, YamlList]
    assert parse_yaml(b"", "f.yml") == ()
    assert parse_yaml("a: é".encode("utf-16"), "f.yml")[0].root is not None


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"a: [1\n", 2),
        (b"a: 1\nb: c: d\n", 2),
        (b"a:\n\t- b\n", 2),
        (b"a: *b\n", 1),
        (b"a: 1\n---\nb: *a\n", 3),
        (b"a: &a\n  - *a\n", 2),
        (b"a: 1\nb: \xff\n", 2),
        (b"a: 1\n\x7fELF\x00\n", 2),
        (b"%YAML 9.9\n---\na: 1\n", 1),
        (b"a: 'one\n", 2),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(UnreadableInput) as error:
        parse_yaml(data, "f.yml")
    assert (error.value.path, error.value.line) == ("f.yml", line)
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    ("limit", "value", "text", "line"),
    [
        ("MAX_DEPTH", 3, "a:\n  b:\n    c:\n      d: 1\n", 4),
        ("MAX_DEPTH", 3, "a: 1\nb: [[[[", 2),
        ("MAX_VALUES", 5, "a: 1\nb: 2\nc: 3\n", 3),
        ("MAX_VALUES", 11, "a: &a [1, 2]\nb: &b [*a]\nc: [*b]\n", 3),
        ("MAX_ALIASES", 1, "a: &a 1\nb: *a\nc: *a\n", 3),
    ],
)
def test_everything_is_bounded(
    limit: str, value: int, text: str, line: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse(text) if "[[" not in text else None
    monkeypatch.setattr(yaml_document, limit, value)
    with pytest.raises(UnreadableInput) as error:
        parse(text)
    assert error.value.line == line


def test_without_the_library_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(UnreadableInput) as error:
        parse_yaml(b"a: 1\n", "f.yml")
    assert error.value.line is None
    assert "install" in error.value.hint
