"""Ranges of a body, as the loopback servers of the tests answer them (RFC 9110, 14.1.2)."""

from __future__ import annotations

import re


def cut_range(wanted: str, body: bytes) -> tuple[str, bytes] | None:
    """The value of Content-Range and the part of a body that a Range header asks for; None for
    a header that asks for no range of bytes."""
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
    if asked is None:
        return None
    first, last = asked.groups()
    start = int(first) if first else max(0, len(body) - int(last))
    end = min(int(last), len(body) - 1) if first and last else len(body) - 1
    return f"bytes {start}-{end}/{len(body)}", body[start : end + 1]
