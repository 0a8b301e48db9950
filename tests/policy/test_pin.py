"""Pins in three notations: parsed, printed, matched, translated, derived."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from neuron_pin.errors import InvalidPin, InvalidVersion
from neuron_pin.policy import (
    Ecosystem,
    Pin,
    PinComparison,
    PinPrecision,
    derive_pin,
    parse_pin,
    parse_version,
)
from neuron_pin.policy.pin import installable

PIP, APT, RPM = Ecosystem.PIP, Ecosystem.APT, Ecosystem.RPM

# base, reach, pip, apt, rpm
NOTATIONS = [
    ("2", PinComparison.PREFIX, "==2.*", "=2.*", "-0:2.*"),
    ("2.1.0.1", PinComparison.PREFIX, "==2.1.0.1.*", "=2.1.0.1.*", "-0:2.1.0.1.*"),
    ("2.34.10.0", PinComparison.UPSTREAM, "==2.34.10.0", "=2.34.10.0-*", "-0:2.34.10.0-*"),
    (
        "2.34.10.0-ac18",
        PinComparison.FULL,
        "==2.34.10.0-ac18",
        "=2.34.10.0-ac18",
        "-0:2.34.10.0-ac18",
    ),
]


@pytest.mark.parametrize("row", NOTATIONS, ids=lambda row: row[3])
def test_a_pin_is_written_and_read_in_each_notation(row) -> None:
    base, reach, pip, apt, rpm = row
    pin = Pin(base, reach)
    assert [pin.render(e) for e in (PIP, APT, RPM)] == [pip, apt, rpm]
    assert parse_pin(apt, APT) == pin
    assert parse_pin(rpm, RPM) == pin
    if reach is not PinComparison.FULL:
        assert parse_pin(pip, PIP) == pin


# pin, ecosystem, what a user is told
REFUSED = [
    ("=2*", APT, "2.*"),
    ("=2", APT, "2.*"),
    ("==2*", PIP, "2.*"),
    ("=2.*.1", APT, "star"),
    ("=*", APT, "star"),
    ("=", APT, "star"),
    ("2.*", PIP, "=="),
    ("==2.*", APT, "="),
    # A whole version is followed by its revision, behind a dash (deb-version(7)).
    ("=2.34.10.0*", APT, "write =2.34.10.0-*"),
    ("=2.34*", APT, "write =2.34.*"),
    ("-0:2.34.10.0*", RPM, "write -0:2.34.10.0-*"),
    ("-2.34.10.0*", RPM, "write -2.34.10.0-*"),
    ("==2.27.5334.0*", PIP, "write ==2.27.5334.0"),
    ("=14.09.x", APT, ".*"),
]


@pytest.mark.parametrize(("text", "ecosystem", "told"), REFUSED)
def test_a_pin_that_would_silently_do_nothing_is_refused(text, ecosystem, told) -> None:
    with pytest.raises(InvalidPin) as caught:
        parse_pin(text, ecosystem)
    assert told in caught.value.message + caught.value.hint


# pin, version, whether it matches (measured of apt for the system ones)
MATCHES = [
    (Pin("2", PinComparison.PREFIX), "2.28.19.0-1b3ca6425", True),
    (Pin("2", PinComparison.PREFIX), "20.1.0-1", False),
    (Pin("2", PinComparison.PREFIX), "1:2.3-1", False),
    (Pin("2.28.19.0", PinComparison.UPSTREAM), "2.28.19.0-1b3ca6425", True),
    (Pin("2.28.19.0", PinComparison.UPSTREAM), "2.28.19.0", True),
    (Pin("2.28.19.0", PinComparison.UPSTREAM), "2.28.19.01-x", False),
    (Pin("2.27.5334.0", PinComparison.UPSTREAM), "2.27.5334.0+f702b353", True),
    (Pin("1.13.1+torchneurong", PinComparison.FULL), "1.13.1+torchneuronf", False),
    (Pin("2.8.0.2", PinComparison.PREFIX), "2.8.0.2.10.16998", True),
    (Pin("2.8.0.2", PinComparison.PREFIX), "2.8.0.20.1.0", False),
    # Zeros, epochs, short versions.
    (Pin("2", PinComparison.PREFIX), "0:2.28", True),
    (Pin("2.0", PinComparison.PREFIX), "2", True),
    (Pin("2.1", PinComparison.PREFIX), "2", False),
    (Pin("2.0.0.0", PinComparison.UPSTREAM), "2", True),
    (Pin("2", PinComparison.UPSTREAM), "2.0.0-1", True),
    (Pin("0", PinComparison.UPSTREAM), "0.0", True),
    (Pin("2.0.1", PinComparison.UPSTREAM), "2.0", False),
    (Pin("2.0.1", PinComparison.UPSTREAM), "2.1", False),
    (Pin("2", PinComparison.PREFIX), "1:2:2", False),
    (Pin("0:2.28.19.0", PinComparison.UPSTREAM), "2.28.19.0-1", True),
    (Pin("1:2.28.19.0", PinComparison.UPSTREAM), "2.28.19.0-1", False),
    (Pin("1:2.28.19.0", PinComparison.UPSTREAM), "1:2.28.19.0-1", True),
    (Pin("1:2", PinComparison.PREFIX), "1:2.3-1", True),
]


@pytest.mark.parametrize(("pin", "version", "expected"), MATCHES)
def test_matching(pin: Pin, version: str, expected: bool) -> None:
    assert pin.matches(version) is expected


# version, exact, minor, major
DERIVED = [
    ("2.34.10.0", "2.34.10.0", "2.34.*", "2.*"),
    ("2.8.0.2.10.16998", "2.8.0.2.10.16998", "2.8.0.2.10.*", "2.8.0.2.*"),
    ("1.13.1.2.11.13.0", "1.13.1.2.11.13.0", "1.13.1.2.11.*", "1.13.1.2.*"),
    ("0.19.28492", "0.19.28492", "0.19.*", "0.*"),
    ("2.0.0.2.0.1b0", "2.0.0.2.0.1b0", "2.0.0.2.0.1b0", "2.0.0.2.0.1b0"),
    ("1.13.1+torchneurong", "1.13.1+torchneurong", "1.13.*", "1.*"),
    ("14.09.x", "14.09.*", "14.09.*", "14.*"),
]


@pytest.mark.parametrize("row", DERIVED, ids=lambda row: row[0])
def test_pins_are_derived_at_three_strengths(row) -> None:
    version, *expected = row
    pins = [
        derive_pin(parse_version(version), s)
        for s in (PinPrecision.EXACT, PinPrecision.MINOR, PinPrecision.MAJOR)
    ]
    assert [str(pin) for pin in pins] == expected
    if not version.endswith("x"):
        assert all(pin.matches(version) for pin in pins)


numeric = st.lists(st.integers(0, 300), min_size=1, max_size=7).map(
    lambda parts: ".".join(map(str, parts))
)


@given(numeric, numeric, st.sampled_from([PinComparison.PREFIX, PinComparison.UPSTREAM]))
def test_a_pip_pin_matches_what_packaging_says(
    base: str, version: str, reach: PinComparison
) -> None:
    pin = Pin(base, reach)
    assert pin.matches(version) == SpecifierSet(pin.to_pip()).contains(version)


@given(numeric)
def test_a_pin_holds_the_version_that_it_was_derived_from(version: str) -> None:
    for strength in PinPrecision:
        assert derive_pin(parse_version(version), strength).matches(version)


INSTALLABLE = [
    (Pin("2", PinComparison.PREFIX), RPM, "tools-2.*"),
    (Pin("2.34.10.0", PinComparison.UPSTREAM), RPM, "tools-2.34.10.0[_-]*"),
    (Pin("1:2.3-1", PinComparison.FULL), RPM, "tools-1:2.3-1"),
    (Pin("2", PinComparison.PREFIX), APT, "tools=2.*"),
    (Pin("2", PinComparison.PREFIX), PIP, "tools==2.*"),
]


@pytest.mark.parametrize(("pin", "ecosystem", "expected"), INSTALLABLE)
def test_what_an_installer_takes(pin: Pin, ecosystem: Ecosystem, expected: str) -> None:
    assert installable("tools", pin, ecosystem) == expected


READ = [
    ("==2.27.5334.0+f702b353", PIP, Pin("2.27.5334.0+f702b353", PinComparison.FULL)),
    ("==2.27.5334.0", PIP, Pin("2.27.5334.0", PinComparison.UPSTREAM)),
    ("==2", PIP, Pin("2", PinComparison.UPSTREAM)),
    ("=2.34", APT, Pin("2.34", PinComparison.UPSTREAM)),
    ("=2.34-1", APT, Pin("2.34-1", PinComparison.FULL)),
    ("= 2.34.10.0-*", APT, Pin("2.34.10.0", PinComparison.UPSTREAM)),
    ("-2.*", RPM, Pin("2", PinComparison.PREFIX)),
]


@pytest.mark.parametrize(("text", "ecosystem", "expected"), READ)
def test_pins_are_read(text: str, ecosystem: Ecosystem, expected: Pin) -> None:
    assert parse_pin(text, ecosystem) == expected


# The whole of what is said, as a user reads it.
TOLD = [
    ("2.*", PIP, "'2.*' is not a pin", "a pin begins with =="),
    ("===2.*", PIP, "'===2.*' is not a pin", "a pin begins with =="),
    ("==2.*", APT, "'==2.*' is not a pin", "a pin begins with ="),
    ("=2.*.1", APT, "'=2.*.1': a star may stand only at the end, behind a version", ""),
    ("=2", APT, "'=2' names no version: apt and dnf compare the whole string",
     "write =2.* to hold the major"),
    ("==2*", PIP, "'==2*' would match other numbers that begin alike", "write ==2.*"),
    ("=14.09.x", APT, "'=14.09.x': x is no wildcard", "write .* at the end"),
    ("=!-*", APT, "'=!-*': '!' is not a version", None),
    ("=!.*", APT, "'=!.*': '!' is not a version", None),
    ("==!", PIP, "'==!': '!' is not a version", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "ecosystem", "message", "hint"), TOLD)
def test_what_is_said_of_a_pin_that_is_none(text, ecosystem, message, hint) -> None:
    with pytest.raises(InvalidPin) as caught:
        parse_pin(text, ecosystem)
    assert caught.value.message == message
    if hint is None:
        with pytest.raises(InvalidVersion) as cause:
            parse_version(text.lstrip("=").rstrip("-*."))
        hint = cause.value.hint
    assert caught.value.hint == hint


def test_an_epoch_is_written_once() -> None:
    assert Pin("1:2.3-1", PinComparison.FULL).to_rpm() == "1:2.3-1"
    assert Pin("2.3-1", PinComparison.FULL).to_rpm() == "0:2.3-1"


@pytest.mark.parametrize(
    ("text", "ecosystem"), [row[:2] for row in REFUSED if row[0].endswith("*") and "2" in row[0]]
)
def test_what_a_hint_says_to_write_is_read(text: str, ecosystem: Ecosystem) -> None:
    with pytest.raises(InvalidPin) as caught:
        parse_pin(text, ecosystem)
    if caught.value.hint.startswith("write "):
        parse_pin(caught.value.hint.split()[1], ecosystem)
