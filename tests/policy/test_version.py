"""Version forms, pre-release marks, irregular versions, update classes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuron_pin.errors import InvalidVersion
from neuron_pin.policy import Form, Phase, parse_version
from neuron_pin.policy.update import Update, classify_update

# text, form, framework, major, minor, patch, phase, local
VERSIONS = [
    ("2.26.0", Form.SDK, "", "2", "26", "0", Phase.STABLE, ""),
    ("2.8.0.2.10.16998", Form.EXTENSION, "2.8.0", "2", "10", "16998", Phase.STABLE, ""),
    ("1.13.1.2.11.13.0", Form.EXTENSION, "1.13.1", "2", "11", "13.0", Phase.STABLE, ""),
    ("2.34.10.0", Form.STANDALONE, "", "2", "34", "10.0", Phase.STABLE, ""),
    ("2.34.10.0-ac18d186d", Form.STANDALONE, "", "2", "34", "10.0", Phase.STABLE, "ac18d186d"),
    ("2.27.5334.0+f702b353", Form.STANDALONE, "", "2", "27", "5334.0", Phase.STABLE, "f702b353"),
    ("2.0.0.2.0.1b0", Form.EXTENSION, "2.0.0", "2", "0", "1b0", Phase.BETA, ""),
    ("2.1.0.1.2b1.0", Form.EXTENSION, "2.1.0", "1", "2b1", "0", Phase.BETA, ""),
    ("2.5rc1.0", Form.SDK, "", "2", "5rc1", "0", Phase.RC, ""),
    ("1.47", Form.IRREGULAR, "", "1", "47", "0", Phase.STABLE, ""),
    ("14.09.x", Form.IRREGULAR, "", "14", "09", "x", Phase.STABLE, ""),
    ("1.13.1+torchneurong", Form.SDK, "", "1", "13", "1", Phase.STABLE, "torchneurong"),
    (
        "2021.1+aws2021.x.169.0",
        Form.IRREGULAR,
        "",
        "2021",
        "1",
        "0",
        Phase.STABLE,
        "aws2021.x.169.0",
    ),
]


@pytest.mark.parametrize("row", VERSIONS, ids=lambda row: row[0])
def test_published_versions_are_taken_apart(row) -> None:
    text, form, framework, major, minor, patch, phase, local = row
    version = parse_version(text)
    assert str(version) == text
    assert (version.form, version.framework_version) == (form, framework)
    assert (version.major, version.minor, version.patch) == (major, minor, patch)
    assert (version.phase, version.local) == (phase, local)


def test_three_parts_of_a_standalone_component_are_irregular() -> None:
    assert parse_version("0.19.28492", standalone=True).form is Form.IRREGULAR


@pytest.mark.parametrize("text", ["na", "", "2.x.1y", "2..1", "v2", "2." + "1" * 200])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidVersion):
        parse_version(text)


def test_every_version_of_the_catalog_is_read(catalog) -> None:
    for release in catalog.releases:
        for member in catalog.members(release.sdk) if release.listed else ():
            if member.version:
                assert str(parse_version(member.version)) == member.version


# old, new, class
UPDATES = [
    ("2.26.0", "2.26.0", Update.NONE),
    ("2.26.0", "2.26.1", Update.PATCH),
    ("2.26.1", "2.27.0", Update.MINOR),
    ("2.32.0", "3.0.0", Update.MAJOR),
    ("2.27.5334.0", "2.27.5334.1", Update.PATCH),
    ("2.27.5334.0+aaa", "2.27.5334.0+bbb", Update.BUILD),
    ("2.34.10.0-1", "2.34.10.0-2", Update.BUILD),
    ("2.8.0.2.10.16998", "2.8.0.2.11.19912", Update.MINOR),
    ("2.8.0.2.10.16998", "2.9.0.2.10.16998", Update.MINOR),
    ("1.13.1.1.15.0", "2.1.2.2.2.0", Update.MAJOR),
    ("2.1.2.2.3.1", "2.1.2.2.3.2", Update.PATCH),
    ("2.3", "1:2.3", Update.MAJOR),
]


@pytest.mark.parametrize(("old", "new", "expected"), UPDATES)
def test_update_classes(old: str, new: str, expected: Update) -> None:
    assert classify_update(parse_version(old), parse_version(new)) is expected
    assert classify_update(parse_version(new), parse_version(old)) is expected
    assert expected.promise


def test_a_major_update_may_break_compiled_models() -> None:
    assert "NEFF" in Update.MAJOR.promise


@given(st.lists(st.integers(0, 99999), min_size=1, max_size=8))
def test_any_numeric_version_round_trips(parts: list[int]) -> None:
    text = ".".join(str(part) for part in parts)
    assert parse_version(text).public == text
