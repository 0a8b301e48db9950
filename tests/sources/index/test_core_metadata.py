"""What a wheel's METADATA requires, for a target and not for this machine."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.errors import SourceFailed
from neuron_pin.sources.index.core_metadata import parse_metadata, repair_requirement
from neuron_pin.target import Target, make_target
from neuron_pin.target.tags import marker_environment


@pytest.fixture
def target(catalog) -> Target:
    return make_target(
        catalog,
        instance=None,
        system=None,
        python="3.10",
        as_of=date(2026, 1, 1),
        this_python="3.13",
    )


def metadata(*requires: str, extras: tuple[str, ...] = ()) -> bytes:
    lines = ["Metadata-Version: 2.1", "Name: a", "Version: 1.0"]
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    return "\n".join([*lines, "", "Requires-Dist: not-in-the-headers"]).encode()


def test_markers_are_evaluated_for_the_target(target: Target) -> None:
    data = metadata(
        "new; python_version >= '3.11'",
        "old; python_version < '3.11'",
        "win; sys_platform == 'win32'",
        "arm; platform_machine == 'aarch64'",
        "linux; platform_system == 'Linux' and implementation_name == 'cpython'",
    )
    found = parse_metadata(data, "a", target)
    assert [d.name for d in found.dependencies] == ["old", "linux"]


def test_extras_bring_what_is_marked_for_them(target: Target) -> None:
    data = metadata(
        "always", "only; extra == 'Fast_er'", "never; extra == 'fast-er' and python_version < '3'",
        extras=("Fast_er",),
    )  # fmt: skip
    found = parse_metadata(data, "a", target)
    assert [(d.name, d.extra) for d in found.dependencies] == [("always", ""), ("only", "fast-er")]


def test_a_requirement_that_is_not_pep_440_is_repaired_and_said(target: Target) -> None:
    found = parse_metadata(metadata("libneuronxla (<3.0,>2.0.x)"), "a", target)
    (dependency,) = found.dependencies
    assert (dependency.name, dependency.specifier) == ("libneuronxla", "<3.0,>=2.0")
    assert "not PEP 440" in found.repairs[0]


def test_a_requirement_that_cannot_be_repaired_is_said(target: Target) -> None:
    found = parse_metadata(metadata("torch ~~ 2", "??"), "a", target)
    assert [(d.name, d.specifier) for d in found.dependencies] == [("torch", "")]
    assert len(found.repairs) == 2


# written, read as
REPAIRS = [
    ("a (>2.0.x)", "a (>=2.0)"),
    ("a (<3.x)", "a (<3)"),
    ("a (==2.1.x)", "a (==2.1.*)"),
    ("a (!=2.x)", "a (!=2.*)"),
    ("a (~=2.1.x)", "a (==2.1.*)"),
    ("a (>=2.1)", "a (>=2.1)"),
]


@pytest.mark.parametrize(("written", "expected"), REPAIRS)
def test_wildcards_of_an_older_time(written: str, expected: str) -> None:
    assert repair_requirement(written) == expected


@pytest.mark.parametrize(
    "data", [b"", b"Name: a\nName: b\nVersion: 1\n", b"Name: a\n", b"\xff\xfe"]
)
def test_what_is_no_metadata_is_refused(target: Target, data: bytes) -> None:
    with pytest.raises(SourceFailed, match="not core metadata"):
        parse_metadata(data, "a.whl", target)


def by_packaging(line: str, extras: tuple[str, ...], target: Target) -> list[tuple]:
    """The same by packaging alone: every marker tried with every extra."""
    parsed = Requirement(line)
    environment = marker_environment(target.python_full, target.platforms)
    tried = ["", *extras]
    holds = [
        e for e in tried if not parsed.marker or parsed.marker.evaluate({**environment, "extra": e})
    ]
    return [
        (parsed.name, tuple(sorted(parsed.extras)), SpecifierSet(str(parsed.specifier)), extra)
        for extra in ([""] if "" in holds else holds)
    ]


simple = st.sampled_from([
    "extra == 'fast'", 'extra == "slow"', "extra == 'undeclared'", "python_version < '3.11'",
    "sys_platform == 'win32'", "platform_machine != 'aarch64'", "python_version in '3.9 3.10'",
    "extra != 'fast'",
])  # fmt: skip
marker = st.recursive(
    simple,
    lambda inner: st.builds(
        lambda a, o, b, p: f"({a}) {o} {b}" if p else f"{a} {o} {b}",
        inner, st.sampled_from(["and", "or"]), inner, st.booleans(),
    ),
    max_leaves=4,
)  # fmt: skip
requirement = st.builds(
    lambda name, extras, spec, m: f"{name}{extras}{spec}" + (f" ; {m}" if m else ""),
    st.sampled_from(["torch", "a.b"]),
    st.sampled_from(["", "[x]", "[y, x]"]),
    st.sampled_from(["", ">=1", " (>=1.0,<2)", "==2.*", ">=1a1", " >= 1 , != 2.*"]),
    st.none() | marker,
)


@given(st.lists(requirement, max_size=4))
def test_the_short_way_is_packagings(lines: list[str]) -> None:
    target = make_target(
        Catalog(EMBEDDED), instance=None, system=None, python="3.10", as_of=date(2026, 1, 1),
        this_python="3.13",
    )  # fmt: skip
    extras = ("fast", "slow")
    found = parse_metadata(metadata(*lines, extras=extras), "a", target)
    rows = [(d.name, d.extras, SpecifierSet(d.specifier), d.extra) for d in found.dependencies]
    expected = [row for line in lines for row in by_packaging(line, extras, target)]
    assert rows == [(name.replace(".", "-"), *rest) for name, *rest in expected]
