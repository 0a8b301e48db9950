"""Two processes at once on the same files and the same cache, and networks that break."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from .index import index_lock, publish
from .scenarios import COMMAND, OUTPUTS, Place, outputs
from .server import Server, send


def both(place: Place, *commands: tuple[str, ...]) -> list[subprocess.CompletedProcess[str]]:
    """Run commands at the same time."""
    started = [
        subprocess.Popen(
            [*COMMAND, *command], cwd=place.files, env=place.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for command in commands
    ]  # fmt: skip
    ended = [process.communicate(timeout=120) for process in started]
    return [
        subprocess.CompletedProcess(process.args, process.returncode, out, err)
        for process, (out, err) in zip(started, ended, strict=True)
    ]


def same_files(place: Place, times: int) -> list[str]:
    """Two locks of two releases write the same outputs, again and again: each file is always of
    one of them, whole.  What was wrong, empty for nothing."""
    place.forget()
    commands = [outputs("--offline", "--sdk", sdk) for sdk in ("2.27.0", "2.28.0")]
    whole: list[dict[str, bytes]] = []
    for command in commands:
        assert place.run(*command).returncode == 0
        whole.append(place.content())
    problems = []
    for number in range(times):
        for done in both(place, *commands):
            if done.returncode != 0:
                problems.append(f"round {number}: {done.stderr[-200:]}")
        now = place.content()
        for name in OUTPUTS:
            if now.get(name) not in [content[name] for content in whole]:
                problems.append(f"round {number}: {name} is of neither")
        if now.keys() != whole[0].keys():
            problems.append(f"round {number}: {sorted(now)}")
    return problems


def same_cache(place: Place, times: int) -> list[str]:
    """Two cold locks fill the same cache: both end well, with the same bytes, and what they leave
    serves a third one without the network."""
    server = Server()
    publish(server)
    command = index_lock(server)
    problems = []
    for number in range(times):
        shutil.rmtree(place.cache, ignore_errors=True)
        for done in both(place, command, command):
            if done.returncode != 0:
                problems.append(f"round {number}: {done.stderr[-200:]}")
        first = place.content()
        offline = place.run(*command, NEURON_PIN_OFFLINE="1")
        if offline.returncode != 0 or place.content() != first:
            problems.append(f"round {number}: offline {offline.stderr[-200:]}")
    server.close()
    if place.litter():
        problems.append(f"left {place.litter()[:3]}")
    return problems


BREAKS = {
    "closed": send(b""),
    "cut off in its head": send(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "cut off in its body": send(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 999\r\n\r\n<a"
    ),
}


def cut_network(
    place: Place, kinds: Iterable[str] = BREAKS, *, every: int = 1
) -> tuple[int, list[str]]:
    """The network breaks at each request of a lock, or each of so many, and stays away: exit 3,
    nothing written, and the next run gives what an undisturbed one gives.  How many requests, and
    what was wrong."""
    server = Server()
    publish(server)
    command = index_lock(server)
    assert place.run(*command).returncode == 0
    whole, asked = place.content(), len(server.asked)
    site = dict(server.site)
    problems = []
    for how, number in itertools.product(kinds, range(0, asked, every)):
        broken = BREAKS[how]
        where = f"{how}, request {number}"
        place.forget()
        server.site.clear()
        server.site.update(site)
        server.breaks = (len(server.asked) + number, broken)
        done = place.run(*command)
        server.breaks = None
        if done.returncode != 3 or "Traceback" in done.stderr:
            problems.append(f"{where}: status {done.returncode} {done.stderr[-200:]}")
        if place.content():
            problems.append(f"{where}: wrote {sorted(place.content())}")
        again = place.run(*command)
        if again.returncode != 0 or place.content() != whole or place.litter():
            problems.append(f"{where}: then {again.stderr[-200:]} {place.litter()}")
    server.close()
    return asked, problems


FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
"""What changes the clock for one process, as faketime(1) does."""

JUMPS = ("+3650d", "-3650d")


def clock_jumps(
    place: Place, jumps: Iterable[str] = JUMPS, *, every: int = 1
) -> tuple[int, list[str]]:
    """The clock jumps by ten years at each request of a lock, or each of so many: it ends well, with the same bytes;
    and what was kept at the wrong time is asked for again at the right one.  How many requests,
    and what was wrong."""
    server = Server()
    publish(server)
    command = index_lock(server)
    assert place.run(*command).returncode == 0
    whole, asked = place.content(), len(server.asked)
    clock = place.root.parent / "clock"

    def set_clock(jump: str) -> None:
        # Replaced whole: libfaketime reads it at each call, and ends the process over an empty one.
        clock.with_suffix(".new").write_text(jump)
        clock.with_suffix(".new").replace(clock)

    wrong_clock = {
        "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
    }  # fmt: skip
    problems = []
    for jump, number in itertools.product(jumps, range(0, asked + 1, every)):
        where = f"{jump} at request {number}"
        place.forget()
        set_clock("+0" if number else jump)
        first = len(server.asked)

        def noticed(count: int, last: int = first + number, jump: str = jump) -> None:
            if count == last:
                set_clock(jump)

        server.noticed = noticed
        done = place.run(*command, **wrong_clock)
        server.noticed = None
        if done.returncode != 0 or place.content() != whole:
            problems.append(f"{where}: {done.returncode} {done.stderr[-200:]}")
        before = len(server.asked)
        again = place.run(*command)
        if again.returncode != 0 or place.content() != whole or place.litter():
            problems.append(f"{where}: then {again.stderr[-200:]} {place.litter()}")
        if not number and len(server.asked) == before:
            problems.append(f"{where}: what was kept counts as fresh")
        offline = place.run(*command, NEURON_PIN_OFFLINE="1")
        if offline.returncode != 0 or place.content() != whole:
            problems.append(f"{where}: offline {offline.stderr[-200:]}")
    server.close()
    return asked, problems


def main(times: int) -> int:
    """Print what was tried; how much was wrong."""
    import tempfile

    wrong = 0
    with tempfile.TemporaryDirectory(prefix="np-faults-") as folder:
        place = Place(Path(folder) / "place")
        place.forget()
        for name, trial in (("same files", same_files), ("same cache", same_cache)):
            problems = trial(place, times)
            print(f"{'two processes, ' + name:<48}{times:>6}{len(problems):>15}", flush=True)
            print(*problems[:5], sep="\n", end="\n" if problems else "")
            wrong += len(problems)
        trials: list[tuple[str, Callable[[Place], tuple[int, list[str]]]]] = [
            ("network cut at each request, in three ways", cut_network)
        ]
        if FAKETIME is not None:
            trials.append(("clock jumps ten years at each request, both ways", clock_jumps))
        for name, trial_of in trials:
            place.forget()
            requests, problems = trial_of(place)
            print(f"{name:<48}{requests:>6}{len(problems):>15}", flush=True)
            print(*problems[:5], sep="\n", end="\n" if problems else "")
            wrong += len(problems)
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1])) else 0)
