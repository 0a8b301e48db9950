"""What a package index may try: a table of attacks, each with what it is and what is expected.

A case fills two indexes, ``neuron`` (trusted for Neuron's names) and ``public``, and says what is
asked for.  Files hold the word GOOD or EVIL, so that it can be seen what was installed.
"""

from __future__ import annotations

import bz2
import hashlib
import json
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from typing import NamedTuple

from .forged import (
    INFO,
    TEXT,
    ZSTD_BLOCK,
    archive,
    big,
    gzip_bomb,
    metadata,
    repacked,
    sdist,
    special,
    tar_bomb,
    wheel,
    with_size,
    zstd,
)  # fmt: skip
from .server import PAGE, Answer, drips, floods, hangs, sends
from .world import ESC, HTML, JSON, Verdict, World, anchor


class Case(NamedTuple):
    """One attack: how the indexes are filled, what is asked for, and what is to come of it."""

    group: str
    name: str
    fill: Callable[[World], None]
    expected: Verdict
    wanted: str = "tool"
    tls: bool = False


CASES: list[Case] = []


def case(
    group: str, name: str, expected: Verdict, *, wanted: str = "tool", tls: bool = False
) -> Callable[[Callable[[World], None]], Callable[[World], None]]:
    def add(fill: Callable[[World], None]) -> Callable[[World], None]:
        CASES.append(Case(group, name, fill, expected, wanted, tls))
        return fill

    return add


def cases(
    group: str,
    expected: Verdict,
    made: dict[str, Callable[[World], None]],
    *,
    wanted: str = "tool",
    tls: bool = False,
) -> None:
    for name, fill in made.items():
        CASES.append(Case(group, name, fill, expected, wanted, tls))


REFUSED, PASSED_OVER, HELD = Verdict.REFUSED, Verdict.PASSED_OVER, Verdict.HELD

# Names, on a public index beside Neuron's ------------------------------------------------------

NEURON = "torch-neuronx"
LISTED = "2.9.0.2.13.26312"


def beside(version: str, filename: str = "") -> Callable[[World], None]:
    """A decoy on the public index, beside the real one on Neuron's."""

    def fill(world: World) -> None:
        world.page(world.good(NEURON, LISTED), index="neuron", name=NEURON)
        world.page(world.evil(NEURON, version, filename), name=NEURON)

    return fill


cases(
    "names",
    PASSED_OVER,
    {
        "decoy of a higher version": beside("99.0"),
        "decoy of the same version": beside(LISTED),
        "decoy with a local version": beside(f"{LISTED}+evil"),
        "decoy as a post-release": beside(f"{LISTED}.post1"),
        "decoy with an epoch": beside("1!1.0"),
        "decoy with dots in its name": beside("99.0", "torch.neuronx-99.0-py3-none-any.whl"),
        "decoy in capitals": beside("99.0", "TORCH_NeuronX-99.0-py3-none-any.whl"),
        "decoy with a build tag": beside("99.0", "torch_neuronx-99.0-1-py3-none-any.whl"),
    },
    wanted=NEURON,
)


def one_more(
    row: Callable[[World], dict[str, object]], **document: object
) -> Callable[[World], None]:
    """The good version 1.0, and one more file."""
    return lambda world: world.page(world.good(), row(world), **document)


cases(
    "names",
    PASSED_OVER,
    {
        "another project's wheel": one_more(lambda w: w.evil("evil", "99.0")),
        "a name that ours begins": one_more(lambda w: w.evil("tool-extra", "99.0")),
        "a homoglyph for a letter": one_more(lambda w: w.evil(filename="tооl-99.0-py3-none-any.whl")),
        "full-width digits": one_more(lambda w: w.evil(filename="tool-\uff19\uff19.0-py3-none-any.whl")),
        "a line's end in the version": one_more(lambda w: w.evil(filename="tool-99.0\n-py3-none-any.whl")),
        "a version of 5,000 digits": one_more(
            lambda w: w.evil(filename=f"tool-{'9' * 5000}-py3-none-any.whl")
        ),
        "a yanked version": one_more(lambda w: w.evil(yanked="bad")),
        "a pre-release": one_more(lambda w: w.evil(version="99.0rc1")),
        "for another platform": one_more(lambda w: w.evil(filename="tool-99.0-py3-none-win32.whl")),
    },
)  # fmt: skip


@case("names", "wheel calls itself another", REFUSED)
def _(world: World) -> None:
    world.page(world.file("tool-1.0-py3-none-any.whl", archive((INFO, metadata("evil", "1.0")))))


@case("names", "wheel calls itself another version", REFUSED)
def _(world: World) -> None:
    world.page(world.file("tool-1.0-py3-none-any.whl", archive((INFO, metadata("tool", "99.0")))))


@case("names", "quarantined project", REFUSED)
def _(world: World) -> None:
    world.page(world.evil(), **{"project-status": {"status": "quarantined"}})


# Hashes ------------------------------------------------------------------------------------


def with_metadata(world: World, text: str, digest: str = "", **row: object) -> None:
    """A wheel whose metadata is served beside it (PEP 658)."""
    made = world.evil(version="1.0", **row)
    path = str(made["url"]).removeprefix(world.scheme)
    world.put(f"{path}.metadata", Answer(text.encode(), "text/plain"))
    stated = digest or hashlib.sha256(text.encode()).hexdigest()
    world.page({**made, "core-metadata": {"sha256": stated}})


def switched(first: bytes, then: bytes, **row: object) -> Callable[[World], None]:
    def fill(world: World) -> None:
        made = world.file("tool-1.0-py3-none-any.whl", first, **row)
        world.put(str(made["url"]).removeprefix(world.scheme), Answer(then))
        world.page(made)

    return fill


cases(
    "hashes",
    REFUSED,
    {
        "metadata with another hash": lambda w: with_metadata(w, metadata("tool", "1.0"), "0" * 64),
        "metadata of another project": lambda w: with_metadata(w, metadata("evil", "1.0")),
        "metadata of another version": lambda w: with_metadata(w, metadata("tool", "0.9")),
        "no ranges, and another hash": lambda w: (
            switched(wheel("tool", "1.0", "GOOD"), wheel("tool", "1.0", "EVIL"))(w),
            w.server.site.update({
                path: answer._replace(ranges=False)
                for path, answer in w.server.site.items()
                if isinstance(answer, Answer)
            }),
        )[0],
        "only an MD5, a wrong one": switched(
            wheel("tool", "1.0", "GOOD"), wheel("tool", "1.0", "EVIL"), hashes={"md5": "0" * 32}
        ),
        "a hash that is none": lambda w: w.page(w.evil(version="1.0", hashes={"sha256": "zz"})),
    },
)  # fmt: skip

cases(
    "hashes",
    HELD,
    {
        "right MD5 and wrong SHA-256": lambda w: w.page(
            w.evil(
                version="1.0",
                hashes={
                    "sha256": "0" * 64,
                    "md5": hashlib.md5(wheel("tool", "1.0", "EVIL")).hexdigest(),
                },
            )
        ),
        "file with another hash": switched(
            wheel("tool", "1.0", "GOOD"), wheel("tool", "1.0", "EVIL")
        ),
        "metadata right, file with another hash": lambda w: with_metadata(
            w, metadata("tool", "1.0"), hashes={"sha256": "0" * 64}
        ),
    },
)


@case("hashes", "file is another at the second request", HELD)
def _(world: World) -> None:
    # Without a stated hash the first that is seen counts.
    row = world.good(hashes={})
    path = str(row["url"]).removeprefix(world.scheme)
    good, evil = (
        Answer(wheel("tool", "1.0", "GOOD"), ranges=False),
        Answer(wheel("tool", "1.0", "EVIL")),
    )
    world.put(path, [good, good, good, evil])
    world.page(row)


# Where it leads --------------------------------------------------------------------------------


def redirect(to: str, status: str = "302 Found") -> Answer:
    return Answer(b"", HTML, status, (("Location", to),))


def chain(world: World) -> None:
    for number in range(60):
        world.put(f"/hop/{number}", redirect(f"/hop/{number + 1}"))
    world.answer(redirect("/hop/0"))


def local_file(world: World) -> str:
    path = os.path.join(world.folder, "tool-99.0-py3-none-any.whl")
    with open(path, "wb") as stream:
        stream.write(wheel("tool", "99.0", "EVIL"))
    return f"file://{path}"


cases(
    "where it leads",
    REFUSED,
    {
        "redirects in a circle": lambda w: w.answer(redirect("/public/simple/tool/")),
        "60 redirects": chain,
        "redirect to a file": lambda w: w.answer(redirect("file:///etc/passwd")),
        "redirect to ftp": lambda w: w.answer(redirect("ftp://127.0.0.1/")),
        "redirect to no address": lambda w: w.answer(redirect("http://[evil")),
        "a port that is no number": lambda w: w.page(w.evil(url="https://127.0.0.1:evil/tool.whl")),
        "redirect to a closed port": lambda w: w.answer(redirect("http://127.0.0.1:1/")),
        "wheel redirects to a file": lambda w: (
            w.page(row := w.good()),
            w.put(str(row["url"]).removeprefix(w.scheme), redirect(local_file(w))),
        )[0],
        "page at an open connection": lambda w: w.answer(
            redirect(f"http://0.0.0.0:{w.server.plain}/x")
        ),
    },
)
cases(
    "where it leads",
    PASSED_OVER,
    {
        "a file of this machine": one_more(lambda w: w.evil(url=local_file(w))),
        "a file of this machine, in HTML": lambda w: w.html(
            anchor(w.good()) + f'<a href="{local_file(w)}">tool-99.0-py3-none-any.whl</a>'
        ),
        "a base that is this machine": lambda w: w.html(
            f'<base href="{local_file(w).rpartition("/")[0]}/">'
            + anchor(w.good())
            + '<a href="tool-99.0-py3-none-any.whl">tool-99.0-py3-none-any.whl</a>'
        ),
        "an address with broken brackets": one_more(lambda w: w.evil(url="https://[evil/tool.whl")),
        "an address of javascript": one_more(lambda w: w.evil(url="javascript:alert(1)")),
    },
)
cases(
    "where it leads",
    PASSED_OVER,
    {"TLS page points to an open file": lambda w: w.page(
        {**w.good(), "url": str(w.good()["url"]).replace(w.scheme, w.tls)}, w.evil()
    )},
    tls=True,
)  # fmt: skip
cases(
    "where it leads",
    REFUSED,
    {"TLS page redirects to an open one": lambda w: (
        w.put("/open/", Answer(json.dumps({"files": [w.evil()]}).encode(), JSON)),
        w.answer(redirect(f"{w.scheme}/open/")),
    )[0]},
    tls=True,
)  # fmt: skip

# HTML ------------------------------------------------------------------------------------------

cases(
    "HTML",
    PASSED_OVER,
    {
        "in a comment": lambda w: w.html(anchor(w.good()) + f"<!-- {anchor(w.evil())} -->"),
        "in a script": lambda w: w.html(anchor(w.good()) + f"<script>{anchor(w.evil())}</script>"),
        "in an attribute": lambda w: w.html(
            anchor(w.good()) + f"<p title='{anchor(w.evil())}'></p>"
        ),
        "text is good, address evil": lambda w: w.html(
            anchor(w.good()) + anchor({**w.evil("evil", "99.0"), "filename": "tool-99.0-py3-none-any.whl"})
        ),
        "path climbs out": lambda w: w.html(
            anchor(w.good()) + '<a href="/files/..%2f..%2f..%2fetc%2ftool-99.0-py3-none-any.whl">x</a>'
        ),
        "name with a zero byte": lambda w: w.html(
            anchor(w.good()) + '<a href="/files/tool-99.0%00-py3-none-any.whl">x</a>'
        ),
        "brackets for a host": lambda w: w.html(anchor(w.good()) + '<a href="//[x/tool-99.0-py3-none-any.whl">x</a>'),
        "yanked in HTML": lambda w: w.html(anchor(w.good()) + anchor(w.evil(), data_yanked="")),
    },
)  # fmt: skip
cases(
    "HTML",
    REFUSED,
    {
        "marked section of SGML": lambda w: w.html("<![CDx[ x ]]>"),
        "200,001 links": lambda w: w.html("<a href=x>x</a>" * 200_001),
        "two million open brackets": lambda w: w.html("<" * 2_000_000),
        "a tag without end, of 8 MB": lambda w: w.html("<a href='" + "x" * 8_000_000),
        "a million unfinished tags": lambda w: w.html("<a " * 1_000_000),
        "a million unfinished comments": lambda w: w.html("<!--" * 1_000_000),
        "a million unfinished declarations": lambda w: w.html("<!a" * 1_000_000),
        "a million unfinished references": lambda w: w.html("<a>" + "&#x" * 1_000_000),
        "a newer API": lambda w: w.html('<meta name="pypi:repository-version" content="2.0">' + anchor(w.evil())),
        "UTF-16": lambda w: w.answer(Answer(anchor(w.evil()).encode("utf-16"), HTML)),
    },
)  # fmt: skip

# JSON ------------------------------------------------------------------------------------------


def document(text: str | bytes) -> Callable[[World], None]:
    data = text if isinstance(text, bytes) else text.encode()
    return lambda world: world.answer(Answer(data, JSON))


cases(
    "JSON",
    REFUSED,
    {
        "200,000 brackets deep": document("[" * 200_000),
        "200,000 objects deep": document('{"a":' * 200_000),
        "cut off": document('{"files": ['),
        "a number of 5,000 digits": document('{"files": [], "x": ' + "9" * 5000 + "}"),
        "files is an object": document('{"files": {"a": 1}}'),
        "null": document("null"),
        "a newer API": document('{"meta": {"api-version": "2.0"}, "files": []}'),
        "200,001 files": document('{"files": [' + "{}," * 200_001 + "{}]}"),
        "bytes that are no text": document(b'{"files": ["\xff\xfe"]}'),
        "an empty answer": document(""),
        "HTML that says it is JSON": document("<html></html>"),
        "of no type": lambda w: w.answer(Answer(b"x", "image/png")),
    },
)
cases(
    "JSON",
    PASSED_OVER,
    {
        "a file name that climbs out": one_more(
            lambda w: w.evil(filename="../../../../tmp/tool-99.0-py3-none-any.whl")
        ),
        "an absolute file name": one_more(
            lambda w: w.evil(filename="/etc/tool-99.0-py3-none-any.whl")
        ),
        "a file name of 400 letters": one_more(
            lambda w: w.evil(filename=f"tool-99.0-{'9' * 400}-py3-none-any.whl")
        ),
        "rows of other kinds": lambda w: w.page(
            w.good(), *({"filename": f, "url": u} for f in (None, 1, []) for u in (None, {}, "x"))
        ),
    },
)

# Sizes and time --------------------------------------------------------------------------------


def encoded(data: Callable[[], bytes], coding: str) -> Callable[[World], None]:
    return lambda world: world.answer(Answer(data(), JSON, headers=(("Content-Encoding", coding),)))


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n"
HEAD_AND_MORE = b"HTTP/1.1 200 OK\r\n"


def wheel_answers(behaviour: object) -> Callable[[World], None]:
    def fill(world: World) -> None:
        row = world.good()
        world.put(str(row["url"]).removeprefix(world.scheme), behaviour)
        world.page(row)

    return fill


cases(
    "sizes and time",
    REFUSED,
    {
        "gzip bomb of 600 MB": encoded(gzip_bomb, "gzip"),
        "gzip in gzip": encoded(lambda: gzip_bomb(2), "gzip, gzip"),
        "gzip, twenty times": encoded(lambda: gzip_bomb(3), ", ".join(["gzip"] * 20)),
        "zstd bomb of 600 MB": encoded(lambda: zstd(4600), "zstd"),
        "damaged gzip": encoded(lambda: b"no", "gzip"),
        "endless page": lambda w: w.answer(floods(PAGE + b"\r\n", b"<a href=x>x</a>" * 4000)),
        "endless chunks": lambda w: w.answer(floods(CHUNKED, b"ffff\r\n" + b"x" * 65535 + b"\r\n")),
        "endless header": lambda w: w.answer(floods(HEAD_AND_MORE + b"A: ", b"x" * 65536)),
        "endless headers": lambda w: w.answer(floods(HEAD_AND_MORE, b"A: b\r\n" * 4000)),
        "endless wheel": wheel_answers(floods(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536)),
        "endless redirect": lambda w: w.answer(
            floods(b"HTTP/1.1 302 Found\r\nLocation: /public/simple/tool/\r\n\r\n", b"x" * 65536)
        ),
        "drips its status": lambda w: w.answer(drips(b"HTTP/1.1 ")),
        "drips a header": lambda w: w.answer(drips(HEAD_AND_MORE + b"A: ")),
        "drips a page": lambda w: w.answer(drips(PAGE + b"\r\n")),
        "drips a chunk": lambda w: w.answer(drips(CHUNKED + b"ffff\r\n")),
        "drips a wheel": wheel_answers(drips(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")),
        "never answers": lambda w: w.answer(hangs),
        "asks to wait a day": lambda w: w.answer(
            Answer(b"", HTML, "429 Too Many Requests", (("Retry-After", "86400"),))
        ),
        "is cut off": lambda w: w.answer(sends(PAGE + b"Content-Length: 9999\r\n\r\n<a>")),
        "negative length": lambda w: w.answer(sends(PAGE + b"Content-Length: -1\r\n\r\n<a")),
        "length of 5,000 digits": lambda w: w.answer(
            sends(PAGE + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n<a>")
        ),
        "chunk size that is none": lambda w: w.answer(sends(CHUNKED + b"zz\r\n<a>\r\n")),
        "no HTTP": lambda w: w.answer(sends(b"220 smtp.invalid\r\n" * 20)),
        "closes at once": lambda w: w.answer(sends(b"")),
    },
)  # fmt: skip

# Wheels ----------------------------------------------------------------------------------------


def lies(data: Callable[[], bytes]) -> Callable[[World], None]:
    return lambda world: world.bad_wheel(data())


cases(
    "wheels",
    REFUSED,
    {
        "METADATA of 300 MB": lies(lambda: archive((INFO, big()), method=zipfile.ZIP_DEFLATED)),
        "METADATA of 300 MB that says 100 bytes": lies(
            lambda: with_size(archive((INFO, big()), method=zipfile.ZIP_DEFLATED), 100)
        ),
        "METADATA of 300 MB by bzip2": lies(
            lambda: repacked(12, bz2.compress(big()), len(big()), big())
        ),
        "METADATA of 300 MB by LZMA": lies(
            lambda: archive((INFO, big()), method=zipfile.ZIP_LZMA)
        ),
        "METADATA of 300 MB by xz": lies(
            lambda: repacked(95, lzma.compress(big(), preset=0), len(big()), big())
        ),
        "METADATA of 300 MB by zstd": lies(
            lambda: repacked(93, zstd(2300), ZSTD_BLOCK * 2300, b"")
        ),
        "METADATA twice": lies(lambda: archive((INFO, TEXT), (INFO, metadata("tool", "1.0", "Requires-Dist: evil")))),
        "two dist-info": lies(lambda: archive((INFO, TEXT), ("tool-2.dist-info/METADATA", TEXT))),
        "no METADATA": lies(lambda: archive(("tool/__init__.py", ""))),
        "another's METADATA": lies(lambda: wheel("evil", "1.0", "EVIL")),
        "says to be encrypted": lies(
            lambda: archive((INFO, TEXT)).replace(b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1")
        ),
        "a size of 4 GB": lies(lambda: with_size(archive((INFO, TEXT)), 4_000_000_000)),
        "two archives in one": lies(lambda: archive((INFO, TEXT)) + archive((INFO, metadata("tool", "1.0", "Requires-Dist: evil")))),
        "no archive": lies(lambda: b"no archive"),
        "an empty file": lies(lambda: b""),
        "Name twice": lies(lambda: archive((INFO, TEXT.replace("Version", "Name: evil\nVersion")))),
        "METADATA of random bytes": lies(lambda: archive((INFO, bytes(range(256)) * 40))),
    },
)  # fmt: skip


def needing(*lines: str) -> Callable[[World], None]:
    def fill(world: World) -> None:
        data = wheel("tool", "1.0", "GOOD", *lines)
        world.page(world.file("tool-1.0-py3-none-any.whl", data))
        world.page(world.good("evil", "1.0"), name="evil")

    return fill


cases(
    "requirements",
    REFUSED,
    {
        "on a name that is not there": needing("Requires-Dist: not-there"),
        "by URL of this machine": lambda w: needing(f"Requires-Dist: other @ {local_file(w)}")(w),
        "by URL of another host": needing(
            "Requires-Dist: other @ https://127.0.0.1:1/other-1.0-py3-none-any.whl"
        ),
        "of a version that is not there": needing("Requires-Dist: evil>2"),
    },
)
cases(
    "requirements",
    PASSED_OVER,
    {
        "a name with a homoglyph": needing("Requires-Dist: еvil"),
        "50,000 lines": needing(*(f"Requires-Dist: evil; extra == 'x{n}'" for n in range(50_000))),
        "a marker 5,000 brackets deep": needing(
            f"Requires-Dist: evil; {'(' * 5000}python_version < '3'{')' * 5000}"
        ),
        "a specifier of 20,000 parts": needing(
            "Requires-Dist: evil" + ",".join(f">=0.{n}" for n in range(20_000)) + "; python_version < '3'"
        ),
        "a marker without meaning": needing("Requires-Dist: evil; python_version < '3' and extra === 'x'"),
        "a line of 4 MB": needing("Summary: " + "x" * 4_000_000),
    },
)  # fmt: skip

# Source distributions --------------------------------------------------------------------------


def source(data: Callable[[], bytes]) -> Callable[[World], None]:
    return lambda world: world.page(world.file("tool-9.0.tar.gz", data()))


cases(
    "source distributions",
    REFUSED,
    {
        "set-up that runs code": source(lambda: sdist("tool", "9.0")),
        "PKG-INFO is a link": source(lambda: special(tarfile.SYMTYPE, "/etc/passwd")),
        "PKG-INFO is a device": source(lambda: special(tarfile.CHRTYPE, "")),
        "PKG-INFO of 600 MB": source(tar_bomb),
        "no archive": source(lambda: b"no archive"),
        "PKG-INFO of another project": source(
            lambda: sdist("tool", "9.0", pkg_info="Metadata-Version: 2.2\nName: evil\nVersion: 9.0\n")
        ),
    },
)  # fmt: skip

# Escapes: in every field that an index fills ---------------------------------------------------

cases(
    "escapes",
    REFUSED,
    {
        "in a content type": lambda w: w.answer(Answer(b"x", f"text/{ESC}")),
        "in a status": lambda w: w.answer(Answer(b"", HTML, f"418 {ESC}")),
        "in an error's body": lambda w: w.answer(Answer(ESC.encode(), HTML, "403 No")),
        "in a redirect": lambda w: w.answer(redirect(f"http://127.0.0.1:1/{ESC}")),
        "in a project's status": lambda w: w.page(
            w.evil(), **{"project-status": {"status": "quarantined", "reason": ESC}}
        ),
        "in METADATA's name": lambda w: w.bad_wheel(archive((INFO, metadata(f"tool{ESC}", "1.0")))),
        "in METADATA's version": lambda w: w.bad_wheel(archive((INFO, metadata("tool", f"1.0{ESC}")))),
        "in an API version": document(json.dumps({"meta": {"api-version": ESC}, "files": []})),
        "in an address": lambda w: w.page(w.evil(url=f"{w.scheme}/{ESC}")),
        "in a hash": lambda w: w.page(w.evil(version="1.0", hashes={"sha256": ESC})),
    },
)  # fmt: skip
cases(
    "escapes",
    PASSED_OVER,
    {
        "in a file name": one_more(lambda w: w.evil(filename=f"tool-99.0{ESC}-py3-none-any.whl")),
        "in a reason for yanking": lambda w: w.page(w.good(yanked=ESC)),
        "in Requires-Python": lambda w: w.page(w.good(**{"requires-python": f">=3{ESC}"})),
        "in a requirement": needing(f"Requires-Dist: {ESC}evil"),
        "in a requirement by URL": needing(f"Requires-Dist: tool @ https://x.invalid/{ESC}"),
        "in a reason for deprecation": lambda w: w.page(
            w.good(), **{"project-status": {"status": "deprecated", "reason": ESC}}
        ),
        "in an upload time": lambda w: w.page(w.good(**{"upload-time": f"2026{ESC}"})),
    },
)  # fmt: skip
for _number, _case in enumerate(CASES):
    if _case.name == "in a reason for yanking":
        # What is asked for by an exact pin is taken, and said to be yanked.
        CASES[_number] = _case._replace(wanted="tool==1.0")
