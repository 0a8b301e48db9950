"""What the content of a file says of its kind: by its first bytes, without what reads one.

`neuron_pin.inputs.file_kind` asks these one after another about a file whose name says nothing, so
they import none of the readers.
"""

from __future__ import annotations

import os
import re

CLOUD_CONFIG = r"(?:## template:[^\n]*\n)?#cloud-config(?:-archive)?\s*(?m:$)"
CYCLONEDX = "http://cyclonedx.org/schema/bom/"
"""The namespace of CycloneDX in XML, before its version."""

_TASK = (
    rb"(?m)^\s*-?\s+(?:ansible\.(?:builtin|legacy)\.)?"
    rb"(?:apt|yum|dnf|dnf5|package|pip|shell|command|raw|script|include_tasks|import_tasks):"
)
_REQUIREMENT = (
    r"(?:-[a-z-]{1,40}|--[a-z-]{1,40}(?:[ =].*)?|-[a-z] .*"
    r"|[A-Za-z0-9][\w.-]*\s*(?:\[[^]]*\]\s*)?(?:\(?\s*(?:[<>=!~]=?=?\s*v?\d|@\s*\S|;).*)?)"
)


def looks_like_dockerfile(path: str, head: bytes) -> bool:
    """Whether a text begins as a Dockerfile does: with the image that it is from."""
    del path
    rows = (row.strip() for row in head.decode("utf-8", "replace").splitlines())
    rows = (row for row in rows if row and not row.startswith("#"))
    first = next((row for row in rows if not re.match(r"ARG\s", row, re.IGNORECASE)), "")
    image = r"FROM\s+(?:--platform=\S+\s+)?[\w$][^\s,;]*(?:\s+AS\s+\S+)?"
    return re.fullmatch(image, first, re.IGNORECASE) is not None


def looks_like_script(path: str, head: bytes) -> bool:
    """Whether a file begins as a script of a shell does."""
    del path
    return head.startswith(b"#!") and is_shell(head.partition(b"\n")[0].decode("ascii", "replace"))


def is_shell(first_line: str) -> bool:
    """Whether a first line (``#!…``) names a shell."""
    words = first_line[2:].split()
    programs = [word.rpartition("/")[2] for word in words[:3] if not word.startswith("-")]
    return any(program in ("sh", "bash", "dash", "ash", "ksh", "zsh") for program in programs)


def looks_like_cloud_init(path: str, head: bytes) -> bool:
    """Whether a file begins as user data does that is no script."""
    del path
    text = head[:4096].decode("utf-8", "replace")
    is_message = re.match(r"(?:MIME-Version:|Content-Type: multipart/)", text, re.I) is not None
    return re.match(CLOUD_CONFIG, text) is not None or (is_message and "multipart/" in text)


def looks_like_workflow(path: str, head: bytes) -> bool:
    """Whether a YAML file seems to be a workflow, or a composite action."""
    if not path.endswith((".yml", ".yaml")):
        return False
    if re.search(rb"^jobs:\s*(?:#.*)?$", head, re.M) and b"runs-on:" in head:
        return True
    return re.search(rb"^\s+using:\s*['\"]?composite", head, re.M) is not None


def looks_like_buildspec(path: str, head: bytes) -> bool:
    """Whether a YAML file seems to be a build specification."""
    if not path.endswith((".yml", ".yaml")):
        return False
    return (
        re.search(rb"^phases:\s*(?:#.*)?$", head, re.M) is not None
        and re.search(rb"^\s+commands:", head, re.M) is not None
    )


def looks_like_playbook(path: str, head: bytes) -> bool:
    """Whether a YAML file seems to be a playbook, or a file of tasks."""
    if not path.endswith((".yml", ".yaml")):
        return False
    is_list = re.search(rb"^(?:---\s*)?(?:#[^\n]*\n|\s*\n|---[^\n]*\n)*- ", head) is not None
    is_play = re.search(rb"^(?:- |  )hosts:", head, re.M) is not None
    return is_list and (is_play or re.search(_TASK, head) is not None)


def looks_like_packer_json(path: str, head: bytes) -> bool:
    """Whether a JSON file seems to be a template of Packer."""
    return path.endswith(".json") and b'"provisioners"' in head and b'"type"' in head


def looks_like_terraform(path: str, head: bytes) -> bool:
    """Whether a file of Terraform asks for machine images, and is about Neuron."""
    is_about = (
        re.search(rb'"(?:aws_ami|aws_ssm_parameter)"', head) is not None
        and b"neuron" in head.lower()
    )
    return path.endswith(".tf") and is_about


def looks_like_environment(path: str, head: bytes) -> bool:
    """Whether a YAML document has what an environment of conda has."""
    del path
    return (
        re.search(rb"(?m)^dependencies:", head) is not None
        and re.search(rb"(?m)^(?:channels|prefix|name):", head) is not None
        and re.search(rb"(?m)^\s*-\s+(?:pip:\s*$|[\w.:-]+\s*(?:[=<>]|$))", head) is not None
    )


def looks_like_project(path: str, head: bytes) -> bool:
    """Whether a text has the tables of a project (pyproject.toml) first."""
    del path
    first = re.search(rb"(?m)^\s*\[.*$", head)
    pattern = rb"\s*\[(?:project|build-system|dependency-groups|tool)[].]"
    return first is not None and re.match(pattern, first[0]) is not None


def looks_like_lock_json(path: str, head: bytes) -> bool:
    """Whether a JSON document begins as the lock of this program does."""
    del path
    return re.match(rb'\s*\{[^{}\[\]]*"schema_version":', head) is not None and (
        b'"ecosystem"' in head
    )


def looks_like_cyclonedx(path: str, head: bytes) -> bool:
    """Whether a document says that it is CycloneDX."""
    if re.match(rb"(?:\xef\xbb\xbf)?\s*\{", head):
        # Keys may be in any order: cyclonedx-py ends with this one.
        ends = (head, _read_end(path)) if b'"components"' in head else (head,)
        return any(re.search(rb'"bomFormat"\s*:\s*"CycloneDX"', part) for part in ends)
    return re.match(rb"(?:\xef\xbb\xbf)?\s*<", head) is not None and CYCLONEDX.encode() in head


def _read_end(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - 4096))
            return stream.read(4096)
    except OSError:
        return b""


def looks_like_spdx(path: str, head: bytes) -> bool:
    """Whether a document says that it is SPDX, of a version that is read or not."""
    del path
    if re.match(rb"(?:\xef\xbb\xbf)?\s*\{", head):
        return (
            b'"spdxVersion"' in head
            or re.search(rb'spdx\.org/rdf/3|SpdxDocument"', head) is not None
        )
    return re.search(rb"(?m)^SPDXVersion:\s*SPDX-", head) is not None


def looks_like_json_list(path: str, head: bytes) -> bool:
    """Whether a JSON document begins as one of these lists does."""
    del path
    if re.match(rb"(?:\xef\xbb\xbf)?\s*\[\s*\{[^{}\[\]]*\"version\"\s*:", head):
        keys = rb'"(?:name|dist_name)"\s*:'
        return re.search(keys, head) is not None
    return re.match(rb"(?:\xef\xbb\xbf)?\s*\{", head) is not None and b'"pip_version"' in head


def looks_like_cluster_file(path: str, head: bytes) -> bool:
    """Whether a YAML file seems to be a manifest, the values of a chart, or a Compose file."""

    def has(pattern: bytes) -> bool:
        return re.search(rb"(?m)^" + pattern, head) is not None

    if has(rb"[ ]{0,4}(?:- )?apiVersion:[ \t]*\S") and has(rb"[ ]{0,4}(?:- )?kind:[ \t]*\S"):
        return True
    if has(rb"services:[ \t]*(?:#.*)?$") and has(rb"[ ]{2,}(?:- )?image:"):
        return True
    if "values" in os.path.basename(path).lower() and has(rb"[ ]*(?:- )?image:"):
        return True
    return has(rb"[ ]+repository:") and has(rb"[ ]+tag:")


def looks_like_requirements(path: str, head: bytes) -> bool:
    """Whether every line of a text could be one of pip's requirements, and one has a version."""
    del path
    try:
        # What is looked at may end within a sign.
        text = head[:-4].decode() + head[-4:].decode("utf-8", "ignore")
    except ValueError:
        return False
    lines = [re.sub(r"(^|\s)#.*$", "", line).rstrip("\\ \t").lstrip() for line in text.splitlines()]
    found = [line for line in lines if line]
    return any(re.search(r"[<>=~]=", line) for line in found) and all(
        re.fullmatch(_REQUIREMENT, line) for line in found
    )
