"""neuron-pin in front of one repository of system packages; what apt and dnf share of it."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from conftest import Keys

from .clients import TOOLS, Outcome, Place, has_escapes, judged, read
from .server import Server
from .world import Verdict

SIGNERS = ("neuron", "expired", "old", "gone", "rsa")
"""Configured all of them: what is wrong with one is for the client to see."""


class Case(NamedTuple):
    """One attack; ``then`` changes the repository after it was good once."""

    name: str
    fill: Callable[[Any], None]
    expected: Verdict
    then: bool = False


class SystemAttack(Place):
    """One case of a repository; ``form`` is the lock that its installer reads."""

    system, form = "", ""

    def __init__(
        self, case: Case, keys: Keys, upstream: str, make: Callable[[Server, Keys, str], Any]
    ) -> None:
        super().__init__()
        self.case = case
        self.ring = self.folder / "all.asc"
        self.ring.write_bytes(b"".join(keys.export(name) for name in SIGNERS))
        self._make = lambda: make(self.server, keys, upstream)

    def publish(self, *, good: bool = False) -> None:
        """The repository as the case has it, or without fault."""
        self.server.site.clear()
        repository = self._make()
        if good:
            repository.publish()
        else:
            self.case.fill(repository)

    def source(self) -> tuple[str, str]:
        """The option that names the repository, and its value."""
        raise NotImplementedError

    def neuron_pin(self, *options: str) -> Outcome:
        outputs = [self.folder / self.form, self.folder / "lock.json"]
        command = (
            sys.executable, "-m", "neuron_pin", "lock", TOOLS, "--os", self.system, "--python",
            "3.11", *self.source(), "--cache-dir", self.folder / "cache", "--refresh", *options,
            *(word for path in outputs for word in ("-o", path)),
        )  # fmt: skip
        if self.case.then:
            self.publish(good=True)
            assert self.run(*command).code == 0
            for path in outputs:
                path.unlink()
        self.publish()
        done = self.run(*command)

        def taken() -> str:
            packages = json.loads(read(outputs[1]))["packages"]
            is_evil = any("evil" in package["version"] for package in packages)
            return "ACCEPTED" if is_evil or not packages else Verdict.PASSED_OVER.value

        return judged(done, outputs, taken)

    def installed(
        self, update: tuple[object, ...], install: tuple[object, ...], chosen: str, pause: float = 0
    ) -> Outcome:
        """What an installer makes of it: it reads the repository, then says what it would
        install, as ``chosen`` finds in that."""
        if self.case.then:
            self.publish(good=True)
            done = self.run(*update)
            assert done.code == 0, done.said
            time.sleep(pause)
        self.publish()
        read_it, asked = self.run(*update), self.run(*install)
        found = re.search(chosen, asked.said, re.M)
        said = read_it.said + asked.said
        if read_it.code < 0:
            word = "hangs"
        elif found is not None:
            word = "accepted" if "evil" in found[1] else Verdict.PASSED_OVER.value
        elif "Failed writing received data" in said:
            # At the size that a file may have here.
            word = "fills the disk"
        else:
            word = "breaks" if "Traceback" in said else Verdict.REFUSED.value
        if has_escapes(said):
            word += ", unescaped"
        return Outcome(word, read_it.seconds, max(read_it.mebibytes, asked.mebibytes), said)
