"""What is no lock ends with exit code 2 and its place; what is hostile ends, too."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import FIXTURES, failure
from hypothesis import given, settings
from hypothesis import strategies as st

from neuron_pin.errors import UnreadableInput
from neuron_pin.verify import lock_json, reading
from neuron_pin.verify.evidence import Sources
from neuron_pin.verify.lock_json import parse_lock_json
from neuron_pin.verify.lockfile import InvalidLock
from neuron_pin.verify.pylock import parse_pylock
from neuron_pin.verify.reading import read_lock
from neuron_pin.verify.verifying import verify

GOOD: dict[str, Any] = {
    "schema_version": 1,
    "command": "neuron-pin lock a",
    "sdk": None,
    "target": {
        "instance": None, "os": None, "python": "3.11", "scope": "both", "as_of": "2026-08-17",
        "platforms": ["manylinux_2_28_x86_64", "linux_x86_64"], "phases": ["stable"],
    },
    "policy": {"edition": "2025-05", "in_force": "2025-05-20"}, "support": None,
    "neff": {"compiler": "a", "version": "1.0", "sdk": None},
    "packages": [
        {
            "ecosystem": "pip", "name": "a", "version": "1.0", "pin": "==1.0", "phase": "stable",
            "kind": None, "sdk": None, "index": "https://index.invalid/simple",
            "files": [
                {
                    "url": "https://index.invalid/a-1.0-py3-none-any.whl",
                    "hashes": {"sha256": "0" * 64}, "size": 1,
                }
            ],
            "via": ["command line"],
        }
    ],
    "exclusions": [
        {"ecosystem": "pip", "name": "a", "version": "2.0", "rule": "NP201", "reason": "",
         "source": "release 1"}
    ],
    "warnings": [],
}  # fmt: skip

PYLOCK = """
lock-version = "1.0"
created-by = "neuron-pin"
requires-python = ">=3.11,<3.12"

[[packages]]
name = "a"
version = "1.0"

[[packages.wheels]]
name = "a-1.0-py3-none-any.whl"
path = "wheels/a-1.0-py3-none-any.whl"
hashes = {sha256 = "%s"}
""" % ("0" * 64)

FILE = "packages/0/files/0"
# where, what stands there, the place that is told
WRONG_VALUES = [
    ("schema_version", 2, "schema_version"),
    ("schema_version", True, "schema_version"),
    ("schema_version", "1", "schema_version"),
    ("schema_version", None, "schema_version"),
    ("target", [], "target"),
    ("target/python", 3.11, "target.python"),
    ("target/python", "2.7", "target.python"),
    ("target/python", "3.١١", "target.python"),
    ("target/phases", "stable", "target.phases"),
    ("sdk", 2, "sdk"),
    ("support", [], "support"),
    ("warnings", None, "warnings"),
    ("packages/0/kind", "Extension", "packages[0].kind"),
    ("packages/0/phase", None, "packages[0].phase"),
    ("exclusions/0/rule", None, "exclusions[0].rule"),
    ("target/platforms", "linux", "target.platforms"),
    ("target/platforms/0", 1, "target.platforms[0]"),
    ("packages", {}, "packages"),
    ("packages/0", "a", "packages[0]"),
    ("packages/0/name", 1, "packages[0].name"),
    ("packages/0/version", 1.0, "packages[0].version"),
    ("packages/0/version", None, "packages[0].version"),
    ("packages/0/ecosystem", "npm", "packages[0].ecosystem"),
    ("packages/0/via", "a", "packages[0].via"),
    ("packages/0/via/0", None, "packages[0].via[0]"),
    ("packages/0/index", "ftp://index.invalid", "packages[0].index"),
    ("packages/0/index", "https://[", "packages[0].index"),
    ("packages/0/index", "file://elsewhere/simple", "packages[0].index"),
    ("packages/0/files", None, "packages[0].files"),
    (f"{FILE}/url", 1, "packages[0].files[0].url"),
    (f"{FILE}/url", "a.whl", "packages[0].files[0].url"),
    (f"{FILE}/url", "https://index.invalid/", "packages[0].files[0].url"),
    (f"{FILE}/url", "https://index.invalid/a%2fb.whl", "packages[0].files[0].url"),
    (f"{FILE}/url", "https://index.invalid/a b.whl", "packages[0].files[0].url"),
    (f"{FILE}/url", "file:///etc/hostname", "packages[0].files[0].url"),
    (f"{FILE}/hashes", [], "packages[0].files[0].hashes"),
    (f"{FILE}/hashes/sha256", 0, "packages[0].files[0].hashes.sha256"),
    (f"{FILE}/size", "1", "packages[0].files[0].size"),
    (f"{FILE}/size", -1, "packages[0].files[0].size"),
    (f"{FILE}/size", True, "packages[0].files[0].size"),
    ("exclusions", None, "exclusions"),
    ("exclusions/0/name", [], "exclusions[0].name"),
    ("command", 1, "command"),
]
MISSING = [
    ("schema_version", ""), ("target", ""), ("packages", ""), ("exclusions", ""),
    ("target/python", "target"), ("packages/0/name", "packages[0]"),
    ("packages/0/files", "packages[0]"), ("packages/0/via", "packages[0]"),
    (f"{FILE}/url", "packages[0].files[0]"), (f"{FILE}/hashes", "packages[0].files[0]"),
]  # fmt: skip
# what stands in the file, the line that is told
NO_JSON = [
    ("", 1),
    ("{\n  'a': 1}", 2),
    ('{"schema_version": 1,\n\n"packages": [}', 3),
    ("\xff", None),
    ('{"a": 1, "a": 2}', None),
    ('{"schema_version": NaN}', None),
]
# a line of the pylock, what stands there instead, the place that is told
WRONG_PYLOCKS = [
    ('lock-version = "1.0"', 'lock-version = "2.0"', "lock-version"),
    ('lock-version = "1.0"', 'lock-version = "x"', "lock-version"),
    ('lock-version = "1.0"', "", ""),
    ('lock-version = "1.0"', "lock-version = 1", "lock-version"),
    ('name = "a"', "name = 1", "packages[0].name"),
    ('path = "wheels/a-1.0-py3-none-any.whl"', "", "packages[0].wheels[0]"),
    ('path = "wheels', 'path = "../../wheels', "packages[0].wheels[0].path"),
    ('path = "wheels', 'path = "wheels/../../..', "packages[0].wheels[0].path"),
    ('path = "wheels', 'path = "/wheels', "packages[0].wheels[0].path"),
    ('path = "wheels/', 'url = "ftp://index.invalid/', "packages[0].wheels[0].url"),
    ("hashes = {", "size = -1\nhashes = {", "packages[0].wheels[0].size"),
    (
        "[[packages.wheels]]",
        '[packages.directory]\npath = "../x"\n[[packages.archive]]',
        "packages",
    ),
    ('requires-python = ">=3.11,<3.12"', "", "requires-python"),
]


def place_of(document: Any, way: str) -> tuple[Any, Any]:
    *steps, last = (int(step) if step.isdecimal() else step for step in way.split("/"))
    for step in steps:
        document = document[step]
    return document, last


@pytest.mark.parametrize(("way", "value", "place"), WRONG_VALUES, ids=str)
def test_a_value_that_is_not_one_is_told_with_its_place(run, way, value, place) -> None:
    document = copy.deepcopy(GOOD)
    inner, last = place_of(document, way)
    inner[last] = value
    Path("lock.json").write_text(json.dumps(document))
    with pytest.raises(InvalidLock) as caught:
        read_lock("lock.json")
    assert caught.value.place == place
    done = run("verify", "lock.json", "--offline")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: lock.json: {place}: ")


@pytest.mark.parametrize(("way", "place"), MISSING, ids=str)
def test_what_is_missing_is_told_with_its_place(run, way: str, place: str) -> None:
    document = copy.deepcopy(GOOD)
    inner, last = place_of(document, way)
    del inner[last]
    Path("lock.json").write_text(json.dumps(document))
    with pytest.raises(InvalidLock) as caught:
        read_lock("lock.json")
    assert caught.value.place == place
    assert str(last) in caught.value.problem
    assert run("verify", "lock.json", "--offline").code == 2


def required(schema: dict[str, Any], way: tuple[str, ...] = ()) -> list[str]:
    """The ways to all that a schema requires, in an array's first entry."""
    found = ["/".join((*way, name)) for name in schema.get("required", ())]
    for name, inner in schema.get("properties", {}).items():
        found += required(inner, (*way, name))
    if "items" in schema:
        found += required(schema["items"], (*way, "0"))
    return found


SCHEMA = json.loads((FIXTURES.parent / "docs" / "schemas" / "lock.schema.json").read_text())


@pytest.mark.parametrize("way", required(SCHEMA))
def test_what_the_schema_requires_is_required(run, way: str) -> None:
    document = copy.deepcopy(GOOD)
    inner, last = place_of(document, way)
    del inner[last]
    with pytest.raises(InvalidLock) as caught:
        parse_lock_json(json.dumps(document).encode(), "lock.json")
    assert str(last) in caught.value.problem


@pytest.mark.parametrize("form", ["lock.json", "pylock.toml"])
def test_a_mark_of_the_byte_order_is_passed_over(run, form: str) -> None:
    text = json.dumps(GOOD) if form == "lock.json" else PYLOCK
    Path(form).write_text("\ufeff" + text)
    assert run("verify", form, "--offline").code == 0


# name, what stands in the file, what the hint names
OTHER_FORMS = [
    ("uv.lock", 'version = 1\n[[package]]\nname = "a"\n', "uv export --format pylock.toml"),
    ("poetry.lock", "# by poetry\n[[package]]\n", "pylock.toml"),
    ("pdm.lock", "[metadata]\n", "pylock.toml"),
    ("Pipfile.lock", "{}", "pylock.toml"),
    ("other.lock", "# toml\na = 1\n", "uv export --format pylock.toml"),
    ("uv.toml", "[tool.uv]\n", "uv export --format pylock.toml"),
    ("lock.json", "[]", "neuron-pin lock"),
]


@pytest.mark.parametrize(("name", "text", "hint"), OTHER_FORMS, ids=str)
def test_a_lock_of_another_form_is_told_with_what_to_do(run, name, text, hint) -> None:
    Path(name).write_text(text)
    with pytest.raises(InvalidLock) as caught:
        read_lock(name)
    assert hint in caught.value.hint
    done = run("verify", name, "--offline")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {name}: ")


def test_a_minor_version_that_is_not_known_is_told_with_its_file(run) -> None:
    Path("pylock.toml").write_text(PYLOCK.replace('"1.0"', '"1.1"', 1))
    done = run("verify", "pylock.toml", "--offline")
    assert done.code == 0
    assert "pylock.toml: lock-version 1.1" in done.err


def test_which_arguments_are_required(run) -> None:
    done = run("verify")
    assert done.code == 2
    assert "LOCK" in done.err
    assert "REQ" not in done.err


# where numbers may stand that Python does not read
LONG_NUMBERS = [
    "packages/0/version", "packages/0/pin", "packages/0/sdk", "packages/0/files/0/url", "command",
    "target/python", "exclusions/0/version", "packages/0/index", "packages/0/via/0", "sdk",
]  # fmt: skip
TEXTS = {"packages/0/pin": "=={}", "command": "neuron-pin lock a=={}", "packages/0/via/0": "a[{}]",
         "packages/0/files/0/url": "https://index.invalid/a-{}-py3-none-any.whl",
         "packages/0/index": "https://index.invalid:{}/simple", "target/python": "3.{}"}  # fmt: skip


@pytest.mark.parametrize("way", LONG_NUMBERS)
def test_a_number_that_python_does_not_read_is_not_one(run, few_digits: str, way: str) -> None:
    document = copy.deepcopy(GOOD)
    inner, last = place_of(document, way)
    inner[last] = TEXTS.get(way, "{}").format(few_digits)
    Path("lock.json").write_text(json.dumps(document))
    assert run("verify", "lock.json", "--offline").code in (0, 1, 2)
    assert run("verify", "lock.json", f"a>={few_digits}", "--offline").code in (1, 2)


PYLOCK_NUMBERS = [
    ('version = "1.0"\n\n[[packages.w', 'version = "{}"\n\n[[packages.w'),
    ('version = "1.0"\n\n[[packages.w', 'version = "1.0"\nmarker = "python_version < \'{}\'"\n\n[[packages.w'),
    ('version = "1.0"\n\n[[packages.w', 'version = "1.0"\nrequires-python = "<{}"\n\n[[packages.w'),
    ('requires-python = ">=3.11,<3.12"', 'requires-python = ">=3.11,<3.{}"'),
    ('requires-python = ">=3.11,<3.12"', 'environments = ["python_version == \'3.{}\'"]'),
    ('lock-version = "1.0"', 'lock-version = "1.{}"'),
    ("hashes = {", "size = {}\nhashes = {{"),
    ("hashes = {", "size = 0x{}\nhashes = {{"),
    ("[[packages.wheels]]", "[packages.tool.neuron-pin]\nkind = 0x{}\n[[packages.wheels]]"),
    ("wheels/a-1.0-", "wheels/a-{}-"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "instead"), PYLOCK_NUMBERS, ids=str)
def test_so_it_is_in_a_pylock(run, few_digits: str, line: str, instead: str) -> None:
    assert line in PYLOCK
    Path("pylock.toml").write_text(PYLOCK.replace(line, instead.format(few_digits), 1))
    assert run("verify", "pylock.toml", "--offline").code in (0, 1, 2)


SECRETS = ("hush@quiet", "hush@@quiet:still", "h@ush@quiet")


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("way", ["packages/0/index", "packages/0/files/0/url"])
def test_a_password_is_told_and_not_shown(run, way: str, secret: str) -> None:
    document = copy.deepcopy(GOOD)
    inner, last = place_of(document, way)
    inner[last] = inner[last].replace("://", f"://me:{secret}@")
    Path("lock.json").write_text(json.dumps(document))
    for form in ("text", "json"):
        done = run("verify", "lock.json", "--offline", "--format", form)
        assert (done.code, "quiet" in done.out) == (1, False)
        assert "credentials" in done.out
        done = run("verify", "lock.json", "--timeout", "1", "--format", form)
        assert "quiet" not in done.out + done.err
    inner[last] = f"ftp://me:{secret}/x@index.invalid/a-1.0-py3-none-any.whl"
    Path("lock.json").write_text(json.dumps(document))
    done = run("verify", "lock.json", "--offline")
    assert (done.code, "quiet" in done.err) == (2, False)
    done = run("verify", "lock.json", "-i", f"me:{secret}/x@index.invalid")
    assert (done.code, "quiet" in done.err) == (2, False)


@pytest.mark.parametrize(("text", "line"), NO_JSON, ids=lambda v: repr(v))
def test_what_is_not_json_is_told_with_its_line(run, text: str, line: int | None) -> None:
    Path("lock.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidLock) as caught:
        read_lock("lock.json")
    assert caught.value.line == line
    done = run("verify", "lock.json")
    assert done.code == 2
    assert done.err.startswith(f"error: lock.json{f':{line}' if line else ''}: ")


@pytest.mark.parametrize("file", ["absent.json", ".", "absent.toml"])
def test_a_lock_that_cannot_be_read_is_told(run, file: str) -> None:
    assert run("verify", file).code == 2


def test_bounds_are_kept(run, monkeypatch) -> None:
    Path("lock.json").write_text(json.dumps(GOOD))
    assert run("verify", "lock.json", "--offline").code == 0
    for name, place in (("MAX_FILES", "packages[0].files"), ("MAX_PACKAGES", "packages")):
        monkeypatch.setattr(lock_json, name, 0)
        with pytest.raises(InvalidLock) as caught:
            read_lock("lock.json")
        assert caught.value.place == place
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    with pytest.raises(InvalidLock, match="larger than 100 bytes"):
        read_lock("lock.json")


def test_nesting_is_bounded(monkeypatch) -> None:
    def too_deep(*_: object, **__: object) -> None:
        raise RecursionError

    # What json and tomllib raise past their own bound.
    monkeypatch.setattr("neuron_pin.verify.lock_json.json.loads", too_deep)
    with pytest.raises(InvalidLock, match="nested too deeply"):
        parse_lock_json(b"{}", "lock.json")


@pytest.mark.parametrize(("line", "instead", "place"), WRONG_PYLOCKS, ids=str)
def test_a_wrong_pylock_is_told_with_its_place(run, line: str, instead: str, place: str) -> None:
    text = PYLOCK.replace(line, instead, 1)
    assert text != PYLOCK
    Path("pylock.toml").write_text(text)
    done = run("verify", "pylock.toml", "--offline")
    error = failure(done, UnreadableInput)
    assert error.path == "pylock.toml"
    assert error.problem.startswith(place)


def test_toml_that_is_none_is_told_with_its_line(run) -> None:
    Path("pylock.toml").write_text('lock-version = "1.0"\npackages = [')
    done = run("verify", "pylock.toml")
    assert failure(done, UnreadableInput).path == "pylock.toml"


def test_a_link_out_of_the_folder_leads_nowhere(run, tmp_path) -> None:
    Path("pylock.toml").write_text(PYLOCK)
    Path("wheels").symlink_to(tmp_path)
    done = run("verify", "pylock.toml", "--offline")
    assert done.code == 2
    assert "packages[0].wheels[0].path" in done.err


# arguments, what is told
WRONG_USAGE = [
    (("lock.json", "--python", "3.12"), "is for Python 3.11"),
    (("lock.json", "--python", "three"), "not a Python version"),
    (("lock.json", "--python", "3.١١"), "not a Python version"),
    (("lock.json", "-i", ""), "not an index address"),
    (("lock.json", "--neuron-index-url", ""), "not an index address"),
    (("lock.json", "--offline", "--files"), "--offline"),
    (("lock.json", "a @ https://index.invalid/a.whl"), "by URL"),
    (("lock.json", "a==="), "not a requirement"),
    (("lock.json", "--index-url", "ftp://index.invalid"), "not an index address"),
    (("lock.json", "--cert", "absent.pem"), "absent.pem"),
    ((), "LOCK"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG_USAGE, ids=str)
def test_wrong_usage(run, arguments: tuple[str, ...], told: str) -> None:
    Path("lock.json").write_text(json.dumps(GOOD))
    done = run("verify", *arguments)
    assert done.code == 2
    assert told in done.err


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def ways(document: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    return [way, *(found for key, value in inner for found in ways(value, (*way, key)))]


@given(st.sampled_from([way for way in ways(GOOD) if way]), VALUES)
@settings(deadline=None)
def test_any_value_anywhere_is_judged_or_refused(way: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(GOOD)
    inner: Any = document
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = value
    try:
        lock = parse_lock_json(json.dumps(document).encode(), "lock.json")
    except InvalidLock as error:
        assert error.place or way == ()
        return
    verify(lock, Sources(None))


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_are_refused_with_a_declared_error(data: bytes) -> None:
    for parse in (parse_lock_json, parse_pylock):
        with pytest.raises(InvalidLock):
            parse(data, "lock")
