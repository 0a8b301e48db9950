"""The order of Debian and RPM versions, held against the real things."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


_ORACLE = """
import sys, apt_pkg
apt_pkg.init_system()
for line in sys.stdin:
    a, b = line.split()
    c = apt_pkg.version_compare(a, b)
    print((c > 0) - (c < 0))
"""
versions = st.from_regex(r"\A([0-9]:)?[0-9][0-9a-z.+~]{0,8}(-[0-9a-z.+~]{1,5})?\Z")


def _system_python_has_apt() -> bool:
    python = Path("/usr/bin/python3")
    if sys.platform != "linux" or not python.exists():
        return False
    done = subprocess.run([python, "-c", "import apt_pkg"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.skipif(not _system_python_has_apt(), reason="needs python3-apt")
def test_debian_order_is_apts(catalog) -> None:
    pairs: list[tuple[str, str]] = []

    @settings(max_examples=3000, database=None)
    @given(versions, versions)
    def collect(left: str, right: str) -> None:
        pairs.append((left, right))

    collect()
    real = sorted(
        {
            m.version
            for r in catalog.releases
            if r.listed
            for m in catalog.members(r.sdk)
            if m.version
        }
    )
    pairs += list(zip(real, real[1:], strict=False))
    lines = "\n".join(f"{a} {b}" for a, b in pairs)
    done = subprocess.run(
        ["/usr/bin/python3", "-c", _ORACLE], input=lines, capture_output=True, text=True, check=True
    )
    for (left, right), expected in zip(pairs, done.stdout.split(), strict=True):
        mine = (deb_key(left) > deb_key(right)) - (deb_key(left) < deb_key(right))
        assert mine == int(expected), (left, right)


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
]


@pytest.mark.parametrize(("left", "right", "expected"), RPM)
def test_rpm_order(left: str, right: str, expected: int) -> None:
    assert compare_rpm(left, right) == expected
    assert compare_rpm(right, left) == -expected


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="needs dpkg")
@pytest.mark.parametrize(("smaller", "larger"), DEB)
def test_the_table_is_dpkgs(smaller: str, larger: str) -> None:
    done = subprocess.run(["dpkg", "--compare-versions", smaller, "lt", larger], check=False)
    assert done.returncode == 0
