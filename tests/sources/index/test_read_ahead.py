"""What is read ahead follows what is known by then, and changes no answer."""

from __future__ import annotations

import threading
from pathlib import Path

from conftest import publish, wheel

PROJECTS: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "first": [("1.0", ("shared>=1",))],
    "second": [("1.0", ("shared<2",))],
    "shared": [("2.0", ("of-two",)), ("1.0", ())],
    "of-two": [("1.0", ())],
}
WAIT = 20
"""Seconds after which an answer is given whatever was asked."""


def test_what_a_version_requires_is_not_read_once_a_range_excludes_it(
    run, serve, tmp_path: Path
) -> None:
    """``shared`` 2.0 is probable until ``second`` has been read; its wheel comes after that."""
    server = serve()
    publish(server, PROJECTS, as_json=False)
    older, newer = threading.Event(), threading.Event()
    files = {path.rpartition("/")[2]: path for path in server.answers if path.endswith(".whl")}

    def answer(name: str, version: str, *, says=None, after=None) -> None:
        def give(handler: object) -> tuple[int, dict[str, str], bytes]:
            if says is not None:
                says.set()
            if after is not None:
                assert after.wait(WAIT)
            return 200, {}, wheel(name, version, dict(PROJECTS[name])[version])

        server.answers[files[f"{name}-{version}-py3-none-any.whl"]] = give

    answer("second", "1.0", after=newer)
    answer("shared", "2.0", says=newer, after=older)
    answer("shared", "1.0", says=older)
    done = run(
        "lock", "first", "second", "--python", "3.11", "--index-url", f"{server.url}/simple",
        "-o", "constraints.txt",
    )  # fmt: skip
    assert done.code == 0, done
    assert "shared==1.0" in Path("constraints.txt").read_text()
    asked = {path for path, _ in server.requests}
    assert files["shared-2.0-py3-none-any.whl"] in asked
    assert "/simple/of-two/" not in asked
