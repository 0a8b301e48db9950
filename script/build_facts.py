"""Builds the feed of facts of ``script/facts``, whose comment says what it is.

Exit codes: 0 built; 1 the facts are not those that their SHA256SUMS states, or cannot be right; 2
wrong usage, or gpg fails.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
from datetime import datetime, time, timezone
from pathlib import Path

from neuron_pin.audit import Severity
from neuron_pin.audit.catalog_lint import lint_facts
from neuron_pin.catalog import Catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.catalog.importer.checksums import SUMS, render_sums, verify_facts
from neuron_pin.errors import NeuronPinError
from neuron_pin.sources.feed.facts_head import ARCHIVE, HEAD


def read_facts(folder: str, revision: int | None) -> dict[str, str]:
    """The files of a catalog by their path, with the sums that they have; raises `NeuronPinError`
    for facts that are not right."""
    verify_facts(folder)
    wrong = [f for f in lint_facts(Catalog(folder)) if f.severity is Severity.ERROR]
    if wrong:
        raise NeuronPinError(f"{wrong[0].subject}: {wrong[0].reason} ({wrong[0].rule.identifier})")
    place = Path(folder)
    texts = {
        path.relative_to(place).as_posix(): path.read_text(encoding="utf-8")
        for path in place.rglob("*")
        if path.is_file() and path.suffix == ".json"
    }
    if revision is not None:
        head = {**json.loads(texts["catalog.json"]), "revision": revision}
        texts["catalog.json"] = json.dumps(head, indent=1) + "\n"
    return {**texts, SUMS: render_sums(texts)}


def pack(texts: dict[str, str], when: int) -> bytes:
    """The files as a tar archive packed with gzip, all of one time, in seconds since the epoch."""
    data = io.BytesIO()
    # The file's name would be in the header of gzip, and its time.
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=data, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name in sorted(texts):
            content = texts[name].encode()
            member = tarfile.TarInfo(f"facts/{name}")
            member.size, member.mtime, member.mode = len(content), when, 0o644
            archive.addfile(member, io.BytesIO(content))
    return data.getvalue()


def describe(texts: dict[str, str], archive: bytes) -> str:
    """``facts.json``: what the facts are of, and the archive that has them."""
    head = json.loads(texts["catalog.json"])
    document = {
        "schema": head["schema"],
        "version": head["version"],
        "date": head["date"],
        "announcements": head["announcements"],
        "revision": head.get("revision", 0),
        "archive": ARCHIVE,
        "size": len(archive),
        "sha256": hashlib.sha256(archive).hexdigest(),
    }
    return json.dumps(document, indent=1) + "\n"


def sign(path: Path, key: str) -> None:
    """A detached signature beside a file."""
    command = ["gpg", "--batch", "--yes", "--armor", "--local-user", key]
    target = ["--output", f"{path}.asc", "--detach-sign", str(path)]
    subprocess.run([*command, *target], check=True)


def main(arguments: list[str]) -> int:
    """Build, and sign where a key is given."""
    parser = argparse.ArgumentParser(prog="script/facts", allow_abbrev=False)
    parser.add_argument("--key", metavar="KEY", help="sign with this key of gpg")
    parser.add_argument("--revision", metavar="N", type=int, help="the revision of the facts")
    parser.add_argument("--folder", metavar="DIR", default="build/facts", help="where to build")
    options = parser.parse_args(arguments)
    if options.revision is not None and options.revision < 0:
        parser.error("--revision: a number from 0 on")
    try:
        texts = read_facts(EMBEDDED, options.revision)
    except NeuronPinError as error:
        print(f"script/facts: {error.message}", file=sys.stderr)
        return 1
    day = max(Catalog(EMBEDDED).date, Catalog(EMBEDDED).announced)
    when = int(datetime.combine(day, time(), timezone.utc).timestamp())
    archive = pack(texts, when)
    head = describe(texts, archive)
    files = {ARCHIVE: archive, HEAD: head.encode()}
    rows = sorted((name, hashlib.sha256(data).hexdigest()) for name, data in files.items())
    files[SUMS] = "".join(f"{digest}  {name}\n" for name, digest in rows).encode()
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        # A signature of what was built before is none of this.
        (folder / f"{name}.asc").unlink(missing_ok=True)
        (folder / name).write_bytes(data)
    if options.key:
        try:
            for name in (SUMS, ARCHIVE):
                sign(folder / name, options.key)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"script/facts: gpg does not sign: {error}", file=sys.stderr)
            return 2
    for name in sorted(path.name for path in folder.iterdir()):
        print(folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
