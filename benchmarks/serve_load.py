"""Requests of all kinds from 64 clients at once, and what memory the server has after each round.

    python benchmarks/serve_load.py [--rounds 20] [--requests 10000]

Pages of projects in both forms and in many views, the list of names, pages for people, metadata,
files through the cache, names that nobody has, the log of what was withheld, metrics: a hundred
different addresses, against indexes on the loopback.  20 rounds are what a server with 55
requests a second gets in an hour.
"""

from __future__ import annotations

import argparse
import http.client
import random
import re
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from serve_closure import FIXTURES, JSON, SDK, Server, served_before

CLIENTS = 64
VIEWS = ["", "sdk/2.31/", "sdk/latest/trn1/", "as-of/2026-01-31/", "phase/beta/", "instance/trn2/"]


def paths(names: list[str]) -> list[tuple[str, str, set[int]]]:
    """Addresses with what is accepted, and the statuses that are right."""
    found: list[tuple[str, str, set[int]]] = []
    for name in names:
        for view in VIEWS:
            for accept in (JSON, "text/html"):
                found.append((f"/{view}simple/{name}/", accept, {200}))
        found.append((f"/project/{name}/", "text/html", {200}))
    found += [("/simple/", JSON, {200}), ("/", "text/html", {200})]
    found += [(f"/simple/nobody-{n}/", JSON, {404}) for n in range(200)]
    found += [("/withheld/", "text/html", {200}), ("/withheld.json", "*/*", {200})]
    found += [("/metrics", "*/*", {200}), ("/healthz", "*/*", {200})]
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--requests", type=int, default=10_000)
    options = parser.parse_args()
    server = Server(0.0)
    server.fill(0.1)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    names = [path.split("/")[2] for path in server.answers if path.endswith("/")]
    with (
        tempfile.TemporaryDirectory() as folder,
        served_before(
            f"{server.url}/neuron", f"{server.url}/public", Path(folder), "--files", "cache"
        ) as (url, process),
    ):
        wanted = paths(sorted(set(names)))
        for path, (_, page) in list(server.answers.items()):
            if path.startswith(("/neuron/", "/public/")) and path.endswith("/"):
                name = path.split("/")[2]
                for file in re.findall(rb'[>"]([A-Za-z0-9_.+-]+\.whl)["<]', page):
                    quoted = file.decode().replace("+", "%2B")
                    address = f"/files/{name}/{quoted}"
                    wanted += [(address, "*/*", {200}), (f"{address}.metadata", "*/*", {200})]
        print(f"{len(wanted)} addresses, {CLIENTS} clients, SDK {SDK} of {FIXTURES.name}")
        for number in range(options.rounds):
            began = time.perf_counter()
            wrong = one_round(url, wanted, options.requests, seed=number)
            seconds = time.perf_counter() - began
            status = Path(f"/proc/{process}/status").read_text()
            memory = int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024
            threads = int(re.findall(r"Threads:\s+(\d+)", status)[0])
            print(
                f"round {number + 1:3}: {options.requests} requests, {len(wrong)} errors, "
                f"{options.requests / seconds:6.0f}/s, {memory:6.1f} MiB, {threads} threads"
            )
            for line in wrong[:5]:
                print("   ", line)


def one_round(url: str, wanted: list, count: int, seed: int) -> list[str]:
    wrong: list[str] = []
    each = count // CLIENTS + 1

    def client(number: int) -> None:
        choice = random.Random(seed * 1000 + number)
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        for _ in range(each):
            path, accept, right = choice.choice(wanted)
            try:
                connection.request("GET", path, headers={"Accept": accept})
                reply = connection.getresponse()
                body = reply.read()
            except (OSError, http.client.HTTPException) as error:
                wrong.append(f"{path}: {error!r}")
                connection.close()
                continue
            if reply.status not in right:
                wrong.append(f"{path}: {reply.status} {body[:200]!r}")
        connection.close()

    threads = [threading.Thread(target=client, args=[number]) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


if __name__ == "__main__":
    main()
