"""The ``Release`` of an apt suite: what it states, and who signed it.

Source: the Debian repository format.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from neuron_pin.errors import SourceFailed
from neuron_pin.gpgv import BadSignature
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.client import Fetcher, NotFound, Response
from neuron_pin.sources.http.urls import redact_url
from neuron_pin.sources.signed_by import Trust, check_dated, verify_message

MAX_RELEASE = 8 * 1024 * 1024


class Release(NamedTuple):
    """What a Release file states: by path, the SHA-256 and the size of each index.

    ``date`` and ``valid_until`` are seconds since the epoch, none if not stated.
    """

    hashes: Mapping[str, tuple[str, int]]
    fields: Mapping[str, str]
    date: float | None
    valid_until: float | None

    @property
    def by_hash(self) -> bool:
        """Whether indexes can be had under their hash, whatever is being replaced."""
        return self.fields.get("acquire-by-hash", "").lower() == "yes"


def read_release(fetcher: Fetcher, base: str, trust: Trust) -> Release:
    """The Release of a suite at ``base``, verified, and no older than the last one that was
    seen there; raises `SourceFailed`.  Only what is verified is kept."""
    for name in ("InRelease", "Release"):
        with contextlib.suppress(NotFound):
            return _read_verified(fetcher, f"{base}/{name}", trust, is_inline=name == "InRelease")
    raise SourceFailed(
        redact_url(base), "has neither InRelease nor Release", hint="is the suite's name right?"
    )


def _read_verified(fetcher: Fetcher, address: str, trust: Trust, *, is_inline: bool) -> Release:
    found: list[Release] = []

    def check(answer: Response) -> None:
        text = _verify(fetcher, address, answer.data, trust, is_inline=is_inline)
        release = parse_release(text, redact_url(address))
        _check_valid(release, redact_url(address), fetcher.now, trust)
        if release.date is not None:
            seen = _read_date(fetcher.kept(address))
            was = release.date if seen is None else seen
            check_dated(release.date, was, fetcher.now, redact_url(address))
        found.append(release)

    fetcher.get(address, limit=MAX_RELEASE, check=check)
    return found[0]


def _read_date(kept: Response | None) -> float | None:
    if kept is None:
        return None
    fields, _ = read_fields(_strip_armor(kept.data))
    return _seconds(fields.get("date", ""))


def _verify(fetcher: Fetcher, address: str, data: bytes, trust: Trust, *, is_inline: bool) -> bytes:
    if trust.unsigned:
        return _strip_armor(data) if is_inline else data
    try:
        if is_inline:
            return verify_message(data, trust, as_apt=True).text
        try:
            detached = fetcher.get(f"{address}.gpg", limit=MAX_RELEASE).data
        except NotFound:
            raise BadSignature("it carries no signature") from None
        return verify_message(data, trust, detached=detached, as_apt=True).text
    except BadSignature as error:
        hint = "name its key: 'deb [signed-by=/etc/apt/keyrings/neuron.asc] URL SUITE main'"
        if error.is_weak:
            hint = "whoever publishes the repository has to sign it anew, with SHA-256 or SHA-512"
        elif error.is_weak_key:
            hint = "whoever publishes the repository has to renew the key"
        raise SourceFailed(redact_url(address), f"is not trusted: {error}", hint=hint) from None


def _strip_armor(data: bytes) -> bytes:
    """The text inside of a clear-signed message that nobody checks."""
    if not data.lstrip().startswith(b"-----BEGIN PGP SIGNED MESSAGE-----"):
        return data
    text = data.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    return text.partition(b"\n-----BEGIN PGP SIGNATURE-----")[0]


def parse_release(data: bytes, address: str) -> Release:
    """Read a Release file's text; raises `SourceFailed` for one without SHA-256."""
    fields, hashes = read_fields(data)
    if not hashes:
        raise SourceFailed(address, "states no SHA256 of its files")
    date = _seconds(fields.get("date", ""))
    return Release(hashes, fields, date, _seconds(fields.get("valid-until", "")))


def read_fields(data: bytes) -> tuple[dict[str, str], dict[str, tuple[str, int]]]:
    """The fields of a Release file by their small names, signed or not, and what it states
    of its indexes."""
    fields: dict[str, str] = {}
    hashes: dict[str, tuple[str, int]] = {}
    inside = False
    for line in data.decode("utf-8", "replace").split("\n"):
        if not line.startswith((" ", "\t")):
            name, _, value = line.partition(":")
            inside = name.strip().lower() == "sha256"
            fields.setdefault(name.strip().lower(), value.strip())
        elif inside:
            parts = line.split()
            if len(parts) == 3 and parts[1].isdecimal() and len(parts[1]) < 16:
                hashes[parts[2]] = (parts[0].lower(), int(parts[1]))
    return fields, hashes


def _seconds(text: str) -> float | None:
    try:
        # "UTC" is what archives write, and no time zone of RFC 5322.
        return parsedate_to_datetime(text.replace("UTC", "+0000")).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _check_valid(release: Release, address: str, now: float, trust: Trust) -> None:
    valid_until = None if trust.outdated else release.valid_until
    if valid_until is not None and valid_until < now:
        day = time.strftime("%Y-%m-%d", time.gmtime(valid_until))
        raise SourceFailed(address, f"was valid until {day}, and may be an old copy")
