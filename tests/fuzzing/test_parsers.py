"""Whatever bytes a parser gets, it reads them or says what is wrong: the short form of fuzz.py."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import parsers

SEEDS = {name: sorted((parsers.CORPORA / name).iterdir()) for name in parsers.PARSERS}
SECONDS = 10
"""What one input may take; it ends the test from the outside."""

TOKENS = (
    b"\0", b"\n", b"\r\n", b"\x01\x7f", b"\xff\xfe", b"[", b"{" * 50, b"[" * 50, b"]", b"(", b"<!", b"<!--",
    b"&#x41;", b"//", b"%00", b"..", b"../", b"-1", b"9" * 700, b"1e999", b"null", b"NaN", b'"', b"'", b"\\",
    "\u200e".encode(), "é".encode(), b"PK\1\2", b"\x1f\x8b\x08", b"a" * 2000, b" " * 500, b";", b"==", b"=", b":", b"#", b"*",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, seeds: list[Path]) -> bytes:
    """A seed in which bytes went, came, were repeated or became others."""
    data = draw(st.sampled_from(seeds)).read_bytes()
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.sampled_from((0, 1, 2, 8, 64, 1024))))
        new = draw(
            st.sampled_from(TOKENS)
            | st.binary(max_size=8)
            | st.just(data[at:end] * 2)
            | st.just(b"")
        )
        data = data[:at] + new + data[end:]
    return data


@contextmanager
def in_time() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise AssertionError(f"takes more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True, scope="module")
def clean() -> Iterator[None]:
    yield
    parsers.clean()


@pytest.mark.parametrize("name", parsers.PARSERS)
def test_its_seeds_are_of_its_kind(name: str) -> None:
    """A seed that is refused explores nothing; ``fatal-`` ones were bugs of ours once."""
    for seed in SEEDS[name]:
        with in_time():
            was_read = parsers.read(name, seed.read_bytes())
        assert was_read or seed.name.startswith("fatal-"), seed


NUMBERS = ("²", "٣", "9" * 700, "9" * 30, "-1", "")
"""What int() refuses though ``str.isdigit`` takes it, and what is too long for it here."""


@pytest.mark.parametrize("name", parsers.PARSERS)
@pytest.mark.usefixtures("few_digits")
def test_numbers_that_are_none(name: str) -> None:
    """In the place of each number of a seed, of up to eight."""
    for seed in SEEDS[name]:
        data = seed.read_bytes()
        runs = [match.span() for match in re.finditer(rb"[0-9]+", data)]
        for start, end in runs[:: len(runs) // 8 + 1]:
            for number in NUMBERS:
                with in_time():
                    parsers.read(name, data[:start] + number.encode() + data[end:])


@pytest.mark.parametrize("name", parsers.PARSERS)
def test_damaged(name: str) -> None:
    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(damaged(SEEDS[name]))
    def one(data: bytes) -> None:
        with in_time():
            parsers.read(name, data)

    one()
