"""apt preferences: the complement of a pin as a regular expression."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuron_pin.outputs.apt_preferences import find_outside

# prefixes, exact, allowed, refused
CASES = [
    (["2."], [], ["2.28-1", "2.", "2.0"], ["20.1", "1:2.3", "3.0", "2", "", "12.1"]),
    (
        ["2.28.19.0-"],
        ["2.28.19.0"],
        ["2.28.19.0-1b3", "2.28.19.0"],
        ["2.28.19.01-x", "2.28.19.0.1", "2.28.19", "2.28.19.0~1", "1:2.28.19.0-1", "3"],
    ),
    ([], ["2.26.14.0"], ["2.26.14.0"], ["2.26.14.0-1", "2.26.14.00", "2.26.14", ""]),
    (["2.28.", "2.26."], [], ["2.28.1", "2.26.0"], ["2.27.1", "2.2", "2.280.1"]),
]


@pytest.mark.parametrize(("prefixes", "exact", "allowed", "refused"), CASES)
def test_the_expression_matches_just_what_is_outside(prefixes, exact, allowed, refused) -> None:
    expression = re.compile(find_outside(prefixes, exact))
    assert not [version for version in allowed if expression.search(version)]
    assert [version for version in refused if expression.search(version)] == refused


letters = st.text("0129.-~:+ab", max_size=6)


@given(
    st.lists(letters.filter(bool), max_size=3), st.lists(letters.filter(bool), max_size=3), letters
)
def test_any_set_of_prefixes_and_versions_has_its_complement(prefixes, exact, version) -> None:
    if not prefixes and not exact:
        with pytest.raises(ValueError, match="nothing"):
            find_outside(prefixes, exact)
        return
    inside = version in exact or any(version.startswith(prefix) for prefix in prefixes)
    assert bool(re.search(find_outside(prefixes, exact), version)) is not inside
