"""What a wheel's METADATA requires, for a target and not for this machine."""

from datetime import date

import pytest

from neuron_pin.errors import SourceFailed
from neuron_pin.sources.core_metadata import parse_metadata, repaired
from neuron_pin.target import Target, make_target


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
    assert repaired(written) == expected


@pytest.mark.parametrize(
    "data", [b"", b"Name: a\nName: b\nVersion: 1\n", b"Name: a\n", b"\xff\xfe"]
)
def test_what_is_no_metadata_is_refused(target: Target, data: bytes) -> None:
    with pytest.raises(SourceFailed, match="not core metadata"):
        parse_metadata(data, "a.whl", target)
