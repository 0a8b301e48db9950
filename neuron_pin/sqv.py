"""Signatures, checked by ``sqv`` with the policy of this machine's apt, as apt 3.0 and later do.

Source: sqv(1); apt's ``sqv`` method, for where it looks for a policy.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence

from neuron_pin.fs.scratch import scratch_folder
from neuron_pin.gpgv import SECONDS, BadSignature, Signed, dearmor

PROGRAMS = ("usr/lib/apt/methods/sqv", "usr/bin/sqv")
"""What apt verifies with where both are there."""

POLICIES = (
    "etc/crypto-policies/back-ends/apt-sequoia.config",
    "var/lib/crypto-config/profiles/current/apt-sequoia.config",
    "etc/crypto-policies/back-ends/sequoia.config",
    "var/lib/crypto-config/profiles/current/sequoia.config",
    "usr/share/apt/default-sequoia.config",
)
"""The policy of a machine's apt: the first file that is there."""

MAX_SHOWN = 300
_BEGIN = rb"^-----BEGIN PGP SIGNED MESSAGE-----"
_FINGERPRINT = r"^[0-9A-F]{40,64}$"


def uses_sqv(root: str = "/") -> bool:
    """Whether the apt of the machine below a root verifies with sqv."""
    return all(os.path.exists(os.path.join(root, path)) for path in PROGRAMS)


def find_policy(root: str = "/") -> str:
    """The path of the policy of a machine's apt, empty for none."""
    paths = (os.path.join(root, name) for name in POLICIES)
    return next((path for path in paths if os.path.isfile(path)), "")


def verify_by_sqv(
    message: bytes, keys: Sequence[bytes], *, detached: bytes | None = None
) -> Signed:
    """The signed text of a clear-signed message, or the message itself under a detached signature;
    raises `BadSignature`.  ``keys`` are keyrings, armored or not."""
    if detached is None and len(re.findall(_BEGIN, message, re.M)) != 1:
        raise BadSignature("it carries no signature, or is not one signed text")
    with scratch_folder() as folder:
        paths = {name: os.path.join(folder, name) for name in ("keys", "in", "out", "sig")}
        given = {"keys": b"".join(dearmor(key) for key in keys), "in": message}
        command = [f"/{PROGRAMS[1]}", "--keyring", paths["keys"]]
        if detached is None:
            command += ["--output", paths["out"], "--cleartext", paths["in"]]
        else:
            given["sig"] = detached
            command += ["--signature-file", paths["sig"], paths["in"]]
        for name, data in given.items():
            with open(paths[name], "wb") as stream:
                stream.write(data)
        policy = find_policy()
        environment = {**os.environ, **({"SEQUOIA_CRYPTO_POLICY": policy} if policy else {})}
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise BadSignature(f"sqv takes more than {SECONDS} s") from None
        signers = re.findall(_FINGERPRINT, done.stdout.decode("utf-8", "replace"), re.M)
        if done.returncode or not signers:
            raise _refuse(done.stderr.decode("utf-8", "replace"))
        if detached is not None:
            return Signed(message, tuple(signers))
        with open(paths["out"], "rb") as stream:
            return Signed(stream.read(), tuple(signers))


def _refuse(text: str) -> BadSignature:
    told = " ".join(text.partition("Stack backtrace")[0].split())[:MAX_SHOWN]
    refusal = BadSignature(f"sqv, which this machine's apt asks, refuses it: {told or 'no reason'}")
    if "not considered secure" in told:
        refusal.is_weak_key = "is not bound" in told
        refusal.is_weak = not refusal.is_weak_key
    return refusal
