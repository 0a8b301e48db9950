"""The positional parameters of a shell, kept among its variables by their numbers, ``@`` and
``*``.

Source: POSIX.1-2017, Shell Command Language, 2.5.1; the special built-ins set and shift.
"""

from __future__ import annotations

from collections.abc import Sequence

from .shell_expansion import SEPARATOR


def set_parameters(known: dict[str, str], values: Sequence[str]) -> None:
    """Make words the positional parameters."""
    forget_parameters(known)
    known["@"] = SEPARATOR.join(values) or SEPARATOR
    known["*"] = " ".join(values)
    known.update((str(number), value) for number, value in enumerate(values[:9], 1))


def forget_parameters(known: dict[str, str]) -> None:
    """Take all of them away: what they are is not known."""
    for key in [key for key in known if is_parameter(key)]:
        del known[key]


def is_parameter(key: str) -> bool:
    """Whether a variable is one of them."""
    return key in ("@", "*") or key.isdecimal()


def shift_parameters(known: dict[str, str], number: str) -> None:
    """Take the first parameters away, as ``shift NUMBER`` does; nothing for another word."""
    if "@" in known and number.isdecimal() and len(number) < 4:
        set_parameters(known, known["@"].split(SEPARATOR)[int(number) :])
