"""Source distributions: what they state of themselves is taken, a build only where allowed."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import failure, page, row, sdist, wheel

from neuron_pin.errors import NoSolution, SourceFailed

BUILD = """
import pathlib
def _write(directory):
    pathlib.Path("/dev/null")
    info = pathlib.Path(directory, "tool-1.0.dist-info")
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\\nName: tool\\nVersion: 1.0\\nRequires-Dist: helper\\n")
    return info.name
def prepare_metadata_for_build_wheel(directory, settings=None):
    return _write(directory)
def build_wheel(directory, settings=None, metadata=None):
    raise SystemExit("not asked for")
def get_requires_for_build_wheel(settings=None):
    return []
"""


def archive(name: str, version: str, data: bytes, suffix: str = ".tar.gz", **changes) -> dict:
    filename = f"{name}-{version}{suffix}"
    hashes = {"sha256": hashlib.sha256(data).hexdigest()}
    return {"filename": filename, "url": f"/{filename}", "hashes": hashes, **changes}


@pytest.fixture
def index(serve):
    """An index with a source distribution, and how to put others there."""
    server = serve()
    page(server, "helper", [row("helper", "1.0")])

    def put(data: bytes, *others: dict, **changes) -> list[str]:
        entry = archive("tool", "1.0", data, **changes)
        body = json.dumps({"files": [*others, entry]}).encode()
        server.answers["/simple/tool/"] = (
            200,
            {"Content-Type": "application/vnd.pypi.simple.v1+json"},
            body,
        )
        server.answers[entry["url"]] = (200, {}, data)
        return ["tool", "--index-url", f"{server.url}/simple"]

    setattr(put, "server", server)  # noqa: B010
    return put


def test_static_metadata_is_as_good_as_a_wheels(run, index, tmp_path: Path) -> None:
    data = sdist("tool", "1.0", "Requires-Dist: helper>=1")
    arguments = index(data)
    pylock, hashed = tmp_path / "pylock.toml", tmp_path / "hashed.txt"
    done = run("lock", *arguments, "-o", pylock)
    assert done.code == 0, done.err
    assert 'name = "tool-1.0.tar.gz"' in pylock.read_text()
    done = run("lock", *arguments, "--generate-hashes", "-o", hashed)
    assert hashlib.sha256(data).hexdigest() in hashed.read_text()
    assert "helper==1.0" in hashed.read_text()
    before = len(index.server.requests)
    assert run("lock", *arguments, "--offline").code == 0
    assert len(index.server.requests) == before


def test_pip_installs_what_was_locked_from_source(run, index, tmp_path: Path) -> None:
    build = BUILD.replace("Metadata-Version: 2.1", "Metadata-Version: 2.2")
    arguments = index(sdist("tool", "1.0", "Requires-Dist: helper", build=build))
    assert run("lock", *arguments, "--generate-hashes", "-o", "c.txt").code == 0
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--isolated", "--dry-run", "--require-hashes",
         "--no-deps", "--ignore-installed", "-r", "c.txt", *arguments[1:]],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Would install helper-1.0 tool-1.0" in done.stdout, done.stderr


def zipped(text: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as found:
        found.writestr("tool-1.0/tests/PKG-INFO", "Metadata-Version: 9")
        found.writestr("tool-1.0/PKG-INFO", text)
    return data.getvalue()


def test_a_zip_archive_is_read_too(run, index) -> None:
    text = "Metadata-Version: 2.4\nName: tool\nVersion: 1.0\nRequires-Dist: helper\n\n"
    arguments = index(zipped(text), suffix=".zip")
    assert "helper==1.0" in run("lock", *arguments).out


# the archive, what is said
LEFT_OPEN = [
    (sdist("tool", "1.0", metadata="2.1"), "its PKG-INFO is of Metadata 2.1"),
    (sdist("tool", "1.0", "Dynamic: Requires-Dist"), "Requires-Dist is dynamic"),
    (sdist("tool", "1.0", "Dynamic: provides-extra"), "Provides-Extra is dynamic"),
    (sdist("tool", "1.0", metadata="x"), "its PKG-INFO is of Metadata x"),
]


@pytest.mark.parametrize(("data", "told"), LEFT_OPEN)
def test_what_a_build_would_have_to_tell_is_put_aside(run, index, data: bytes, told: str) -> None:
    arguments = index(data)
    for more in ([], ["--offline"]):
        done = run("lock", *arguments, *more)
        assert done.code == 1
        assert told in done.err
        assert "NP402" in done.err
        assert "--build tool" in done.err


PROJECT = '[project]\nname = "Tool"\n'
# the pyproject.toml, what is asked for, what is locked beside it
STATED = [
    (PROJECT + 'version = "1.0"\n', "tool", []),
    (PROJECT + 'dependencies = ["helper >= 1"]\ndynamic = ["version"]\n', "tool", ["helper==1.0"]),
    (PROJECT + "dependencies = [\"helper; python_version < '3'\"]\n", "tool", []),
    (PROJECT + '[project.optional-dependencies]\nmore = ["helper"]\n', "tool", []),
    (
        PROJECT + '[project.optional-dependencies]\nmore = ["helper"]\n',
        "tool[more]",
        ["helper==1.0"],
    ),
    (
        PROJECT + "[project.optional-dependencies]\nmore = [\"helper; python_version < '3'\"]\n",
        "tool[more]",
        [],
    ),
]


@pytest.mark.parametrize(("project", "asked", "others"), STATED)
def test_a_project_table_tells_what_old_metadata_leaves_open(
    run, index, project: str, asked: str, others: list[str]
) -> None:
    _, *arguments = index(sdist("tool", "1.0", metadata="2.1", project=project))
    for more in ([], ["--offline"]):
        done = run("lock", asked, *arguments, *more)
        assert done.code == 0, done.err
        pins = [line for line in done.out.splitlines() if "==" in line and line[0] != "#"]
        assert pins == [*others, "tool==1.0"]


# what its build may still change, or what is no table of a project
OPEN_PROJECTS = [
    PROJECT + 'dynamic = ["dependencies"]\n',
    PROJECT + 'dynamic = ["optional-dependencies"]\n',
    PROJECT + 'dynamic = "dependencies"\n',
    PROJECT + '[tool.poetry.dependencies]\nhelper = "*"\n',
    PROJECT + 'dependencies = "helper"\n',
    PROJECT + "dependencies = [1]\n",
    PROJECT + '[project.optional-dependencies]\nmore = "helper"\n',
    PROJECT + '[project.optional-dependencies]\n"more\\nRequires-Dist: helper" = []\n',
    '[project]\nname = "tool\\nRequires-Dist: helper"\n',
    '[project]\nversion = "1.0"\n',
    'project = "tool"\n',
    "[tool.black]\n",
    "[project\n",
]


@pytest.mark.parametrize("project", OPEN_PROJECTS)
def test_what_a_project_table_leaves_open_is_for_a_build_to_tell(run, index, project: str) -> None:
    done = run("lock", *index(sdist("tool", "1.0", metadata="2.1", project=project)))
    assert done.code == 1
    assert "its PKG-INFO is of Metadata 2.1" in done.err
    assert "--build tool" in done.err


def test_a_project_table_of_another_project_is_refused(run, index) -> None:
    project = '[project]\nname = "other"\n'
    done = run("lock", *index(sdist("tool", "1.0", metadata="2.1", project=project)))
    assert "'other'" in failure(done, SourceFailed).problem


def test_an_older_version_with_a_wheel_is_taken_instead(run, index) -> None:
    older = row("tool", "0.9")
    index.server.answers[older["url"]] = (200, {}, wheel("tool", "0.9"))
    assert "tool==0.9" in run("lock", *index(sdist("tool", "1.0", metadata="2.1"), older)).out


def test_no_more_than_two_old_archives_are_fetched_in_vain(run, index) -> None:
    data = sdist("tool", "1.0", metadata="1.2")
    others = [archive("tool", f"0.{n}", data) for n in range(20)]
    for other in others:
        index.server.answers[other["url"]] = (200, {}, data)
    done = run("lock", *index(data, *others))
    assert done.code == 1
    fetched = [path for path, _ in index.server.requests if path.endswith(".gz")]
    assert len(fetched) == 2


REQUIRES = "tool.egg-info/requires.txt"
# headers of PKG-INFO and other files of an archive that leaves it to a build; what has to be built
# by what it states, beside itself; and whether it states anything
NOT_BINDING: list[tuple[list[str], dict[str, str], list[str], bool]] = [
    ([], {}, [], False),
    (["Requires-Dist: other"], {}, ["other"], True),
    (["Requires-Dist: other ; python_version < '3'"], {}, [], True),
    ([], {REQUIRES: "other\n"}, ["other"], True),
    ([], {f"src/{REQUIRES}": "helper\nother\n"}, ["other"], True),
    ([], {REQUIRES: "[:python_version < '3']\nother\n"}, [], True),
    ([], {REQUIRES: "[more]\nother\n"}, [], True),
    ([], {"tool.egg-info/SOURCES.txt": "setup.py\n"}, [], True),
    (["Requires-Dist: helper"], {REQUIRES: "other\n"}, [], True),
    ([], {"requires.txt": "other\n"}, [], False),
    ([], {"pyproject.toml": "[build-system]\n", REQUIRES: "other\n"}, ["other"], True),
    ([], {"pyproject.toml": "[project\n", REQUIRES: "other\n"}, ["other"], True),
]


@pytest.mark.parametrize(("headers", "more", "others", "states"), NOT_BINDING)
def test_what_does_not_bind_a_build_tells_what_else_has_to_be_built(
    run, index, headers: list[str], more: dict[str, str], others: list[str], states: bool
) -> None:
    other = sdist("other", "1.0", "Requires-Dist: helper", metadata="2.1")
    entry = archive("other", "1.0", other)
    page(index.server, "other", [entry])
    index.server.answers[entry["url"]] = (200, {}, other)
    arguments = index(sdist("tool", "1.0", *headers, metadata="2.1", more=more))
    for again in ([], ["--offline"]):
        error = failure(run("lock", *arguments, *again), NoSolution)
        assert error.builds == ("tool", *others)
        assert error.builds_unread == (() if states else ("tool",))
        assert error.builds_stated == (("tool", *others) if states else ())


@pytest.mark.parametrize("text", ["=\n", '[a"b]\nother\n', "a @\n"])
def test_what_is_no_requirement_is_no_reason_to_fail(run, index, text: str) -> None:
    arguments = index(sdist("tool", "1.0", metadata="2.1", more={REQUIRES: text}))
    assert failure(run("lock", *arguments), NoSolution).builds == ("tool",)


def test_what_an_archive_states_under_another_name_is_nothing(run, index) -> None:
    data = sdist("other", "1.0", "Requires-Dist: helper", metadata="2.1")
    error = failure(run("lock", *index(data)), NoSolution)
    assert error.builds == error.builds_unread == ("tool",)


def test_a_build_runs_only_for_a_name_that_is_given(run, index) -> None:
    arguments = index(sdist("tool", "1.0", metadata="2.1", build=BUILD))
    assert run("lock", *arguments, "--build", "other").code == 1
    done = run("lock", *arguments, "--build", "Tool")
    assert done.code == 0, done.err
    assert "helper==1.0" in done.out
    assert "tool" in done.err
    assert "helper==1.0" in run("lock", *arguments, "--build", "tool", "--offline").out
    assert run("lock", *arguments, "--offline").code == 1


# wheels of the same version for other targets, as an index lists them
OTHER_WHEELS = [
    ["tool-1.0-cp38-cp38-manylinux2014_x86_64.whl"],
    ["tool-1.0-cp38-cp38-win_amd64.whl", "tool-1.0-cp38-cp38-manylinux2014_x86_64.whl"],
    ["tool-1.0-cp38-cp38-win_amd64.whl"],
    ["tool-1.0-cp39-cp39-manylinux2014_s390x.whl", "tool-1.0-cp38-cp38-manylinux2014_x86_64.whl"],
    [
        "tool-1.0-pp39-pypy39_pp73-manylinux2014_x86_64.whl",
        "tool-1.0-cp38-cp38-manylinux2014_x86_64.whl",
    ],
    [
        "tool-1.0-cp27-cp27mu-manylinux2014_x86_64.whl",
        "tool-1.0-cp39-cp39-manylinux2014_x86_64.whl",
        "tool-1.0-cp310-cp310-manylinux2014_x86_64.whl",
    ],
]


@pytest.mark.parametrize("filenames", OTHER_WHEELS)
def test_a_wheel_for_another_target_spares_an_allowed_build(
    run, index, filenames: list[str]
) -> None:
    data = wheel("tool", "1.0", ("helper",))
    others = [row("tool", "1.0", filename=name, url=f"/{name}") for name in filenames]
    for other in others:
        index.server.answers[other["url"]] = (200, {}, data)
    broken = sdist("tool", "1.0", metadata="2.1", build="raise SystemExit('broken')")
    arguments = index(broken, *others)
    assert run("lock", *arguments).code == 1
    before = len(index.server.requests)
    for more in ([], ["--offline"]):
        done = run("lock", *arguments, "--build", "tool", *more)
        assert done.code == 0, done.err
        assert "helper==1.0" in done.out
        assert f"from its wheel {filenames[-1]}" in done.err
    read = [path for path, _ in index.server.requests[before:] if path.endswith(".whl")]
    assert {*read} <= {f"/{filenames[-1]}", "/helper-1.0-py3-none-any.whl"}


def test_a_wheel_for_python_2_says_nothing_of_python_3(run, index) -> None:
    """What it requires may be backports alone."""
    old = row("tool", "1.0", filename="tool-1.0-py2-none-any.whl", url="/tool-1.0-py2-none-any.whl")
    index.server.answers[old["url"]] = (200, {}, wheel("tool", "1.0", ("enum34",)))
    arguments = index(sdist("tool", "1.0", metadata="2.1", build=BUILD), old)
    done = run("lock", *arguments, "--build", "tool")
    assert done.code == 0, done.err
    assert "told by its build" in done.err


def test_a_build_that_fails_says_why(run, index) -> None:
    done = run(
        "lock", *index(sdist("tool", "1.0", metadata="2.1", build="raise SystemExit('broken')")),
        "--build", "tool",
    )  # fmt: skip
    assert "broken" in failure(done, SourceFailed).message + failure(done, SourceFailed).hint


def test_an_archive_that_is_not_what_the_index_says_is_refused(run, index, tmp_path: Path) -> None:
    arguments = index(sdist("tool", "1.0"), hashes={"sha256": "0" * 64})
    done = run("lock", *arguments)
    assert "hash" in failure(done, SourceFailed).problem
    done = run("lock", *index(sdist("tool", "2.0")), "--refresh")
    assert "'2.0'" in failure(done, SourceFailed).problem
    done = run("lock", *index(b"no archive"), "--refresh")
    assert "distribution" in failure(done, SourceFailed).problem
