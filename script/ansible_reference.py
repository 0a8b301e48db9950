"""Prints docs/reference/ansible.md from the documentation of the collection's modules:

python script/ansible_reference.py > docs/reference/ansible.md
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

PLUGINS = Path(__file__).resolve().parent.parent / "ansible/plugins"
ORDER = (
    "facts", "check", "lock", "pin", "hook", "apply", "explain_error", "apt_pin", "dnf_lock",
)  # fmt: skip
HEAD = """\
# Ansible modules

The collection `neuron_pin.neuron` applies the policy to a fleet; [Fleets](../fleets.md) shows how.
Every module is one call a host, supports check mode and diff mode, and changes nothing the second
time. `script/collection` builds the collection; `ansible-doc neuron_pin.neuron.NAME` shows the same
as this page.

Hosts need a `python3` of 3.9 or newer. A version that arrives as a number is refused: YAML and INI
read `2.30` as the number 2.3, so write it in quotes, in a YAML file.
"""
_MARKS = (
    (r"\bM\(neuron_pin\.neuron\.(\w+)\)", r"[`\1`](#\1)"),
    (r"\bM\(([^)]+)\)", r"`\1`"),
    (r"\b(?:C|V|O|RV|P|E)\(([^)]*)\)", r"`\1`"),
)
"""Ansible's markup of documentation, as Markdown."""


def read_constants(path: Path) -> dict[str, str]:
    """The texts that a plugin has under names in capitals."""
    found = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                    found[target.id] = node.value.value
    return found


def read_options(documentation: dict[str, Any]) -> dict[str, Any]:
    """The options of a module, with those of the fragments that it names; its own count."""
    options: dict[str, Any] = {}
    for name in documentation.get("extends_documentation_fragment", []):
        _, _, plugin, *part = name.split(".")
        texts = read_constants(PLUGINS / f"doc_fragments/{plugin}.py")
        fragment = yaml.safe_load(texts[part[0].upper() if part else "DOCUMENTATION"])
        options.update(fragment.get("options") or {})
    return {**options, **(documentation.get("options") or {})}


def as_markdown(text: str | list[str]) -> str:
    """A text, or several, in one paragraph."""
    joined = " ".join(text) if isinstance(text, list) else text
    for pattern, instead in _MARKS:
        joined = re.sub(pattern, instead, joined)
    return " ".join(joined.split()).replace("|", "\\|")


def render_options(options: dict[str, Any], above: str = "") -> Iterator[str]:
    """The rows of a table, suboptions below their option."""
    for name, option in options.items():
        kind = option.get("type", "str")
        kind += f" of {option['elements']}" if "elements" in option else ""
        default = option.get("default")
        stated = "required" if option.get("required") else ""
        if default is not None and default not in ([], ""):
            stated = f"`{str(default).lower() if isinstance(default, bool) else default}`"
        choices = option.get("choices")
        text = as_markdown(option["description"])
        if choices:
            text = f"One of {', '.join(f'`{choice}`' for choice in choices)}. {text}"
        yield f"| `{above}{name}` | {kind} | {stated} | {text} |"
        yield from render_options(option.get("suboptions") or {}, f"{above}{name}[].")


def render_results(results: dict[str, Any]) -> Iterator[str]:
    """The rows of a table of results."""
    for name, result in results.items():
        kind = result["type"] + (f" of {result['elements']}" if "elements" in result else "")
        inside = ", ".join(f"`{key}`" for key in result.get("contains") or ())
        text = as_markdown(result["description"]) + (f" Has {inside}." if inside else "")
        yield f"| `{name}` | {kind} | {text} |"


def render_module(name: str) -> Iterator[str]:
    """The section of a module."""
    texts = read_constants(PLUGINS / f"modules/{name}.py")
    documentation = yaml.safe_load(texts["DOCUMENTATION"])
    yield f"\n## {name}\n"
    yield as_markdown(documentation["short_description"]) + ".\n"
    for paragraph in documentation["description"]:
        yield f"- {as_markdown(paragraph)}"
    for note in documentation.get("notes", []):
        yield f"- {as_markdown(note)}"
    yield "\n| option | type | default | |\n|---|---|---|---|"
    yield from render_options(read_options(documentation))
    yield f"\n```yaml\n{texts['EXAMPLES'].strip()}\n```\n"
    yield "| result | type | |\n|---|---|---|"
    yield from render_results(yaml.safe_load(texts["RETURN"]))


def render() -> str:
    """The whole page."""
    lines = [HEAD.rstrip()]
    for name in ORDER:
        lines += render_module(name)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
