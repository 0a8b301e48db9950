"""The indexes of one attack: what is on their pages, and where a page may point to."""

from __future__ import annotations

import hashlib
import json
from enum import Enum
from urllib.parse import quote

from .forged import wheel
from .server import Answer, Server

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html"
ESC = "\x1b[31m\x07\x9b5m‮"
"""What must reach no terminal: ANSI and C1 escapes, and a change of direction."""


class Verdict(Enum):
    """What became of an attack."""

    REFUSED = "refused"
    PASSED_OVER = "passed over"
    HELD = "held by the lock"


class World:
    """Two indexes on one server, and files on the disk that a page may point to."""

    def __init__(self, server: Server, folder: str) -> None:
        self.server = server
        self.folder = folder
        self.scheme = f"http://127.0.0.1:{server.plain}"
        self.tls = f"https://127.0.0.1:{server.tls}"

    def put(self, path: str, answer: object) -> None:
        self.server.site[path] = answer  # type: ignore[assignment]

    def file(self, filename: str, data: bytes, **row: object) -> dict[str, object]:
        """A file, and its row for a page: a true hash unless the row says otherwise."""
        path = f"/files/{hashlib.sha256(data).hexdigest()[:8]}/{quote(filename)}"
        self.put(path, Answer(data))
        stated = {"sha256": hashlib.sha256(data).hexdigest()}
        return {"filename": filename, "url": self.scheme + path, "hashes": stated, **row}

    def good(self, name: str = "tool", version: str = "1.0", **row: object) -> dict[str, object]:
        filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        return self.file(filename, wheel(name, version, "GOOD"), **row)

    def evil(
        self, name: str = "tool", version: str = "99.0", filename: str = "", **row: object
    ) -> dict[str, object]:
        filename = filename or f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        return self.file(filename, wheel(name, version, "EVIL"), **row)

    def page(
        self,
        *rows: dict[str, object],
        index: str = "public",
        name: str = "tool",
        **document: object,
    ) -> None:
        body = json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": rows, **document})
        self.put(f"/{index}/simple/{name}/", Answer(body.encode(), JSON))

    def html(self, text: str, *, name: str = "tool", index: str = "public") -> None:
        page = f"<!DOCTYPE html><html><body>{text}</body></html>"
        self.put(f"/{index}/simple/{name}/", Answer(page.encode(), HTML))

    def answer(self, answer: object, *, name: str = "tool") -> None:
        """What the public index answers for a project."""
        self.put(f"/public/simple/{name}/", answer)

    def bad_wheel(self, data: bytes, **row: object) -> None:
        """A page on which everything is as it says, but the wheel is not one."""
        self.page(self.file("tool-1.0-py3-none-any.whl", data, **row))


def anchor(row: dict[str, object], **attributes: str) -> str:
    hashes = row["hashes"]
    assert isinstance(hashes, dict)
    fragment = "".join(f"#{name}={value}" for name, value in hashes.items())
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<a href="{row["url"]}{fragment}"{more}>{row["filename"]}</a>'
