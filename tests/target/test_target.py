"""Targets: wheel tags and marker variables of a place that need not be this machine."""

from datetime import date

import pytest
from conftest import failure, page, row
from packaging.markers import Marker
from packaging.tags import parse_tag

from neuron_pin.errors import NoSolution, WrongUsage
from neuron_pin.target import Target, make_target
from neuron_pin.target.tags import marker_environment, wheel_tags


def target(catalog, **options) -> Target:
    given = {"instance": None, "system": None, "python": "3.11", **options}
    return make_target(catalog, as_of=date(2026, 8, 21), this_python="3.13", **given)


def accepts(found: Target, tag: str) -> bool:
    return bool(parse_tag(tag) & set(wheel_tags(found.python, found.platforms)))


# operating system or platform tags; a wheel's tag; whether it fits
TAGS = [
    ("ubuntu22.04", "cp311-cp311-manylinux_2_35_x86_64", True),
    ("ubuntu22.04", "cp311-cp311-manylinux_2_36_x86_64", False),
    ("ubuntu22.04", "cp311-cp311-musllinux_1_1_x86_64", False),
    ("ubuntu24.04", "cp311-abi3-manylinux_2_39_x86_64", True),
    ("amzn2023", "cp311-cp311-manylinux_2_34_x86_64", True),
    ("amzn2023", "cp311-cp311-manylinux_2_35_x86_64", False),
    ("debian12", "py2.py3-none-manylinux1_x86_64", True),
    ("debian12", "cp311-cp311-linux_x86_64", True),
    ("debian12", "cp311-cp311-linux_aarch64", False),
    ("debian12", "cp310-cp310-manylinux2014_x86_64", False),
    ("debian12", "cp39-abi3-manylinux2014_x86_64", True),
    (["manylinux_2_28_aarch64"], "cp311-cp311-manylinux2014_aarch64", True),
    (["manylinux_2_28_aarch64"], "cp311-cp311-manylinux2014_x86_64", False),
    (["manylinux2014_x86_64"], "cp311-cp311-manylinux_2_17_x86_64", True),
    (["manylinux2014_x86_64"], "cp311-cp311-manylinux_2_18_x86_64", False),
    (["musllinux_1_2_x86_64"], "cp311-cp311-musllinux_1_1_x86_64", True),
    (["musllinux_1_2_x86_64"], "cp311-cp311-musllinux_1_2_x86_64", True),
    (["musllinux_1_1_x86_64"], "cp311-cp311-musllinux_1_2_x86_64", False),
    (["musllinux_1_2_x86_64"], "cp311-cp311-manylinux2014_x86_64", False),
    (["musllinux_1_2_aarch64"], "cp311-cp311-musllinux_1_0_aarch64", True),
    (["linux_x86_64"], "cp311-cp311-linux_x86_64", True),
    (["linux_x86_64"], "cp311-cp311-manylinux2014_x86_64", False),
    (["linux_x86_64"], "py3-none-any", True),
]


@pytest.mark.parametrize(("where", "tag", "fits"), TAGS)
def test_wheel_tags(catalog, where, tag: str, fits: bool) -> None:
    options = {"system": where} if isinstance(where, str) else {"platforms": where}
    assert accepts(target(catalog, **options), tag) is fits


# platform, marker, whether it holds
MARKERS = [
    ("manylinux_2_28_aarch64", "platform_machine == 'aarch64'", True),
    ("musllinux_1_2_aarch64", "platform_machine == 'x86_64'", False),
    ("musllinux_1_2_x86_64", "sys_platform == 'linux'", True),
    ("manylinux_2_28_x86_64", "python_full_version >= '3.11.0'", True),
    ("manylinux_2_28_x86_64", "platform_python_implementation == 'PyPy'", False),
]


@pytest.mark.parametrize(("platform", "marker", "holds"), MARKERS)
def test_markers(catalog, platform: str, marker: str, holds: bool) -> None:
    found = target(catalog, platforms=[platform])
    assert Marker(marker).evaluate(marker_environment("3.11.0", found.platforms)) is holds


def test_a_platform_that_is_none_is_refused(catalog) -> None:
    for tag in ("win_amd64", "macosx_14_0_arm64", "manylinux_2_x86_64", ""):
        with pytest.raises(WrongUsage, match="platform"):
            target(catalog, platforms=[tag])


# what is given, what is known of the running interpreter, the series and the patch
PYTHONS = [
    ("3.11", "3.13.1", "3.11", "3.11.0"),
    ("3.11.7", "3.13.1", "3.11", "3.11.7"),
    (None, "3.13.1", "3.13", "3.13.1"),
]


@pytest.mark.parametrize(("given", "this", "series", "full"), PYTHONS)
def test_the_patch_of_python_is_the_first_unless_it_is_said(catalog, given, this, series, full):
    found = make_target(
        catalog, instance=None, system=None, python=given, as_of=date(2026, 8, 21), this_python=this
    )
    assert (found.python, found.python_full) == (series, full)


def test_requires_python_is_held_against_the_patch(run, serve) -> None:
    """As uv and pip have it: 3.11 alone is 3.11.0, which a package for 3.11.5 is not for."""
    server = serve()
    page(
        server, "tool", [row("tool", "1.0"), row("tool", "2.0", **{"requires-python": ">=3.11.5"})]
    )
    options = ("--index-url", f"{server.url}/simple")
    assert "tool==1.0" in run("lock", "tool", *options, "--python", "3.11").out
    assert "tool==2.0" in run("lock", "tool", *options, "--python", "3.11.5").out
    done = run("lock", "tool==2.0", *options, "--python", "3.11")
    assert any("NP105" in cause for cause in failure(done, NoSolution).causes)
