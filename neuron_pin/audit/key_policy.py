"""Keys of repositories that gpgv takes and sqv does not, which apt 3.0 and later verify with.

Source: apt's ``default-sequoia.config`` for the days; what sqv 1.3 and 1.5 say of keys of each
kind, of subkeys, and of subkeys of a primary key that they refuse.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.policy import Rule
from neuron_pin.sqv import find_policy, uses_sqv

from .finding import Finding, Severity
from .key_packets import Certificate, Key, find_signers, read_certificates

MAX_POLICY = 1 << 20
MAX_RELEASE = 1 << 23
ENDED = {
    "md5": "",
    "sha1": "2026-02-01",
    "ripemd160": "",
    "sha224": "2026-02-01",
    "rsa1024": "2014-02-01",
    "dsa1024": "",
    "dsa2048": "2024-02-01",
    "dsa3072": "2024-02-01",
    "dsa4096": "2024-02-01",
}
"""The day from which an algorithm is refused where a policy states none; empty for long ago."""


def read_policy(root: str) -> dict[str, str]:
    """The days from which a machine's apt refuses algorithms, by their names, "" for long ago and
    "9999" for never; raises `UnreadableInput`."""
    # Imported here: few machines have a policy.
    from neuron_pin.fs.toml import parse_toml_file

    days = dict(ENDED)
    path = find_policy(root)
    if not path:
        return days
    document = parse_toml_file(path, read_bounded(path, MAX_POLICY).decode("utf-8", "replace"))
    for section in ("hash_algorithms", "asymmetric_algorithms"):
        table = document.get(section)
        for name, value in table.items() if isinstance(table, dict) else ():
            if isinstance(value, Mapping):
                value = value.get("second_preimage_resistance")
            if value is not None:
                days[name] = {"always": "9999", "never": ""}.get(str(value), str(value)[:10])
    return days


def check_key_policy(
    root: str,
    subject: str,
    keyring: bytes,
    now: float,
    place: str,
    remedy: str,
    signers: Collection[bytes] = (),
) -> Iterator[Finding]:
    """Whether sqv takes a key: an error where the machine's apt asks sqv, else a warning that a
    newer release's does.  ``signers`` are the identities of the keys that signed what the machine
    has of the repository."""
    is_asked = uses_sqv(root)
    try:
        days = read_policy(root) if is_asked else ENDED
    except UnreadableInput as error:
        reason = f"the policy of apt's sqv cannot be read: {error.problem}"
        yield Finding(
            Rule.APT_KEY, Severity.ERROR, subject, reason, error.path, "correct that file"
        )
        return
    problem = find_key_problem(keyring, days, now, signers)
    if problem and is_asked:
        reason = f"this machine's apt, which asks sqv, refuses the key: {problem}"
        yield Finding(Rule.APT_KEY, Severity.ERROR, subject, reason, place, remedy)
    elif problem:
        reason = f"apt of Debian 13 and later, which asks sqv, refuses the key: {problem}"
        yield Finding(Rule.APT_KEY, Severity.WARNING, subject, reason, place, remedy)


def read_signers(paths: Iterable[str]) -> frozenset[bytes]:
    """The identities of the keys that signed the first of these files that exists, empty for
    unknown."""
    path = next(filter(os.path.isfile, paths), "")
    try:
        return find_signers(read_bounded(path, MAX_RELEASE)) if path else frozenset()
    except UnreadableInput:
        return frozenset()


def find_key_problem(
    keyring: bytes, days: Mapping[str, str], now: float, signers: Collection[bytes] = ()
) -> str:
    """Why sqv takes none of a binary keyring's keys that signed, or where that is not known none
    that may sign; empty where it takes one or nothing is known.  ``now`` is in seconds since the
    epoch."""
    today = time.strftime("%Y-%m-%d", time.gmtime(now))
    judged = [
        (key, _judge(certificate, key, days, today))
        for certificate in read_certificates(keyring)
        for key in (certificate.primary, *certificate.subkeys)
        if key.signs
    ]
    own = [problem for key, problem in judged if key.identity and key.identity in signers]
    problems = own or [problem for _, problem in judged]
    return problems[0] if problems and all(problems) else ""


def _judge(certificate: Certificate, key: Key, days: Mapping[str, str], today: str) -> str:
    """Why sqv refuses what a key has signed; empty where it does not."""
    primary = certificate.primary
    problem = _judge_key(primary, "it", "itself", days, today)
    if problem or key is primary:
        return problem
    return _judge_key(key, "the subkey that signs", "that subkey", days, today)


def _judge_key(key: Key, called: str, signed: str, days: Mapping[str, str], today: str) -> str:
    day = days.get(key.algorithm, "9999")
    if day <= today:
        return f"{called} is of {_spell(key.algorithm)}{_since(day)}"
    ends = {digest: days.get(digest, "9999") for digest in key.digests}
    if not ends or any(day > today for day in ends.values()):
        return ""
    digest = key.digests[-1]
    return f"its signature on {signed} is made with {_spell(digest)}{_since(ends[digest])}"


def _since(day: str) -> str:
    return f", refused since {day}" if day else ""


def _spell(name: str) -> str:
    word = name.rstrip("0123456789")
    return f"{word.upper()}-{name[len(word) :]}" if word != "md" else "MD5"
