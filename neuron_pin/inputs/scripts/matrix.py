"""The matrix of a job: which values its combinations have.

Source: GitHub, "Workflow syntax": jobs.<job_id>.strategy.matrix, include, exclude.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product

from neuron_pin.inputs.yaml_document import YamlList, YamlMap, YamlNode, YamlText

MAX_COMBINATIONS = 256

Combination = Mapping[str, str]
"""Values by their names: ``python``, or ``config.python`` for those of a mapping."""


def read_matrix(node: YamlMap | None) -> list[Combination]:
    """The combinations of a matrix, at most `MAX_COMBINATIONS`; without a matrix, one that is
    empty."""
    if node is None:
        return [{}]
    names: list[str] = []
    values: list[list[Combination]] = []
    for key, value in node.pairs:
        if key.text in ("include", "exclude"):
            continue
        if isinstance(value, YamlList):
            names.append(key.text)
            values.append([dict(_flatten(key.text, item)) for item in value.items])
    combinations: list[dict[str, str]] = []
    if values:
        for chosen in islice(product(*values), MAX_COMBINATIONS):
            combinations.append({k: v for each in chosen for k, v in each.items()})
    excluded = [dict(_flatten("", item)) for item in node.items("exclude")]
    combinations = [c for c in combinations if not any(_matches(c, e) for e in excluded if e)]
    return _include(combinations, [dict(_flatten("", i)) for i in node.items("include")]) or [{}]


def _include(
    combinations: list[dict[str, str]], included: Sequence[Combination]
) -> list[Combination]:
    original = [dict(each) for each in combinations]
    found: list[dict[str, str]] = combinations
    for entry in included:
        if not entry:
            continue
        is_new = True
        for own, each in zip(original, found, strict=False):
            if all(own[key] == value for key, value in entry.items() if key in own):
                each.update(entry)
                is_new = False
        if is_new and len(found) < MAX_COMBINATIONS:
            found.append(dict(entry))
    return [*found]


def _matches(combination: Combination, entry: Combination) -> bool:
    return all(combination.get(key) == value for key, value in entry.items())


def _flatten(name: str, node: YamlNode) -> Iterator[tuple[str, str]]:
    if isinstance(node, YamlText):
        if name:
            yield name, node.text
    elif isinstance(node, YamlMap):
        for key, value in node.pairs:
            yield from _flatten(f"{name}.{key.text}" if name else key.text, value)
