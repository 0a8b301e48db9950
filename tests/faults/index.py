"""An index of a few projects on this machine, and a lock of them: a run that fills the cache."""

from __future__ import annotations

import hashlib
import json

from conftest import wheel

from .server import Answer, Server

JSON = "application/vnd.pypi.simple.v1+json"
LOCKED = ("a.txt", "a.json", "pylock.toml")
NEEDS = {
    "first": ("second>=1", "third"), "second": ("third<2",), "third": (), "fourth": ("first",),
}  # fmt: skip


def publish(server: Server) -> None:
    """Put a few projects that need each other on a server, without metadata files."""
    for name, requires in NEEDS.items():
        rows = []
        for version in ("1.0", "1.1"):
            filename, data = f"{name}-{version}-py3-none-any.whl", wheel(name, version, requires)
            server.site[f"/files/{filename}"] = Answer(data)
            rows.append({
                "filename": filename, "url": f"{server.url}/files/{filename}",
                "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
            })  # fmt: skip
        document = {"meta": {"api-version": "1.1"}, "name": name, "files": rows}
        server.site[f"/simple/{name}/"] = Answer(json.dumps(document).encode(), JSON)


def index_lock(server: Server) -> tuple[str, ...]:
    return (
        "lock", "fourth", "--python", "3.11", "--as-of", "2026-03-01", "--index-url",
        f"{server.url}/simple/", "--generate-hashes", "--timeout", "3", "--upgrade",
        *(word for name in LOCKED for word in ("-o", name)),
    )  # fmt: skip
