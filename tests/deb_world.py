"""An apt repository of packages without content, for tests of what a lock chooses from it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple


class Deb(NamedTuple):
    name: str
    version: str
    fields: dict[str, str] = {}  # noqa: RUF012


def debs(folder: Path, packages: list[Deb]) -> str:
    """A repository that is taken as it is."""
    stanzas = []
    for package in packages:
        fields = {"Package": package.name, "Version": package.version, "Architecture": "amd64",
                  "Filename": f"pool/{package.name}.deb", "Size": "1", **package.fields}  # fmt: skip
        stanzas.append("".join(f"{key}: {value}\n" for key, value in fields.items()))
    body = "\n".join(stanzas).encode()
    suite = folder / "dists" / "jammy"
    (suite / "main/binary-amd64").mkdir(parents=True)
    (suite / "main/binary-amd64/Packages").write_bytes(body)
    digest = hashlib.sha256(body).hexdigest()
    (suite / "Release").write_text(f"SHA256:\n {digest} {len(body)} main/binary-amd64/Packages\n")
    return f"[trusted=yes] {folder.as_uri()} jammy main"
