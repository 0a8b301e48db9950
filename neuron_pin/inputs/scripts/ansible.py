"""Playbooks and task files of Ansible: what their tasks install.

Source: the documentation of ansible-core: playbooks, blocks, loops, conditionals; its modules
apt, dnf, yum, package, pip, shell, command, raw, script.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.containers.installation import NotUnderstood, find_names
from neuron_pin.inputs.containers.recipe import Recipe
from neuron_pin.inputs.containers.shell_words import Word
from neuron_pin.inputs.yaml_document import YamlList, YamlMap, YamlNode, YamlText, read_yaml

from .jobs import Job, Part
from .yaml_scripts import list_texts, make_recipe, shell_lines, unknown_variable

MAX_DEPTH = 10
MAX_ITEMS = 200
_TASKS = ("pre_tasks", "tasks", "post_tasks", "handlers")
_BLOCKS = ("block", "rescue", "always")
_SYSTEM = {
    "apt": "apt-get",
    "yum": "yum",
    "dnf": "dnf",
    "dnf5": "dnf",
    "zypper": "zypper",
    "package": "",
}
_SHELLS = ("shell", "command", "raw")
_MODULES = (*_SYSTEM, *_SHELLS, "pip", "script", "apt_repository", "yum_repository", "copy", "file")
_COLLECTIONS = ("ansible.builtin.", "ansible.legacy.", "community.general.")
_ARGUMENT = re.compile(r"(?:^|\s)(\w+)=(\"[^\"]*\"|'[^']*'|\{\{.*?\}\}\S*|\S+)")
_EXPRESSION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.S)


def read_playbook(path: str, names: Container[str]) -> Recipe:
    """What a playbook, or a file of tasks, installs: of a playbook each play for itself.
    Raises `UnreadableInput`."""
    problems: list[UnreadableInput] = []
    jobs: list[Job] = []
    for document in read_yaml(path):
        problems += document.problems
        root = document.root
        if root is None:
            continue
        if not isinstance(root, YamlList):
            raise UnreadableInput(path, root.line, "is neither a list of plays nor one of tasks")
        items = [item for item in root.items if isinstance(item, YamlMap)]
        plays = [item for item in items if item.get("hosts") is not None]
        for play in plays:
            tasks = [each for key in _TASKS for each in play.items(key)]
            jobs.append(_Tasks(names, play).job(tasks))
        tasks = [item for item in items if item.get("hosts") is None]
        if tasks:
            role = _Tasks(names, None)
            role.variables.update(_role_variables(path))
            jobs.append(role.job(tasks))
    folder = os.path.dirname(path)
    # A role's files are beside the folder of its tasks.
    folders = [folder, os.path.join(folder, "files"), os.path.normpath(f"{folder}/../files")]
    return make_recipe(path, names, folders, jobs, problems)


def _role_variables(path: str) -> dict[str, YamlNode]:
    """The variables that a role has beside its tasks, without lines: they are of other files.
    What cannot be read there is not known here, and said where it is checked itself."""
    found: dict[str, YamlNode] = {}
    role = os.path.dirname(os.path.dirname(path))
    for name in ("defaults/main.yml", "defaults/main.yaml", "vars/main.yml", "vars/main.yaml"):
        where = os.path.join(role, name)
        if not os.path.isfile(where):
            continue
        try:
            documents = read_yaml(where)
        except UnreadableInput:
            continue
        root = documents[0].root if documents else None
        for key, value in root.pairs if isinstance(root, YamlMap) else ():
            found[key.text] = _without_lines(value)
    return found


def _without_lines(node: YamlNode) -> YamlNode:
    if isinstance(node, YamlText):
        return node._replace(line=0, lines=())
    if isinstance(node, YamlList):
        return node._replace(line=0, items=tuple(map(_without_lines, node.items)))
    pairs = tuple((key, _without_lines(value)) for key, value in node.pairs)
    return node._replace(line=0, pairs=pairs)


class _Tasks:
    """The tasks of one play, with the variables that its file gives it."""

    def __init__(self, names: Container[str], play: YamlMap | None) -> None:
        self.names = names
        self.variables: dict[str, YamlNode] = {}
        self.unread: list[NotUnderstood] = []
        self.environment: dict[str, str] = {}
        if play is not None:
            self._take(play.map("vars"))
            self.environment = self._environment(play)

    def _take(self, node: YamlMap | None) -> None:
        for key, value in node.pairs if node is not None else ():
            self.variables[key.text] = value

    def job(self, tasks: Sequence[YamlNode]) -> Job:
        parts = list(self._tasks(tasks, 0))
        return Job(tuple(parts), unread=tuple(self.unread))

    def _tasks(self, tasks: Iterable[YamlNode], depth: int) -> Iterator[Part]:
        for task in tasks:
            if not isinstance(task, YamlMap) or depth > MAX_DEPTH:
                continue
            kept, environment = dict(self.variables), self.environment
            self._take(task.map("vars"))
            self.environment = {**environment, **self._environment(task)}
            if any(task.get(key) is not None for key in _BLOCKS):
                for key in _BLOCKS:
                    yield from self._tasks(task.items(key), depth + 1)
            else:
                yield from self._task(task)
            self.variables, self.environment = kept, environment

    def _environment(self, node: YamlMap) -> dict[str, str]:
        found = {}
        given = node.map("environment")
        for key, value in given.pairs if given is not None else ():
            if isinstance(value, YamlText):
                text, is_known = self._fill(value.text)
                if is_known:
                    found[key.text] = text
        return found

    def _task(self, task: YamlMap) -> Iterator[Part]:
        for key, value in task.pairs:
            name = key.text
            for collection in _COLLECTIONS:
                name = name.removeprefix(collection)
            if name in ("include_tasks", "import_tasks", "include_role", "import_role"):
                # Another file, which is checked by itself.
                continue
            if name not in _MODULES:
                continue
            condition = self._condition(task.get("when"))
            items = list(self._loop(task))
            for item in items:
                for field, node in item.items():
                    self.variables[field] = node
                for part in self._module(name, value, task):
                    yield part._replace(condition=condition, variables=self.environment)

    def _condition(self, node: YamlNode | None) -> tuple[str, str]:
        texts = [text.text for text in list_texts(node)]
        if len(texts) != 1:
            return (" and ".join(texts), "yes") if texts else ("", "")
        compared = re.fullmatch(r"([\w.\[\]'\"]+)\s*==\s*['\"]([^'\"]*)['\"]", texts[0].strip())
        return (compared[1], compared[2]) if compared is not None else (texts[0], "yes")

    def _loop(self, task: YamlMap) -> Iterator[dict[str, YamlNode]]:
        """The values of the loop's variable, one empty without a loop."""
        given = next(
            (
                node
                for key, node in task.pairs
                if key.text in ("loop", "with_items", "with_list", "with_flattened")
            ),
            None,
        )
        if given is None:
            yield {}
            return
        control = task.map("loop_control")
        variable = control.text("loop_var") if control is not None else None
        name = variable.text if variable is not None else "item"
        node = self._resolve(given)
        items = list(node.items) if isinstance(node, YamlList) else []
        if not items:
            self.variables.pop(name, None)
            yield {}
        for item in items[:MAX_ITEMS]:
            yield {name: item}
        if len(items) > MAX_ITEMS:
            said = NotUnderstood("loop", given.line, f"has more than {MAX_ITEMS} items")
            self.unread.append(said)

    def _resolve(self, node: YamlNode) -> YamlNode:
        """A value, of a single variable what that is."""
        for _ in range(MAX_DEPTH):
            if not isinstance(node, YamlText):
                return node
            match = _EXPRESSION.fullmatch(node.text.strip())
            found = self._lookup(match[1]) if match is not None else None
            if found is None:
                return node
            node = found
        return node

    def _lookup(self, expression: str) -> YamlNode | None:
        """The value of ``name``, ``name.field`` or ``name['field']``, and of one with a default."""
        plain, _, filters = (part.strip() for part in expression.partition("|"))
        path = re.findall(r"[A-Za-z_]\w*|\['[^']*'\]|\[\"[^\"]*\"\]", plain)
        if not path or re.fullmatch(r"[\w.\[\]'\"]+", plain) is None:
            return None
        node = self.variables.get(path[0])
        for field in path[1:]:
            node = node.get(field.strip("[]'\"")) if isinstance(node, YamlMap) else None
        default = re.fullmatch(r"default\(\s*(['\"])(.*?)\1\s*(?:,.*)?\)", filters)
        if node is None and default is not None:
            return YamlText(default[2], 0)
        if filters and default is None and filters not in ("string", "trim"):
            return None
        return node

    def _fill(self, text: str) -> tuple[str, bool]:
        """A text with its expressions filled in, and whether all of them are known."""
        is_known = True

        def value(match: re.Match[str]) -> str:
            nonlocal is_known
            found = self._lookup(match[1])
            if isinstance(found, YamlText) and "{{" in found.text:
                found = self._resolve(found)
            if not isinstance(found, YamlText) or "{{" in found.text:
                is_known = False
                return unknown_variable(match[1])
            return found.text

        return _EXPRESSION.sub(value, text), is_known

    # Modules ------------------------------------------------------------------------------

    def _module(self, name: str, node: YamlNode, task: YamlMap) -> Iterator[Part]:
        arguments = _arguments(node, task)
        if name in _SHELLS:
            yield from self._shell(node, arguments)
        elif name == "script":
            text = node if isinstance(node, YamlText) else arguments.get("cmd")
            if isinstance(text, YamlText):
                filled, is_known = self._fill(text.text.strip())
                words = [Word("bash", text.line), *_words(filled, text.line, is_known)]
                yield Part(commands=(tuple(words),))
        elif name == "pip":
            yield self._pip(arguments, node)
        elif name in _SYSTEM:
            yield from self._system(name, arguments, node)

    def _shell(self, node: YamlNode, arguments: Mapping[str, YamlNode]) -> Iterator[Part]:
        text = node if isinstance(node, YamlText) else arguments.get("cmd")
        if text is None and isinstance(arguments.get("argv"), YamlList):
            words = [
                Word(self._fill(each.text)[0], each.line, self._fill(each.text)[1])
                for each in list_texts(arguments["argv"])
            ]
            yield Part(commands=(tuple(words),))
            return
        if not isinstance(text, YamlText):
            return
        executable = arguments.get("executable")
        if isinstance(executable, YamlText) and "python" in executable.text:
            found = find_names(text.text, self.names)
            reason = "a script that is not one of the shell"
            self.unread.append(NotUnderstood(executable.text, text.line, reason, found))
            return
        folder = arguments.get("chdir")
        where: str | None = ""
        if isinstance(folder, YamlText):
            filled, is_known = self._fill(folder.text)
            where = filled if is_known else None
        yield Part(tuple(shell_lines(text, lambda row: self._fill(row)[0])), folder=where)

    def _texts(self, node: YamlNode | None) -> Iterator[tuple[YamlText, str, bool]]:
        """The texts of a value, filled in, each with whether all of it is known."""
        if node is None:
            return
        for text in list_texts(self._resolve(node)):
            resolved = self._resolve(text)
            for each in list_texts(resolved):
                line = each.line or text.line or node.line
                filled, is_known = self._fill(each.text)
                for part in filled.split(",") if isinstance(node, YamlText) else [filled]:
                    if part.strip():
                        yield each._replace(line=line), part.strip(), is_known

    def _system(
        self, module: str, arguments: Mapping[str, YamlNode], node: YamlNode
    ) -> Iterator[Part]:
        state = arguments.get("state")
        if isinstance(state, YamlText) and state.text in ("absent", "removed"):
            return
        program = _SYSTEM[module] or "apt-get"
        words = [Word(program, node.line), Word("install", node.line)]
        for key in ("name", "pkg", "package", "deb"):
            for text, filled, is_known in self._texts(arguments.get(key)):
                # All that is installed already is not named.
                if filled != "*":
                    words.append(Word(filled, text.line, is_known))
        if len(words) > 2:
            yield Part(commands=(tuple(words),))

    def _pip(self, arguments: Mapping[str, YamlNode], node: YamlNode) -> Part:
        line = node.line
        program = "pip"
        state = arguments.get("state")
        if isinstance(state, YamlText) and state.text == "absent":
            return Part()
        for key, form in (("executable", "{}"), ("virtualenv", "{}/bin/pip")):
            for text, filled, is_known in self._texts(arguments.get(key)):
                program, line = (form.format(filled) if is_known else program), text.line
        commands: list[tuple[Word, ...]] = []
        for _, python, is_known in self._texts(arguments.get("virtualenv_python")):
            folder = program.removesuffix("/bin/pip")
            if is_known:
                make = ("virtualenv", "--python", python, folder)
                commands.append(tuple(Word(word, line) for word in make))
        words = [Word(program, node.line), Word("install", node.line)]
        version = next(iter(self._texts(arguments.get("version"))), None)
        for text, filled, is_known in self._texts(arguments.get("name")):
            if version is not None:
                filled = f"{filled}=={version[1]}"
                is_known = is_known and version[2]
            words.append(Word(filled, text.line, is_known))
        for text, filled, is_known in self._texts(arguments.get("requirements")):
            words += [Word("-r", text.line), Word(filled, text.line, is_known)]
        extra = arguments.get("extra_args")
        if isinstance(extra, YamlText):
            filled, is_known = self._fill(extra.text)
            words += _words(filled, extra.line, is_known)
        chosen = next(iter(self._texts(arguments.get("chdir"))), None)
        where = chosen[1] if chosen is not None and chosen[2] else ""
        return Part(commands=(*commands, tuple(words)), folder=where)


def _words(text: str, line: int, is_known: bool) -> list[Word]:
    return [Word(word, line, is_known or "$" not in word) for word in text.split()]


def _arguments(node: YamlNode, task: YamlMap) -> dict[str, YamlNode]:
    """The arguments of a module, also those in ``args``, or in one line (``name=x state=y``)."""
    found: dict[str, YamlNode] = {}
    extra = task.map("args")
    for each in (node if isinstance(node, YamlMap) else None, extra):
        for key, value in each.pairs if each is not None else ():
            found[key.text] = value
    if isinstance(node, YamlText):
        for match in _ARGUMENT.finditer(node.text):
            text = match[2]
            if text[:1] in "\"'" and text[:1] == text[-1:]:
                text = text[1:-1]
            found.setdefault(match[1], YamlText(text, node.line))
    return found
