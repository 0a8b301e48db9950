"""Marks in the minor: the order, and the forms that pip, dpkg and rpm take."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from neuron_pin.catalog import sdk_key
from neuron_pin.catalog.facts import same_public
from neuron_pin.policy import Ecosystem, Phase, PinPrecision, derive_pin, parse_version
from neuron_pin.policy.debversion import deb_key
from neuron_pin.policy.rpmversion import compare_rpm
from neuron_pin.policy.version import is_pep440, spell_mark, version_order

# smaller first.  Source: maintenance policy, "Pre-releases": b or rc in the minor version.
STANDALONE = ("2.27.9.0", "2.28b.100.0", "2.28b.101.0", "2.28rc.1.0", "2.28.0.0", "2.28.5.0")
EXTENSION = ("2.9.0.2.15.9", "2.9.0.2.16b.0", "2.9.0.2.16b.3", "2.9.0.2.16rc.0", "2.9.0.2.16.0")
SDK = ("2.33.9", "2.34b.0", "2.34rc.0", "2.34rc.1", "2.34.0rc1", "2.34.0", "2.34.1")


@pytest.mark.parametrize("versions", [STANDALONE, EXTENSION, SDK])
def test_the_order_of_marks(versions: tuple[str, ...]) -> None:
    keys = [version_order(version) for version in versions]
    assert keys == sorted(set(keys))


def test_the_order_of_releases() -> None:
    keys = [sdk_key(sdk) for sdk in SDK]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize("versions", [STANDALONE, EXTENSION])
def test_dpkg_and_rpm_have_the_same_order(versions: tuple[str, ...]) -> None:
    for smaller, larger in pairwise(versions):
        assert deb_key(f"{smaller}-1") < deb_key(f"{larger}-1")
        assert compare_rpm(f"0:{smaller}-1", f"0:{larger}-1") < 0


# published, what pip gets, none for what PEP 440 cannot hold
SPELLED = [
    ("2.9.0.2.16b.0", "==2.9.0.2.16b0"),
    ("2.9.0.2.16rc.3", "==2.9.0.2.16rc3"),
    ("2.1.1.2.0.1b0", "==2.1.1.2.0.1b0"),
    ("0.9rc.1", "==0.9rc1"),
    ("2.28b.100.0", None),
    ("2.28.100.0", "==2.28.100.0"),
]


@pytest.mark.parametrize(("published", "pin"), SPELLED)
@pytest.mark.parametrize("precision", list(PinPrecision))
def test_what_pip_is_given(published: str, pin: str | None, precision: PinPrecision) -> None:
    parsed = parse_version(published)
    assert is_pep440(published) is (pin is not None)
    found = derive_pin(parsed, precision)
    assert found.matches(published)
    if pin is None:
        with pytest.raises(InvalidVersion):
            Version(published)
    elif parsed.phase.is_prerelease:
        # A range would not admit it (PEP 440, "Version matching").
        assert found.to_pip() == pin
        assert Version(pin[2:]) == Version(published)


def test_what_apt_and_dnf_are_given() -> None:
    pin = derive_pin(parse_version("2.28b.100.0-ac18"), PinPrecision.MINOR)
    assert pin.render(Ecosystem.APT) == "=2.28b.100.0-*"
    assert pin.render(Ecosystem.RPM) == "-0:2.28b.100.0-*"
    assert pin.matches("2.28b.100.0-1")
    assert not pin.matches("2.28.100.0-1")


@pytest.mark.parametrize(
    ("version", "phase"),
    [("2.34rc.0", Phase.RC), ("2.34b.0", Phase.BETA), ("2.34.0", Phase.STABLE)],
)
def test_the_phase_of_a_release(version: str, phase: Phase) -> None:
    assert parse_version(version).phase is phase


def test_an_index_spells_a_mark_as_pep_440_does() -> None:
    assert same_public("2.9.0.2.16b.0", "2.9.0.2.16b0+abc")
    assert not same_public("2.9.0.2.16b.0", "2.9.0.2.16.0")


NUMBERS = st.lists(st.integers(0, 30), min_size=2, max_size=6)
MARKS = st.sampled_from(["", "a", "b", "rc"])


@st.composite
def versions(draw: st.DrawFn) -> str:
    numbers = ".".join(map(str, draw(NUMBERS)))
    mark = draw(MARKS)
    return f"{numbers}{mark}{draw(st.sampled_from(['', '.']))}{draw(st.integers(0, 9))}" if mark else numbers  # fmt: skip


@given(versions(), versions())
def test_the_order_is_that_of_pep_440(one: str, other: str) -> None:
    # Of unequal lengths PEP 440 pads with zeros, and versions of one package are alike.
    if spell_mark(one).count(".") == spell_mark(other).count("."):
        ours = version_order(spell_mark(one)), version_order(spell_mark(other))
        theirs = Version(one), Version(other)
        assert (ours[0] < ours[1]) is (theirs[0] < theirs[1])
        assert version_order(one) == ours[0]


@given(versions())
def test_what_is_respelled_is_the_same_version(version: str) -> None:
    assert Version(spell_mark(version)) == Version(version)
    assert is_pep440(version)
