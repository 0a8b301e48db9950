"""Settings files that belong to somebody else: theirs stays in force, ours goes without a trace."""

import configparser
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import failure
from hypothesis import given, settings
from hypothesis import strategies as st

from neuron_pin.errors import CannotWrite
from neuron_pin.fs.sections import BrokenSection
from neuron_pin.hooks.blocks import put_blocks, remove_blocks
from neuron_pin.hooks.pip_settings import edit_pip_conf
from neuron_pin.hooks.uv_settings import edit_project, edit_uv_toml, remove_settings
from neuron_pin.operations.read_lock import read_resolution

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WANTED = {
    "constraint": ("/etc/neuron-pin/constraints.txt",),
    "index-url": ("https://lock.example/simple/",),
    "extra-index-url": ("https://neuron.example/",),
}
OURS = {name: list(values) for name, values in WANTED.items()}

# A pip.conf of somebody's, and what pip then finds in [global].
PIP_FILES = {
    "none": ("", OURS),
    "a comment": ("# mine\n", OURS),
    "another section": ("[list]\nformat = columns\n", OURS),
    "an empty section": ("[global]\n", OURS),
    "no line's end": ("[global]\ntimeout = 60", {**OURS, "timeout": ["60"]}),
    "a mirror": (
        "[global]\nindex-url = https://mirror.example/simple\n",
        {**OURS, "index-url": ["https://mirror.example/simple"]},
    ),
    "an index of their own": (
        "[global]\n; company\nextra-index-url = https://mine.example/\ntimeout: 5\n",
        {
            **OURS,
            "extra-index-url": ["https://neuron.example/", "https://mine.example/"],
            "timeout": ["5"],
        },
    ),
    "several, over lines, with a comment": (
        "[global]\nextra-index-url =\n    https://a.example/\n    # b\n    https://b.example/\n"
        "no-cache-dir = true\n[install]\nuser = no\n",
        {
            **OURS,
            "extra-index-url": [
                "https://neuron.example/",
                "https://a.example/",
                "https://b.example/",
            ],
            "no-cache-dir": ["true"],
        },
    ),
    "constraints of their own, spelled otherwise": (
        "[global]\nConstraint=/mine.txt\n",
        {**OURS, "constraint": ["/etc/neuron-pin/constraints.txt", "/mine.txt"]},
    ),
    "ours already, by hand": (
        "[global]\nextra_index_url = https://neuron.example/\n",
        {**OURS, "extra-index-url": ["https://neuron.example/"]},
    ),
    "the section twice over in name": ("[install]\nuser=1\n\n[global]\n\n[wheel]\n", OURS),
}


@pytest.mark.parametrize("name", PIP_FILES)
def test_pip_finds_ours_beside_theirs_and_theirs_again_afterwards(name: str) -> None:
    text, expected = PIP_FILES[name]
    new = edit_pip_conf("pip.conf", text, WANTED)
    parser = configparser.RawConfigParser()
    parser.read_string(new)
    found = {option.replace("_", "-"): value.split() for option, value in parser.items("global")}
    assert found == expected
    assert edit_pip_conf("pip.conf", new, WANTED) == new
    assert remove_blocks(new) == text
    # A later lock takes the place of an earlier one.
    other = {**WANTED, "extra-index-url": ("https://other.example/",)}
    assert remove_blocks(edit_pip_conf("pip.conf", new, other)) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[global]\na = 1\n[global]\nb = 2\n", "section 'global' already exists"),
        ("[global]\na = 1\na = 2\n", "option 'a'"),
        ("index-url = x\n", "no section headers"),
        ("[global]\nnonsense\n", "Source contains parsing errors"),
        ("[install]\nconstraint = /x\n", "[install] sets constraint"),
        ("[download]\nextra_index_url = /x\n", "[download] sets extra-index-url"),
    ],
)
def test_what_pip_cannot_read_or_would_not_obey_is_left_alone(text: str, told: str) -> None:
    with pytest.raises(CannotWrite) as error:
        edit_pip_conf("pip.conf", text, WANTED)
    assert told in error.value.message


def test_markers_that_are_no_pair_are_refused() -> None:
    new = edit_pip_conf("pip.conf", "[global]\n", WANTED)
    for broken in (new.replace("# neuron-pin: end\n", ""), new + "# neuron-pin: end\n"):
        with pytest.raises(BrokenSection):
            edit_pip_conf("pip.conf", broken, WANTED)


OPTIONS = st.dictionaries(
    st.sampled_from(["timeout", "extra-index-url", "constraint", "index-url", "retries", "find-links"]),
    st.lists(st.sampled_from(["https://x.example/", "/a.txt", "7"]), min_size=1, max_size=3),
)  # fmt: skip


@given(OPTIONS, st.booleans(), st.sampled_from(["", "# c\n", "[list]\nformat = x\n", "\n\n"]))
def test_any_pip_conf_comes_back_to_the_byte(options, is_open: bool, before: str) -> None:
    text = before + "[global]\n"
    for name, values in options.items():
        text += f"{name} = {values[0]}\n" + "".join(f"    {value}\n" for value in values[1:])
    text = text.rstrip("\n") if is_open else text
    new = edit_pip_conf("pip.conf", text, WANTED)
    assert remove_blocks(new) == text
    parser = configparser.RawConfigParser()
    parser.read_string(new)
    assert "/etc/neuron-pin/constraints.txt" in parser.get("global", "constraint").split()


LINES = st.lists(
    st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])), max_size=8
)


@given(LINES, st.booleans(), st.data())
def test_insertion_and_removal_are_inverse(lines: list[str], is_open: bool, data) -> None:
    text = "\n".join(lines) + ("" if is_open else "\n")
    if "neuron-pin" in text:
        return
    count = len(text.split("\n")) - (0 if text.split("\n")[-1] else 1)
    places = data.draw(st.dictionaries(st.integers(0, count), st.just(["key = 1"]), max_size=2))
    replaced = data.draw(st.lists(st.integers(0, max(count - 1, 0)), max_size=3))
    blocks = dict.fromkeys(places, "x\n")
    assert remove_blocks(put_blocks(text, blocks, replaced)) == text


# uv -----------------------------------------------------------------------------------

# Each form that TOML has for what uv reads, in a file of its own; and what no file can show.
FORMS = Path(__file__).parents[2] / "fixtures" / "uv-settings"
UV_FILES = {
    "none": "",
    "a table": "[pip]\nno-cache = true\n",
    "keys and tables": 'native-tls = true\n# mine\nconstraint-dependencies = ["other<2"]\n\n[[index]]\nname = "mine"\nurl = "https://mine.example/"\n',
    "constraints over lines": 'constraint-dependencies = [\n    "a==1", # why\n    "b",\n]\nindex-strategy = "unsafe-best-match"\n',
    "no line's end": "native-tls = true",
    "a list of lists before the table": "x-list = [\n  [1],\n]\n[pip]\nno-cache = true\n",
    "a text that looks like a table": 'x = """\n[pip]\n"""\nindex-strategy = "first-index"\n[pip]',
    "carriage returns": 'constraint-dependencies = ["a"]\r\nindex = [\r\n]\r\n[pip]\r\n',
} | {path.stem: path.read_text() for path in sorted((FORMS / "uv").iterdir())}
PROJECTS = {
    "plain": '[project]\nname = "p"\n',
    "a table": '[project]\nname = "p"\n[tool.uv]\nmanaged = true\n[tool.ruff]\nline-length = 9\n',
    "constraints": '[tool.uv]\nconstraint-dependencies = [\n    "other<2",\n]\ndev-dependencies = []\n',
    "sources": '[tool.uv.sources]\nneuronx-cc = { git = "https://x.example" }\nmine = { index = "mine" }\n\n[[tool.uv.index]]\nname = "mine"\nurl = "https://mine.example/"\n',
    "a source in dotted keys": '[tool.uv.sources]\nNeuronx_CC.git = "https://x"\nNeuronx_CC.rev = "1"',
    "no line's end": '[project]\nname = "p"',
    "no line's end, a list": '[tool.uv]\nconstraint-dependencies = ["a"]',
    "no line's end, a table": "[tool.uv]",
    "spaces and comments": '[ tool . uv ]  # here\nmanaged = true\n',
    "empty lists": "[tool.uv]\nconstraint-dependencies = []\nindex = [ ]\n",
    "a comma first": '[tool.uv]\nconstraint-dependencies = [ # ]\n  "a"\n  , "]" # [\n]\n',
    "one of ours already": '[tool.uv]\nconstraint-dependencies = ["nki==0.6.0"]\n',
    "carriage returns": '[tool.uv]\r\nconstraint-dependencies = ["a"]\r\nindex = [\r\n]\r\n',
} | {path.stem: path.read_text() for path in sorted((FORMS / "projects").iterdir())}  # fmt: skip


CONSTRAINTS = {"constraint-dependencies", "build-constraint-dependencies"}


@pytest.fixture(scope="module")
def resolution(tmp_path_factory, catalog):
    from neuron_pin.cli import main

    path = tmp_path_factory.mktemp("lock") / "lock.json"
    asked = ["neuronx-cc", "nki", "--instance", "trn2", "--python", "3.12", "--sdk", "2.32.0"]
    assert main(["lock", "--offline", "-q", *asked, "-o", str(path)]) == 0
    return read_resolution(str(path), catalog)[0]


@pytest.mark.parametrize("name", UV_FILES)
def test_uv_toml_has_ours_and_theirs(name: str, resolution) -> None:
    text = UV_FILES[name]
    new = edit_uv_toml("uv.toml", text, resolution)
    before, after = tomllib.loads(text), tomllib.loads(new)
    assert after["index"][0]["name"] == "neuron-pin"
    assert after["index"][1:] == before.get("index", [])
    assert after["index-strategy"] == "unsafe-first-match"
    rows = after["constraint-dependencies"]
    assert "neuronx-cc==2.27.5334.0" in rows
    assert rows[2:] == before.get("constraint-dependencies", [])
    assert after["build-constraint-dependencies"] == rows[:2]
    ours = {"index", "index-strategy", *CONSTRAINTS}
    assert {k: v for k, v in after.items() if k not in ours} == {
        k: v for k, v in before.items() if k not in ours
    }
    assert edit_uv_toml("uv.toml", new, resolution) == new
    assert remove_settings("f.toml", new) == text


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_has_ours_and_theirs(name: str, resolution) -> None:
    text = PROJECTS[name]
    new = edit_project("pyproject.toml", text, resolution)
    before, after = tomllib.loads(text), tomllib.loads(new)
    theirs, uv = before.get("tool", {}).get("uv", {}), after["tool"]["uv"]
    # In a table in braces, a list is all that has room for a mark; uv takes both.
    assert uv["sources"]["neuronx-cc"] in ({"index": "neuron-pin"}, [{"index": "neuron-pin"}])
    (ours,) = [index for index in uv["index"] if index["name"] == "neuron-pin"]
    assert ours == {"name": "neuron-pin", "url": ours["url"], "explicit": True}
    assert [index for index in uv["index"] if index is not ours] == theirs.get("index", [])
    assert uv["constraint-dependencies"][2:] == theirs.get("constraint-dependencies", [])
    own = {"sources", "index", *CONSTRAINTS}
    assert {k: v for k, v in uv.items() if k not in own} == {
        k: v for k, v in theirs.items() if k not in own
    }
    others = before.get("tool", {}).items()
    assert {k: v for k, v in after["tool"].items() if k != "uv"} == {
        k: v for k, v in others if k != "uv"
    }
    assert {k: v for k, v in after.items() if k != "tool"} == {
        k: v for k, v in before.items() if k != "tool"
    }
    assert edit_project("pyproject.toml", new, resolution) == new
    assert remove_settings("pyproject.toml", new) == text


VIA = "https://pins.example/simple/"


@pytest.mark.parametrize(
    ("edit", "text"),
    [(edit_project, text) for text in PROJECTS.values()]
    + [(edit_uv_toml, text) for text in UV_FILES.values()],
)
def test_every_form_has_the_served_index_and_comes_back(edit, text: str, resolution) -> None:
    new = edit("f.toml", text, resolution, VIA)
    after = tomllib.loads(new)
    uv = after["tool"]["uv"] if edit is edit_project else after
    assert {"name": "neuron-pin", "url": VIA, "default": True} in uv["index"]
    assert f"\n# via {VIA}" in new
    assert remove_settings("f.toml", new) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = \n", "uv cannot read it"),
        ('tool = 1\n', "is not a table"),
        ('[tool]\nuv = []\n', "is not a table"),
        ('[tool.uv]\nsources = [1]\n', "is not a table"),
        ('[tool.uv.index]\nname = "a"\n', "is not a list"),
        ('[tool.uv]\nsources = { nki = { index = "b" } }\n', "in a table in braces"),
        ('[tool.uv]\nconstraint-dependencies = "a"\n', "is not a list"),
        ('[tool.uv.sources.neuronx-cc]\ngit = "https://a.example"\n', "a table of its own"),
        (
            '[[tool.uv.index]]\nname = "neuron-pin"\nurl = "https://a.example"\n',
            "another index with the name neuron-pin",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_left_alone(text: str, told: str, resolution) -> None:
    with pytest.raises(CannotWrite) as error:
        edit_project("pyproject.toml", text, resolution)
    assert told in error.value.message


# What a project's uv settings are written as, part by part.
def _in_lines(*entries: str) -> str:
    return "[\n" + "".join(f"    {entry},  # why\n" for entry in entries) + "]"


MINE = '{ name = "mine", url = "https://mine.example/" }'
KEYS = {
    "constraint-dependencies": ['["a<2"]', "[]", _in_lines('"a<2"', '"b"'), '[ # ]\n"a"\n, "b" ]'],
    "index": [f"[{MINE}]", "[ ]", _in_lines(MINE), f"[\n\n{MINE}]"],
    "sources": ['{ mine = { index = "mine" } }', "{}", '{ mine.git = "https://[x]" , b = {path="."}}'],
    "managed": ["true"],
}  # fmt: skip
NOISE = ['[tool.ruff]\nx = [\n  [1],\n]\n', '[project]\nname = "p"\n', "# mine\n\n",
         '[[tool.mine]]\ny = """\n[tool.uv]\n"""\n']  # fmt: skip


@st.composite
def projects(draw) -> str:
    """A pyproject.toml that is valid or nearly so, in any of the forms that TOML has."""
    values = {
        key: draw(st.sampled_from(forms)) for key, forms in KEYS.items() if draw(st.booleans())
    }
    form = draw(st.sampled_from(["header", "dotted", "dotted in tool", "braces", "apart"]))
    rows = [f"{key} = {value}\n" for key, value in values.items()]
    if form == "header":
        parts = ["[tool.uv]\n" + "".join(rows)]
    elif form == "dotted":
        parts = ["".join(f"tool.uv.{row}" for row in rows)]
    elif form == "dotted in tool":
        parts = ["[tool]\n" + "".join(f"uv.{row}" for row in rows)]
    elif form == "braces":
        parts = ["[tool]\nuv = {" + ", ".join(row.rstrip() for row in rows) + "}  # uv\n"]
    else:
        parts = ['[tool.uv.sources]\nmine = { index = "mine" }\n', "[tool.uv]\nmanaged = true\n",
                 '[[tool.uv.index]]\nurl = "https://a"\n', '[[tool.uv.index]]\nname = "b"\n']  # fmt: skip
        parts = draw(st.permutations(parts))[: draw(st.integers(1, 4))]
    noise = draw(st.lists(st.sampled_from(NOISE), unique=True, max_size=3))
    if form != "dotted":
        parts = draw(st.permutations([*parts, *noise]))
    else:
        parts += noise
    text = "".join(parts)
    text = text.rstrip("\n") if draw(st.booleans()) else text
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@settings(max_examples=100, deadline=None)
@given(projects(), st.sampled_from(["", VIA]))
def test_any_project_comes_back_to_the_byte(resolution, text: str, via: str) -> None:
    try:
        before = tomllib.loads(text)
    except ValueError:
        return
    new = edit_project("pyproject.toml", text, resolution, via)
    assert tomllib.loads(new).get("project") == before.get("project")
    assert edit_project("pyproject.toml", new, resolution, via) == new
    assert remove_settings("pyproject.toml", new) == text


# What somebody does to a file with our lines in it, and what is theirs after removal.
EDITS: dict[str, tuple[str, Callable[[str], str], dict[str, Any]]] = {
    "a source in our table": (
        "",
        lambda new: new.replace("nki = {", 'mine = { git = "https://mine.example" }\nnki = {'),
        {"sources": {"mine": {"git": "https://mine.example"}}},
    ),
    "a constraint in our list": (
        "",
        lambda new: new.replace("]  # neuron-pin\n[", '    "mine<3",\n]  # neuron-pin\n['),
        {"build-constraint-dependencies": ["mine<3"]},
    ),
    "a constraint in their list": (
        '[tool.uv]\nconstraint-dependencies = ["a"]\n',
        lambda new: new.replace('"a"]', '"a", "mine<3"]'),
        {"constraint-dependencies": ["a", "mine<3"]},
    ),
    "a constraint in our list in braces": (
        "[tool]\nuv = {}\n",
        lambda new: new.replace("], sources", '"mine<3"\n], sources', 1),
        {"build-constraint-dependencies": ["mine<3"]},
    ),
    "keys around ours in braces": (
        "[tool]\nuv = {}\n",
        lambda new: new.replace("{ con", "{ package = false, con").replace("]}", "], managed = true }"),
        {"package": False, "managed": True},
    ),
    "a key before ours in braces": (
        "[tool]\nuv = {}\n",
        lambda new: new.replace("{ con", "{ package = false, con"),
        {"package": False},
    ),
    "a package of theirs from our index": (
        "",
        lambda new: new.replace("nki = {", 'mine = { index = "neuron-pin" }\nnki = {'),
        {"sources": {"mine": {"index": "neuron-pin"}}, "index": ["neuron-pin"]},
    ),
    "a key in our index": (
        "",
        lambda new: new.replace("explicit = true", 'format = "flat"\nexplicit = true'),
        {"index": ["neuron-pin"]},
    ),
    "a formatter": (
        '[tool.uv]\nconstraint-dependencies = ["a"]\n',
        lambda new: new.replace("  # neuron-pin", " # neuron-pin").replace("    ", "\t"),
        {"constraint-dependencies": ["a"]},
    ),
    "another editor's line ends": (
        '[tool.uv]\r\nconstraint-dependencies = ["a"]\r\n',
        lambda new: new.replace("\r\n", "\n").replace("\n", "\r\n"),
        {"constraint-dependencies": ["a"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_what_is_changed_in_between_stays(name: str, resolution) -> None:
    text, change, expected = EDITS[name]
    new = edit_project("pyproject.toml", text, resolution)
    changed = change(new)
    assert changed != new
    tomllib.loads(changed)
    left = remove_settings("pyproject.toml", changed)
    uv = tomllib.loads(left).get("tool", {}).get("uv", {})
    if "index" in expected:
        uv["index"] = [index["name"] for index in uv["index"]]
    assert uv == expected
    assert "# neuron-pin" not in left
    # A new lock leaves it as it is, too.
    again = edit_project("pyproject.toml", changed, resolution)
    assert edit_project("pyproject.toml", again, resolution) == again


def test_what_cannot_be_taken_out_is_left_alone(resolution) -> None:
    new = edit_project("pyproject.toml", "[tool.uv]\nindex = []\n", resolution)
    # A key of theirs behind our list's last line, which goes as a whole.
    changed = new.replace(
        "index = [  # neuron-pin, with this line's end\n", "index = [\n[  # neuron-pin\n"
    )
    changed = changed.replace("},  # neuron-pin\n]", "},  # neuron-pin\n]]")
    tomllib.loads(changed)
    with pytest.raises(CannotWrite, match="would break it"):
        remove_settings("pyproject.toml", changed)


@pytest.mark.parametrize(
    ("command", "is_read"),
    [("install", True), ("status", False), ("remove", False)],
)
def test_tomlkit_is_imported_only_where_something_is_written(
    run, tmp_path: Path, command: str, is_read: bool
) -> None:
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "pyvenv.cfg").write_text("")
    (tmp_path / "pyproject.toml").write_text(PROJECTS["lists-in-one-line"])
    assert run("lock", "--offline", "nki", "--instance", "trn2", "--python", "3.12", "-o",
               "lock.json").code == 0  # fmt: skip
    where = ["uv", "--venv", str(tmp_path / "venv"), "--scope", "venv"]
    if command != "install":
        assert run("hook", "install", *where).code == 0
    show = (
        "import sys; from neuron_pin.cli import main; code = main(sys.argv[1:]); "
        "print('tomlkit' in sys.modules); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", show, "hook", command, *where], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(is_read)


def test_what_a_user_has_in_a_file_is_never_half_written(run, tmp_path: Path, monkeypatch) -> None:
    """A file that cannot be joined: nothing else of the hook is written either."""
    environment = tmp_path / "venv"
    environment.mkdir()
    (environment / "pyvenv.cfg").write_text("")
    (environment / "pip.conf").write_text("[global]\nnonsense\n")
    assert run("lock", "--offline", "nki", "--instance", "trn2", "--python", "3.12", "-o",
               "lock.json").code == 0  # fmt: skip
    done = run("hook", "install", "pip", "--venv", environment)
    assert failure(done, CannotWrite).path == str(environment / "pip.conf")
    assert sorted(path.name for path in environment.iterdir()) == ["pip.conf", "pyvenv.cfg"]


def test_the_machines_own_settings_name_what_is_seen_from_it(run, tmp_path: Path) -> None:
    """An image below a folder: its pip reads the constraints where they will be."""
    assert run("lock", "--offline", "nki", "--instance", "trn2", "--python", "3.12", "-o",
               "lock.json").code == 0  # fmt: skip
    for place in ("etc/pip.conf", "etc/uv/uv.toml"):
        (tmp_path / "image" / place).parent.mkdir(parents=True, exist_ok=True)
    before = sorted(tmp_path.rglob("*"))
    done = run("hook", "install", "pip", "uv", "--root", tmp_path / "image")
    assert done.code == 0, done.err
    text = (tmp_path / "image/etc/pip.conf").read_text()
    assert "constraint = /etc/neuron-pin/constraints.txt\n" in text
    assert "nki==" in (tmp_path / "image/etc/neuron-pin/constraints.txt").read_text()
    told = run("hook", "status", "pip", "uv", "--root", tmp_path / "image")
    assert told.out.count("installed") == 2, told.out
    assert run("hook", "remove", "pip", "uv", "--root", tmp_path / "image").code == 0
    assert sorted(set(before) - set(tmp_path.rglob("*"))) in ([], [tmp_path / "image/etc/uv"])
    assert not [p for p in (tmp_path / "image").rglob("*") if p.is_file()]


def test_status_looks_at_every_scope_that_there_is(run, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert [line.partition(" (")[0] for line in run("hook", "status", "pip").out.splitlines()] == [
        "pip, system", "pip, user",
    ]  # fmt: skip
    (tmp_path / "pyvenv.cfg").write_text("")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path))
    assert f"pip, venv ({tmp_path}): absent" in run("hook", "status", "pip").out
