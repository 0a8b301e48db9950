"""The short way through PEP 440 is packaging's way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

from neuron_pin.inputs import admits
from neuron_pin.inputs.requirements.specifier import canonicalize_specifier

number = st.integers(0, 30).map(str)
release = st.lists(number, min_size=1, max_size=5).map(".".join)
suffix = st.sampled_from(["", "", "", "rc1", "b2", ".post1", ".dev3", "+local.1", "a0.post2"])
version = st.builds(lambda r, s: r + s, release, suffix)
operator = st.sampled_from(["==", "!=", ">=", "<=", "~=", ">", "<", "==="])
clause = st.builds(
    lambda o, r, s, w: f"{o}{r}{s if not w else ''}{'.*' if w and o in ('==', '!=') else ''}",
    operator, release, suffix, st.booleans(),
)  # fmt: skip
spaces = st.sampled_from(["", " "])


@given(st.lists(clause, max_size=3), version, spaces)
def test_equal_to_packaging(clauses: list[str], text: str, space: str) -> None:
    specifier = f",{space}".join(clauses)
    try:
        expected = SpecifierSet(specifier).contains(text, prereleases=True)
    except InvalidSpecifier:
        with pytest.raises(InvalidSpecifier):
            admits(specifier, text)
        return
    assert admits(specifier, text) is expected


@given(st.text("0123456789.*٣ab+-!", max_size=8), st.text("0123456789.٣ab+-!", max_size=8))
def test_odd_texts_are_packagings_to_judge(bound: str, text: str) -> None:
    specifier = f">={bound}"
    try:
        expected = SpecifierSet(specifier).contains(text, prereleases=True)
    except InvalidSpecifier:
        return
    except InvalidVersion:
        expected = False
    assert admits(specifier, text) is expected


@given(st.lists(clause, max_size=3), spaces)
def test_the_canonical_form_is_packagings(clauses: list[str], space: str) -> None:
    text = f",{space}".join(clauses)
    found = canonicalize_specifier(text)
    if found is not None:
        assert SpecifierSet(found) == SpecifierSet(text)
        assert found == ",".join(sorted(str(clause) for clause in found.split(",")))
