"""What is newer than the facts, and what they lack."""

import pytest

from neuron_pin.catalog.newness import Standing, compare_with_known

KNOWN = ("2.20.28.0", "2.30.2.0", "14.09.x")

VERSIONS = [
    ("2.30.2.0", KNOWN[:2], Standing.KNOWN),
    ("2.30.2.0-1", KNOWN[:2], Standing.KNOWN),
    ("2.30.2.0+e8242a9", KNOWN[:2], Standing.KNOWN),
    ("14.09.x", KNOWN, Standing.KNOWN),
    ("2.31.7.0", KNOWN[:2], Standing.NEWER),
    ("2.31.7.0-1", KNOWN[:2], Standing.NEWER),
    ("2.99.1.0", KNOWN[:2], Standing.NEWER),
    ("3.0.1.0", KNOWN[:2], Standing.NEWER),
    ("2.31.0.0rc1", KNOWN[:2], Standing.NEWER),
    ("2.30.2.1", KNOWN[:2], Standing.NEWER),
    ("2.25.0.0", KNOWN[:2], Standing.UNKNOWN),
    ("1.0", KNOWN[:2], Standing.UNKNOWN),
    ("2.99.1.0", (), Standing.UNKNOWN),
    ("2.x.7693.0", KNOWN[:2], Standing.UNREADABLE),
    ("forky/sid", KNOWN[:2], Standing.UNREADABLE),
    ("", KNOWN[:2], Standing.UNREADABLE),
    ("²", KNOWN[:2], Standing.UNREADABLE),
]


@pytest.mark.parametrize(("version", "known", "standing"), VERSIONS)
def test_a_version_beside_the_known_ones(version: str, known, standing: Standing) -> None:
    assert compare_with_known(version, known) is standing
