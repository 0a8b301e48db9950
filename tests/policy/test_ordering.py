"""The order of Debian and RPM versions, held against the real things."""

import random
import re
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from neuron_pin.catalog import Catalog
from neuron_pin.errors import InvalidVersion
from neuron_pin.policy.debversion import deb_key
from neuron_pin.policy.rpmversion import compare_rpm

# smaller, larger
DEB = [
    ("1.0~rc1", "1.0"),
    ("1.0", "1.0+b1"),
    ("2.9.0.0-1", "2.10.0.0-1"),
    ("9", "1:1"),
    ("2.34.10.0", "2.34.10.0-ac18"),
    ("1.0-1", "1.0-1.1"),
    ("1.0a", "1.0+"),
    ("0.5.5", "0.5.44"),
    ("1.0~~", "1.0~"),
]


@pytest.mark.parametrize(("smaller", "larger"), DEB)
def test_debian_order(smaller: str, larger: str) -> None:
    assert deb_key(smaller) < deb_key(larger)


@pytest.mark.parametrize("text", ["", "1.0-", "a b", "x:1", "-1", "1_0", "1:"])
def test_what_dpkg_refuses_is_refused(text: str) -> None:
    with pytest.raises(InvalidVersion):
        deb_key(text)


# What reads pairs of versions and says how they compare, in the system's Python.
_APT = """
import sys, apt_pkg
apt_pkg.init_system()
for line in sys.stdin:
    c = apt_pkg.version_compare(*line.split())
    print((c > 0) - (c < 0))
"""
_RPM = """
import sys, rpm
def split(text):
    epoch, colon, rest = text.rpartition(":")
    version, _, release = rest.partition("-")
    return (epoch or "0", version, release)
for line in sys.stdin:
    print(rpm.labelCompare(*map(split, line.split())))
"""
COUNT = 30_000


def _can(module: str) -> bool:
    python = Path("/usr/bin/python3")
    if sys.platform != "linux" or not python.exists():
        return False
    done = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
    return done.returncode == 0


def _pairs(catalog: Catalog, letters: str) -> list[tuple[str, str]]:
    """All pairs of the real versions, neighbors with their revisions, and random ones of which most have
    something in common, from a seed."""
    chance = random.Random(20261124)
    real = sorted(
        {
            m.version + suffix
            for r in catalog.releases
            if r.listed
            for m in catalog.members(r.sdk)
            if m.version
            for suffix in ("", "-1", "-ac18d186d")
        }
    )

    def made() -> str:
        text = "".join(chance.choices(letters, k=chance.randint(1, 8)))
        epoch = chance.choice(["", "", "", "0:", "1:", "12:"])
        release = chance.choice(["", "", "-1", "-0", "-1.1", "-2a", "-ac18d186d"])
        return f"{epoch}{chance.randint(0, 12)}{text}{release}"

    def changed(text: str) -> str:
        place = chance.randint(0, len(text))
        other = text[:place] + chance.choice(letters) + text[place + chance.randint(0, 1) :]
        return other if other[0].isdigit() and not other.endswith("-") else text

    plain = sorted({m for m in real if "-" not in m})
    pairs = [*zip(real, real[1:], strict=False), *combinations(plain, 2)]
    wanted = COUNT + len(pairs)
    while len(pairs) < wanted:
        left = made()
        right = made() if chance.random() < 0.5 else changed(left)
        if all(re.fullmatch(r"(\d+:)?[^:-]+(-[^:-]+)?", text) for text in (left, right)):
            pairs.append((left, right))
    return pairs


def _said(oracle: str, pairs: list[tuple[str, str]]) -> list[int]:
    lines = "\n".join(f"{a} {b}" for a, b in pairs)
    done = subprocess.run(
        ["/usr/bin/python3", "-c", oracle], input=lines, capture_output=True, text=True, check=True
    )
    return [int(line) for line in done.stdout.split()]


@pytest.mark.skipif(not _can("apt_pkg"), reason="needs python3-apt")
def test_debian_order_is_apts(catalog: Catalog) -> None:
    def ours(left: str, right: str) -> int | None:
        try:
            return (deb_key(left) > deb_key(right)) - (deb_key(left) < deb_key(right))
        except InvalidVersion:
            return None

    pairs = [pair for pair in _pairs(catalog, "0019.a~+-z") if ours(*pair) is not None]
    assert len(pairs) > COUNT * 0.9
    expected = _said(_APT, pairs)
    wrong = [p for p, order in zip(pairs, expected, strict=True) if ours(*p) != order]
    assert wrong == []


@pytest.mark.skipif(not _can("rpm"), reason="needs python3-rpm")
def test_rpm_order_is_rpms(catalog: Catalog) -> None:
    pairs = _pairs(catalog, "0019.aZ~^_+")
    expected = _said(_RPM, pairs)
    wrong = [p for p, order in zip(pairs, expected, strict=True) if compare_rpm(*p) != order]
    assert wrong == []


# left, right, order; from rpm's own test suite and its documentation
RPM = [
    ("1.0", "1.0", 0),
    ("1.0", "2.0", -1),
    ("2.0.1a", "2.0.1", 1),
    ("5.5p1", "5.5p10", -1),
    ("xyz10", "xyz10.1", -1),
    ("1.0~rc1", "1.0", -1),
    ("1.0~rc1", "1.0~rc1~git123", 1),
    ("1.0^", "1.0", 1),
    ("1.0^git1", "1.01", -1),
    ("1.0^20160101", "1.0.1", -1),
    ("0:2.28-1", "2.28-1", 0),
    ("1:1.0", "2.0", 1),
    ("2.34.10.0-1", "2.34.10.0-2", -1),
    ("6.0.rc1", "6.0", 1),
    ("10b2", "10a1", 1),
    ("1.0010", "1.9", 1),
    ("1.05", "1.5", 0),
    ("1:1", "1:1", 0),
    ("1.0a", "1.0b", -1),
    ("1.10", "1.9", 1),
    ("1.0~a", "1.0~b", -1),
    ("1.0^a", "1.0^", 1),
    ("1.0-1", "1.0", 1),
]


@pytest.mark.parametrize(("left", "right", "expected"), RPM)
def test_rpm_order(left: str, right: str, expected: int) -> None:
    assert compare_rpm(left, right) == expected
    assert compare_rpm(right, left) == -expected


@pytest.mark.parametrize("text", ["", "1:", "x:1.0", ":1"])
def test_what_is_no_rpm_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidVersion) as caught:
        compare_rpm(text, "1.0")
    assert str(caught.value) == f"{text!r} is not an RPM version"


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="needs dpkg")
@pytest.mark.parametrize(("smaller", "larger"), DEB)
def test_the_table_is_dpkgs(smaller: str, larger: str) -> None:
    done = subprocess.run(["dpkg", "--compare-versions", smaller, "lt", larger], check=False)
    assert done.returncode == 0
