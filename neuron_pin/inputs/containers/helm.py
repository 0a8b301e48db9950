"""Neuron's Helm chart, as commands of Helm install it.

Source: Helm, "helm install", "helm upgrade": a chart is named by repository, by path, by the
address of a package, or in a registry (``oci://``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from neuron_pin.record import NamedTuple

from .installation import ONLY_RUN, NotUnderstood
from .shell_words import Word

_VERBS = ("install", "upgrade")
_CHART = re.compile(
    r"(?:[a-z][a-z+]*://)?(?:[\w.-]+(?::\d+)?/)*(?P<name>neuron-helm-chart)"
    r"(?:-(?P<package>\d[\w.+-]{0,60})\.tgz|:(?P<tag>[\w.+-]{1,80}))?"
)


class HelmChart(NamedTuple):
    """The chart with its version, which may be a range, and is empty for none, and where the
    command names it."""

    name: str
    version: str
    line: int
    file: str = ""


def read_helm(words: Sequence[Word], file: str) -> HelmChart | NotUnderstood | None:
    """What a command of Helm installs of Neuron; none where it installs nothing of it, or a chart
    in a folder, which is read by itself."""
    texts = [word.text for word in words]
    if not any(text in _VERBS for text in texts[1:]):
        return None
    chart, match = next(
        ((w, m) for w in words[1:] if (m := _CHART.fullmatch(w.text)) is not None), (None, None)
    )
    if chart is None or match is None or chart.text.startswith((".", "/")):
        return None
    version = Word(match["package"] or match["tag"] or "", chart.line)
    for number, word in enumerate(words):
        name, equals, value = word.text.partition("=")
        if name == "--version" and equals:
            version = word._replace(text=value)
        elif name == "--version" and number + 1 < len(words):
            version = words[number + 1]
    if not version.is_known:
        return NotUnderstood(f"--version {version.text}", version.line, ONLY_RUN, file=file)
    return HelmChart(match["name"], version.text, version.line, file)
