"""Workflows of GitHub, and composite actions: what their steps install, job by job, and for each
combination of a matrix.

Source: GitHub, "Workflow syntax", "Metadata syntax for actions", "Contexts"; actions/setup-python,
astral-sh/setup-uv, conda-incubator/setup-miniconda, for the inputs that choose a Python.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator, Mapping
from itertools import islice

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.containers.image_reference import BaseImage, read_image_name
from neuron_pin.inputs.containers.installation import NotUnderstood, find_names
from neuron_pin.inputs.containers.interpreters import UNKNOWN, read_python
from neuron_pin.inputs.containers.recipe import MAX_IMAGES, NamedImage, Recipe
from neuron_pin.inputs.yaml_document import YamlMap, YamlNode, YamlText, read_yaml

from .jobs import Job, Part
from .matrix import MAX_COMBINATIONS, read_matrix
from .yaml_scripts import (
    list_texts,
    merged,
    not_shell,
    read_recipe,
    shell_lines,
    text_pairs,
    unknown_variable,
)

MAX_FILLED = 4 * 1024 * 1024
"""Characters of a job's steps that are filled in, over all combinations of its matrix."""

MAX_ACTIONS = 3
"""How deeply local actions use others."""

_PYTHON_ACTIONS = r"(?:actions/setup-python|astral-sh/setup-uv|conda-incubator/setup-miniconda)@"
_SHELLS = re.compile(r"\s*(?:\S*/)?(?:bash|sh|dash|zsh)(?![\w.-])")
_ASKS = re.compile(r"package|require|depend|install|pip\b|apt\b|run\b|command|script", re.I)
"""Inputs of actions that ask for packages."""

_RANGE = re.compile(r"[\w.\]-]\s*(?:[=~!<>]=|[<>]\d)|\binstall\s")
_DOCKER = "docker://"
"""What an action that is a container begins with."""
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.S)


def read_workflow(path: str, names: Container[str]) -> Recipe:
    """What a workflow, or a composite action, installs.  Raises `UnreadableInput`."""
    root = _root(path)

    def read(node: YamlMap) -> Iterator[Job]:
        return _Workflow(node, root, names).jobs()

    def list_images(node: YamlMap) -> Iterator[NamedImage]:
        return islice(_Workflow(node, root, names).images(), MAX_IMAGES)

    return read_recipe(path, names, [root], read, list_images)


def _root(path: str) -> str:
    """The folder of the repository, as far as the path tells it."""
    parts = os.path.normpath(path).split(os.sep)
    if ".github" in parts:
        return os.sep.join(parts[: parts.index(".github")]) or ("/" if path[:1] == "/" else "")
    return os.path.dirname(path)


class _Workflow:
    def __init__(self, node: YamlMap, root: str, names: Container[str]) -> None:
        self.node = node
        self.root = root
        self.names = names

    def jobs(self) -> Iterator[Job]:
        runs = self.node.map("runs")
        if runs is not None and self.node.get("jobs") is None:
            steps = _Steps({}, self.inputs(self.node.map("inputs")), self, None)
            yield steps.job(runs, "", None)
            return
        jobs = self.node.map("jobs")
        for key, job in jobs.pairs if jobs is not None else ():
            if isinstance(job, YamlMap):
                yield from self._job(key.text, job)

    def images(self) -> Iterator[NamedImage]:
        """The images of services, and of steps that are a container, as far as the defaults of
        inputs tell them; those of a matrix once for each of its values."""
        runs = self.node.map("runs")
        jobs = self.node.map("jobs")
        for _, job in jobs.pairs if jobs is not None else (("", runs),):
            if not isinstance(job, YamlMap):
                continue
            strategy = job.map("strategy")
            matrix = strategy.map("matrix") if strategy is not None else None
            services = job.map("services")
            named = [
                node.text("image") if isinstance(node, YamlMap) else node
                for _, node in (services.pairs if services is not None else ())
            ]
            texts = [text for text in named if isinstance(text, YamlText) and text.text]
            texts += [u for u in _list_uses(job) if u.text.startswith(_DOCKER)]
            for text in texts:
                used = set(re.findall(r"matrix\.([\w.-]+)", text.text))
                for values in read_matrix(matrix) if used else [{}]:
                    known = self._known()
                    known.update({f"matrix.{key}": value for key, value in values.items()})
                    steps = _Steps(text_pairs(self.node.get("env")), known, self, job)
                    yield NamedImage(steps.fill(text.text).removeprefix(_DOCKER), text.line)

    def inputs(self, node: YamlMap | None) -> dict[str, str]:
        """The defaults of inputs, as an expression names them."""
        found = {}
        for key, value in node.pairs if node is not None else ():
            default = value.text("default") if isinstance(value, YamlMap) else None
            if default is not None:
                found[f"inputs.{key.text}"] = default.text
        return found

    def _known(self) -> dict[str, str]:
        found: dict[str, str] = {}
        events = self.node.map("on")
        for _, event in events.pairs if events is not None else ():
            if isinstance(event, YamlMap):
                found.update(self.inputs(event.map("inputs")))
        found.update({f"github.event.{name}": value for name, value in found.items()})
        return found

    def _job(self, name: str, job: YamlMap) -> Iterator[Job]:
        strategy = job.map("strategy")
        matrix = strategy.map("matrix") if strategy is not None else None
        combinations = read_matrix(matrix)
        used = set(re.findall(r"matrix\.([\w.-]+)", " ".join(_texts_of_steps(job))))
        projected = {
            tuple((k, v) for k, v in each.items() if k in used): None for each in combinations
        }
        unread: tuple[NotUnderstood, ...] = ()
        size = sum(len(text) for text in _texts_of_steps(job)) + 1
        limit = max(1, MAX_FILLED // size)
        if matrix is not None and (len(combinations) >= MAX_COMBINATIONS or len(projected) > limit):
            reason = "has more combinations than are read"
            unread = (NotUnderstood("matrix", matrix.line, reason),)
        for values in islice(projected, limit):
            known = self._known()
            known.update({f"matrix.{key}": value for key, value in values})
            label = ", ".join([f"job {name}", *(f"{key} {value}" for key, value in values)])
            steps = _Steps(text_pairs(self.node.get("env")), known, self, job)
            made = steps.job(job, label if len(projected) > 1 else "", self.node.map("defaults"))
            yield made._replace(unread=(*unread, *made.unread))


class _Steps:
    """The steps of one job with what expressions are worth there."""

    def __init__(
        self,
        env: Mapping[str, str],
        known: Mapping[str, str],
        workflow: _Workflow,
        job: YamlMap | None,
    ) -> None:
        self.known = dict(known)
        self.workflow = workflow
        self.env = self._environment(env)
        if job is not None:
            self.env = self._environment(merged(self.env, text_pairs(job.get("env"))))
        self.unread: list[NotUnderstood] = []

    def _environment(self, env: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in env.items():
            text = self.fill(value)
            # What is not known is no value.
            if "${" not in text:
                found[name] = text
                self.known[f"env.{name}"] = text
        return found

    def fill(self, text: str) -> str:
        """A text with its expressions filled in."""
        if "${{" not in text:
            return text

        def value(match: re.Match[str]) -> str:
            found = self.known.get(match[1])
            if found is None:
                # A || B, with a text for B: what it is by default.
                first, _, second = (part.strip() for part in match[1].partition("||"))
                found = self.known.get(first)
                if found is None and re.fullmatch(r"'[^']*'", second):
                    found = second[1:-1]
            return unknown_variable(match[1]) if found is None else found

        return _EXPRESSION.sub(value, text)

    def job(self, job: YamlMap, label: str, defaults: YamlMap | None) -> Job:
        run = defaults.map("run") if defaults is not None else None
        own = job.map("defaults")
        own_run = own.map("run") if own is not None else None
        shell = self._setting("shell", own_run, run)
        folder = self._setting("working-directory", own_run, run)
        base = self._container(job.get("container"))
        parts = list(self._steps(job, shell, folder, 0))
        return Job(
            tuple(parts),
            unread=tuple(self.unread),
            base=base,
            # Of a runner nothing tells which Python it has.
            python=None if base is not None else UNKNOWN,
            label=label,
        )

    def _setting(self, name: str, *places: YamlMap | None) -> str:
        for place in places:
            found = place.text(name) if place is not None else None
            if found is not None:
                return self.fill(found.text)
        return ""

    def _container(self, node: YamlNode | None) -> BaseImage | None:
        image = node.text("image") if isinstance(node, YamlMap) else node
        if not isinstance(image, YamlText) or not image.text:
            return None
        return read_image_name(self.fill(image.text), image.line)

    def _steps(self, job: YamlMap, shell: str, folder: str, depth: int) -> Iterator[Part]:
        for step in job.items("steps"):
            if not isinstance(step, YamlMap):
                continue
            condition = self._condition(step.text("if"))
            if condition is None:
                continue
            run = step.text("run")
            uses = step.text("uses")
            if run is not None:
                own = self._setting("shell", step) or shell
                if own and _SHELLS.match(own) is None:
                    self.unread.append(not_shell(run, own.split()[0], self.workflow.names))
                    continue
                where = self._setting("working-directory", step) or folder
                kept = dict(self.known)
                variables = self._environment(merged(self.env, text_pairs(step.get("env"))))
                yield Part(
                    tuple(shell_lines(run, self.fill)),
                    variables,
                    where if "$" not in where else None,
                    condition=condition,
                )
                self.known = kept
            elif uses is not None and re.match(_PYTHON_ACTIONS, uses.text):
                python = self._python(step.map("with"))
                if python is not None:
                    yield Part(python=python, condition=condition)
            elif uses is not None and uses.text.startswith("./"):
                yield from self._local(uses, step, shell, folder, depth)
            elif uses is not None:
                self._other(uses, step.map("with"))

    def _other(self, uses: YamlText, given: YamlMap | None) -> None:
        """An action of another repository, which may install what its inputs name."""
        for key, value in given.pairs if given is not None else ():
            for text in list_texts(value):
                filled = self.fill(text.text)
                names = find_names(filled, self.workflow.names)
                # A tag, a path and the key of a cache have such names, too.
                if names and (re.search(_ASKS, key.text) or re.search(_RANGE, filled)):
                    reason = "an input of an action that is not read"
                    written = f"{key.text}: {' '.join(text.text.split())}"
                    self.unread.append(NotUnderstood(written, text.line, reason, names))

    def _python(self, given: YamlMap | None) -> str | None:
        """The Python that an action sets up, none where it leaves it as it is."""
        asked = list(list_texts(given.get("python-version"))) if given is not None else []
        words = [word for text in asked for word in self.fill(text.text).split()]
        if not words:
            return UNKNOWN if given is not None and given.get("python-version-file") else None
        # Of several the last one is the default.
        return read_python(words[-1].removesuffix(".x")) or UNKNOWN

    def _condition(self, node: YamlText | None) -> tuple[str, str] | None:
        """What a step asks before it runs, none where it does not run here."""
        if node is None:
            return ("", "")
        text = re.sub(_EXPRESSION, r"\1", node.text).strip()
        compared = re.fullmatch(r"([\w.-]+)\s*(==|!=)\s*'([^']*)'", text)
        if compared is None:
            return (text, "yes")
        value = self.known.get(compared[1])
        if value is None:
            return (compared[1], compared[3]) if compared[2] == "==" else (text, "yes")
        return ("", "") if (value == compared[3]) is (compared[2] == "==") else None

    def _local(
        self, uses: YamlText, step: YamlMap, shell: str, folder: str, depth: int
    ) -> Iterator[Part]:
        """The steps of an action of the same repository, on the line that uses it."""
        where = os.path.normpath(os.path.join(self.workflow.root, uses.text))
        path = next(
            (
                each
                for each in (os.path.join(where, name) for name in ("action.yml", "action.yaml"))
                if os.path.isfile(each)
            ),
            "",
        )
        reason = "uses an action that was not read"
        if not path or depth >= MAX_ACTIONS:
            self.unread.append(NotUnderstood(f"uses: {uses.text}", uses.line, reason))
            return
        try:
            documents = read_yaml(path)
        except UnreadableInput as error:
            self.unread.append(NotUnderstood(f"uses: {uses.text}", uses.line, error.problem))
            return
        root = documents[0].root if documents else None
        runs = root.map("runs") if isinstance(root, YamlMap) else None
        if not isinstance(root, YamlMap) or runs is None:
            return
        kept = self.known
        given = {
            f"inputs.{key}": self.fill(value) for key, value in text_pairs(step.get("with")).items()
        }
        self.known = {**kept, **self.workflow.inputs(root.map("inputs")), **given}
        for part in self._steps(runs, shell, folder, depth + 1):
            # The file of the action is checked by itself; here it counts where it is used.
            lines = tuple((uses.line, line) for _, line in part.lines)
            yield part._replace(lines=lines)
        self.known = kept


def _list_uses(job: YamlMap) -> Iterator[YamlText]:
    for step in job.items("steps"):
        uses = step.text("uses") if isinstance(step, YamlMap) else None
        if uses is not None:
            yield uses


def _texts_of_steps(job: YamlMap) -> Iterator[str]:
    """The texts of a job that decide what its steps do: not what it is called and runs on."""
    for key, value in job.pairs:
        if key.text in ("env", "container", "defaults"):
            yield from _all_texts(value)
    for step in job.items("steps"):
        for key, value in step.pairs if isinstance(step, YamlMap) else ():
            if key.text != "name":
                yield from _all_texts(value)


def _all_texts(node: YamlNode) -> Iterator[str]:
    if isinstance(node, YamlText):
        yield node.text
    elif isinstance(node, YamlMap):
        for _, value in node.pairs:
            yield from _all_texts(value)
    else:
        for item in node.items:
            yield from _all_texts(item)
