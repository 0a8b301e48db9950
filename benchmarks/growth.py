"""How a lock's time grows: with the packages of a closure, with the versions of one of them, with
the releases of a catalog; and a closure of 1,000 packages beside uv's.

    python benchmarks/growth.py [RUNS]

A synthetic index on the loopback serves packages that each require some others; caches are
warm and the network is not asked, but what is locked is resolved anew.  The catalog is the
embedded one with older releases added, or taken away.  Without uv beside this interpreter its part
is left out.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pairs import PIN, UV, look_for_python, paired
from targets import tell

from neuron_pin.catalog.catalog import EMBEDDED

VERSIONS = 30


def metadata(name: str, version: int, total: int) -> bytes:
    """Each package requires up to four later ones, in ranges that mostly fit."""
    number = int(name[3:])
    chance = random.Random(f"{name} {version}")
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}.0"]
    later = range(number + 1, min(total, number + 12))
    for other in sorted(chance.sample(later, min(4, len(later)))):
        bound = chance.choice(["", f">={chance.randint(0, 10)}", f"<{VERSIONS - 2}", "!=3.*"])
        lines.append(f"Requires-Dist: pkg{other}{bound}")
    return "\n".join([*lines, "", ""]).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    total = 0
    many = VERSIONS
    """Versions of the first package."""

    def do_GET(self) -> None:
        kind, _, rest = self.path.strip("/").partition("/")
        if kind.startswith("simple"):
            name, body = rest, b""
            files = []
            for version in range(self.many if name == "pkg0" else VERSIONS):
                filename = f"{name}-{version}.0-py3-none-any.whl"
                digest = hashlib.sha256(f"{self.total} {self.many} {filename}".encode()).hexdigest()
                url = f"/files{self.total}/{filename}"
                files.append({"filename": filename, "url": url, "hashes": {"sha256": digest},
                              "core-metadata": True})  # fmt: skip
            body = json.dumps({"files": files}).encode()
        else:
            name, released, *_ = rest.split("-")
            body = metadata(name, int(released.partition(".")[0]), int(kind[5:]))
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


def serve(total: int, many: int = VERSIONS) -> str:
    """The address of an index of so many packages, the first with so many versions."""
    handler = type("Sized", (Handler,), {"total": total, "many": many})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/simple"


def anew(commands: dict[str, list[str]], folder: str, runs: int) -> dict[str, float]:
    """Medians of locks that are resolved anew, offline; the first round fills the caches."""
    paired(commands, 1)
    offline = {name: [*command, "--offline"] for name, command in commands.items()}

    def before(name: str) -> None:
        shutil.rmtree(f"{folder}/{name}/locks", ignore_errors=True)

    return paired(offline, runs, before)


def packages(runs: int) -> None:
    commands = {}
    with tempfile.TemporaryDirectory() as folder:
        for total in (50, 1000):
            url, name = serve(total), f"{total} packages"
            reqs = Path(folder) / f"{total}.txt"
            reqs.write_text("\n".join(f"pkg{number}" for number in range(0, total, 5)))
            commands[name] = [PIN, "lock", "-r", str(reqs), "--cache-dir", f"{folder}/{name}",
                              "--index-url", url]  # fmt: skip
        if Path(UV).exists():
            commands["uv"] = [UV, "pip", "compile", "--no-config", "--quiet", "--no-header",
                              "--no-annotate", str(reqs), "--python", sys.executable,
                              "--cache-dir", f"{folder}/uv", "--default-index", url]  # fmt: skip
            commands["uv, Python looked for"] = look_for_python(commands["uv"])
        medians = anew(commands, folder, runs)
    tell("1,000 packages, warm", medians["1000 packages"] / medians["50 packages"], 15,
         "50 packages")  # fmt: skip
    for base in ("uv", "uv, Python looked for"):
        if base in medians:
            tell("1,000 packages, warm", medians["1000 packages"] / medians[base], 1.0, base)


def versions(runs: int) -> None:
    commands = {}
    with tempfile.TemporaryDirectory() as folder:
        # Some 160 versions are too new: what is older is not looked at.
        for many in (50, 5000):
            reqs = Path(folder) / f"{many}.txt"
            reqs.write_text(f"pkg0<{many - many // 30}\npkg1\n")
            commands[f"{many} versions"] = [
                PIN, "lock", "-r", str(reqs), "--cache-dir", f"{folder}/{many} versions",
                "--index-url", serve(50, many),
            ]  # fmt: skip
        medians = anew(commands, folder, runs)
    tell("5,000 versions of one package, warm", medians["5000 versions"] / medians["50 versions"],
         1.5, "50 versions")  # fmt: skip


def with_releases(folder: Path, wanted: int) -> Path:
    """A catalog of the embedded facts with that many releases."""
    shutil.copytree(EMBEDDED, folder)
    path = folder / "releases.json"
    document = json.loads(path.read_text())
    rows = sorted(
        document["releases"], key=lambda r: [int(n) for n in r["sdk"].split(".")], reverse=True
    )
    listed = [row for row in rows if not row.get("unlisted")][:wanted]
    oldest = listed[-1]
    while len(listed) < wanted:
        sdk = f"1.{5000 - len(listed)}.0"
        members = folder / "members"
        shutil.copy(members / f"{oldest['sdk']}.json", members / f"{sdk}.json")
        listed.append({**oldest, "sdk": sdk})
    document["releases"] = listed
    path.write_text(json.dumps(document))
    return folder


def releases(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        commands = {}
        for count in (50, 1000):
            data = Path(folder) / str(count)
            found = with_releases(data / "neuron-pin" / "catalog", count)
            head = json.loads((found / "catalog.json").read_text())
            head["date"] = "2099-01-01"
            (found / "catalog.json").write_text(json.dumps(head))
            commands[f"{count} releases"] = [
                "env", f"XDG_DATA_HOME={data}", PIN, "lock", "--offline", "--instance", "trn2",
                "--os", "ubuntu24.04",
            ]  # fmt: skip
        medians = paired(commands, runs)
    ratio = medians["1000 releases"] / medians["50 releases"]
    tell("1,000 releases in the catalog", ratio, 1.5, "50 releases")


def main() -> None:
    os.environ.pop("XDG_CACHE_HOME", None)
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    packages(runs)
    versions(runs)
    releases(runs)


if __name__ == "__main__":
    main()
