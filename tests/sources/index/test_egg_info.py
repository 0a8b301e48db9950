"""What a source distribution says of its requirements without binding its build."""

from __future__ import annotations

import pytest

from neuron_pin.sources.index.egg_info import read_requires

# requires.txt, the fields of core metadata that it is
REQUIRES = [
    ("", []),
    ("a>=1\n\nb[c]\n", ["Requires-Dist: a>=1", "Requires-Dist: b[c]"]),
    ("# a\n  b  \n", ["Requires-Dist: b"]),
    ("[more]\na\n", ["Provides-Extra: more", 'Requires-Dist: a ; extra == "more"']),
    ('[:os_name == "x"]\na\n', ['Requires-Dist: a ; (os_name == "x")']),
    (
        'a\n\n[more:os_name == "x" or os_name == "y"]\nb\n',
        [
            "Requires-Dist: a",
            "Provides-Extra: more",
            'Requires-Dist: b ; (os_name == "x" or os_name == "y") and extra == "more"',
        ],
    ),
]


@pytest.mark.parametrize(("text", "fields"), REQUIRES)
def test_requires_txt_is_read_as_core_metadata(text: str, fields: list[str]) -> None:
    assert [f"{name}: {value}" for name, value in read_requires(text)] == fields
