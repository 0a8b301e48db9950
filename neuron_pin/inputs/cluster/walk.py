"""Images, charts and resources in a tree of YAML, wherever they stand in it.

Source: Kubernetes, "Container v1 core"; Helm, "Charts", and its chart of ``helm create`` for
``image.repository`` and ``image.tag``; Kustomize, "images", "helmCharts"; Flux, "HelmRelease",
"OCIRepository"; Argo CD, "Application"; k3s, "HelmChart"; the Compose specification, "image" and
"Interpolation".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.containers.installation import NotUnderstood
from neuron_pin.inputs.yaml_document import (
    YamlDocument,
    YamlList,
    YamlMap,
    YamlNode,
    YamlText,
    parse_yaml,
)

from .found import NamedChart, NamedImage, NamedResource, Switch, split_image
from .templates import text_of

MAX_NESTED = 3
"""How deeply values stand in other values, as texts."""
RESOURCE = "aws.amazon.com/neuron"
"""What the names of Neuron's resources begin with."""

Fill = Callable[[YamlText], tuple[str, bool]]
"""A text with its expressions filled in, and whether all of them are known."""

_NAME = r"[a-z0-9][a-z0-9._-]*(?::[\w.-]+)?(?:@\w+:[0-9a-fA-F]+)?"
_REFERENCE = re.compile(rf"(?:[\w.-]+(?::\d+)?/)?(?:[a-z0-9][a-z0-9._-]*/)*{_NAME}")
_LAST = re.compile(rf"[^\s]*/({_NAME})")
"""What stands behind a registry that is not known."""
_VARIABLE = re.compile(r"\$\{(\w+)(?::?-([^}]*))?\}|\$\((\w+)\)|\$(\w+)|<[\w -]+>")
_IMAGE_KEY = re.compile(r"image|\w+Image|\w+_image|image_?ur[il]|image_?name", re.I)
_SETTINGS = re.compile(
    r"(?:devicePlugin|scheduler|draDriver|ultraserverOperator|npd|nodeRecovery)$"
)
_ASKS = ("repository", "repo", "repoURL", "sourceRef", "targetRevision")
"""What stands beside the name of a chart that is asked for."""
_CHART_NAME = re.compile(r"(?:.*/)?(neuron-helm-chart)")


class Walk:
    """Collects what documents of one file name; ``fill`` evaluates the expressions of a template,
    ``is_told`` says whether the values of its chart state a text."""

    def __init__(self, path: str, fill: Fill, is_told: Callable[[YamlText], bool]) -> None:
        self.path = path
        self.fill = fill
        self.is_told = is_told
        self.images: dict[NamedImage, None] = {}
        self.charts: dict[NamedChart, None] = {}
        self.resources: dict[NamedResource, None] = {}
        self.switches: dict[Switch, None] = {}
        self.unread: dict[NotUnderstood, None] = {}
        self.problems: list[UnreadableInput] = []
        self._groups = 0

    def take(self, document: YamlDocument) -> None:
        """Collect what a document names."""
        root = document.root
        if isinstance(root, YamlMap):
            kind = text_of(root.get("kind"))
            if kind == "Kustomization" or root.get("images") is not None:
                self._kustomize(root)
            if text_of(root.get("name")) and root.get("version") and not kind:
                # Chart.yaml: what the file is, not what it asks for.
                self._chart(root, text_of(root.get("name")), "version", is_own=True)
        self._visit(root, (), 0)

    def _visit(self, node: YamlNode | None, keys: tuple[str, ...], nested: int) -> None:
        if isinstance(node, YamlList):
            for item in node.items:
                self._visit(item, keys, nested)
        elif isinstance(node, YamlMap):
            self._map(node, keys)
            for key, value in node.pairs:
                if isinstance(value, YamlText):
                    self._text(key, value, node, keys, nested)
                else:
                    self._visit(value, (*keys, key.text), nested)

    def _map(self, node: YamlMap, keys: tuple[str, ...]) -> None:
        self._image_map(node, keys)
        for name in ("chart", "name", "url", "repoURL"):
            text = text_of(node.get(name)).removesuffix("/")
            if _CHART_NAME.fullmatch(text) is None:
                continue
            at = "targetRevision" if node.get("targetRevision") is not None else "version"
            # A label of a chart has neither.
            asks = text.startswith("oci:") or any(node.get(key) is not None for key in _ASKS)
            if name != "url" and (asks or (name == "chart" and node.get(at) is not None)):
                self._chart(node, text, at)
            elif name == "url" and (ref := node.map("ref")) is not None:
                self._chart(ref, text, "semver" if ref.get("semver") is not None else "tag")
            break
        if node.get("draDriver") is not None or node.get("devicePlugin") is not None:
            self._switches(node)

    def _text(
        self, key: YamlText, value: YamlText, node: YamlMap, keys: tuple[str, ...], nested: int
    ) -> None:
        name = key.text
        if _IMAGE_KEY.fullmatch(name) is not None and not self._has_parts(node):
            self._reference(value, node)
        elif name.startswith(RESOURCE):
            if keys and keys[-1] in ("limits", "requests"):
                self.resources.setdefault(NamedResource(name, key.line))
        elif name in ("values", "valuesContent") and "\n" in value.text and nested < MAX_NESTED:
            self._values(value, keys, nested)

    def _reference(self, value: YamlText, node: YamlMap) -> None:
        text, is_whole = self._resolve(value)
        if not text:
            return
        repository, tag, digest = split_image(text)
        image = NamedImage(
            text,
            repository,
            tag,
            digest,
            value.line,
            requests=_requests_neuron(node),
        )
        self._keep(image, value, is_whole=is_whole)

    def _image_map(self, node: YamlMap, keys: tuple[str, ...]) -> None:
        """A mapping that states an image in parts, as the values of charts do."""
        named = node.get("repository") or (node.get("image") if self._has_parts(node) else None)
        tagged = node.get("tag")
        if named is None and tagged is not None and keys[-1:] == ("image",):
            # JupyterHub's chart.
            named = node.get("name")
        setting = self._find_setting(keys)
        if not isinstance(named, YamlText) and not (setting and tagged is not None):
            return
        if isinstance(named, YamlText) and "://" in named.text:
            # Where a chart is from.
            return
        where = tagged or named
        assert where is not None
        repository, is_named = self._resolve(named) if isinstance(named, YamlText) else ("", True)
        registry = text_of(node.get("registry"))
        if registry and repository:
            repository = f"{registry.rstrip('/')}/{repository}"
        tag, is_tagged = self._resolve(tagged) if isinstance(tagged, YamlText) else ("", True)
        digest = text_of(node.get("digest"))
        path, own_tag, own_digest = split_image(repository)
        tag, digest = tag or own_tag, digest or own_digest
        text = path + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
        image = NamedImage(text, path, tag, digest, where.line, setting, is_open=True)
        self._keep(image, where, is_whole=is_named and is_tagged)

    def _keep(self, image: NamedImage, value: YamlNode, *, is_whole: bool) -> None:
        text = image.text
        if is_whole and (not image.repository or _REFERENCE.fullmatch(text)):
            self.images.setdefault(image)
            return
        last = None if is_whole else _LAST.fullmatch(text)
        if last is not None:
            repository, tag, digest = split_image(last[1])
            self.images.setdefault(image._replace(repository=repository, tag=tag, digest=digest))
            return
        if "neuron" not in text.lower():
            return
        names: tuple[str, ...] = ("neuron",)
        reason = "no name of an image" if is_whole else "an image of which not all is stated here"
        if isinstance(value, YamlText) and self.is_told(value):
            # A template without a word of its own: the values are checked where they stand.
            names, reason = (), "the values of the chart state this image"
        self.unread.setdefault(NotUnderstood(text, image.line, reason, names))

    def _resolve(self, value: YamlText) -> tuple[str, bool]:
        """A text, and whether all of it is known."""
        if value.is_plain and value.text in ("null", "~"):
            return "", True
        text, is_whole = self.fill(value)

        def put(variable: re.Match[str]) -> str:
            nonlocal is_whole
            if variable[2]:
                return variable[2]
            is_whole = False
            return variable[0]

        return _VARIABLE.sub(put, text.strip()), is_whole

    @staticmethod
    def _has_parts(node: YamlMap) -> bool:
        """Whether ``image`` is the repository of a tag that stands beside it."""
        return node.text("image") is not None and node.get("tag") is not None

    @staticmethod
    def _find_setting(keys: tuple[str, ...]) -> str:
        """The part of the Neuron chart whose image a place in its values is, empty for another."""
        if len(keys) < 2 or keys[-1] != "image" or _SETTINGS.fullmatch(keys[-2]) is None:
            return ""
        return "npd.nodeRecovery" if keys[-2] == "nodeRecovery" else keys[-2]

    def _chart(self, node: YamlMap, text: str, at: str, *, is_own: bool = False) -> None:
        found = _CHART_NAME.fullmatch(text)
        if found is None:
            return
        version = node.get(at)
        value, is_whole = self._resolve(version) if isinstance(version, YamlText) else ("", True)
        line = version.line if version is not None else node.line
        if not is_whole:
            reason = "a version of the chart that is not stated here"
            self.unread.setdefault(NotUnderstood(f"{found[1]} {value}", line, reason, ("neuron",)))
        elif not any(chart.line == line for chart in self.charts):
            self.charts.setdefault(NamedChart(found[1], value, line, is_own))

    def _switches(self, node: YamlMap) -> None:
        self._groups += 1
        for setting in ("draDriver", "devicePlugin", "scheduler", "ultraserverOperator"):
            part = node.map(setting)
            enabled = part.get("enabled") if part is not None else None
            if isinstance(enabled, YamlText) and enabled.text in ("true", "false"):
                is_on = enabled.text == "true"
                self.switches.setdefault(Switch(setting, is_on, enabled.line, self._groups))

    def _kustomize(self, root: YamlMap) -> None:
        """What a customization puts in the place of images."""
        for item in root.items("images"):
            if not isinstance(item, YamlMap):
                continue
            name, fresh, tag = (item.text(key) for key in ("name", "newName", "newTag"))
            if name is None:
                continue
            repository = text_of(fresh) or split_image(text_of(name))[0]
            digest = text_of(item.get("digest"))
            version = text_of(tag)
            text = repository + (f":{version}" if version else "")
            text += f"@{digest}" if digest else ""
            where = tag or name
            image = NamedImage(text, repository, version, digest, where.line, is_open=True)
            self._keep(image, where, is_whole=True)

    def _values(self, value: YamlText, keys: tuple[str, ...], nested: int) -> None:
        """Values of a chart that stand in a manifest as a text."""
        first = value.lines[0][0] if value.lines else value.line
        try:
            documents = parse_yaml(value.text.encode(), self.path, first)
        except UnreadableInput as error:
            if "neuron" in value.text.lower():
                line = error.line or value.line
                self.unread.setdefault(NotUnderstood("values", line, error.problem, ("neuron",)))
            return
        for document in documents:
            self._visit(document.root, keys, nested + 1)


def _requests_neuron(node: YamlMap) -> bool:
    """Whether a container asks for Neuron devices."""
    resources = node.map("resources")
    if resources is None:
        return False
    asked = (resources.map(name) for name in ("limits", "requests"))
    return any(
        key.text.startswith(RESOURCE) for each in asked if each is not None for key, _ in each.pairs
    )
