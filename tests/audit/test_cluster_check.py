"""``check`` of files for Kubernetes clusters: nodes, folders, and input that is broken or hostile."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from conftest import Run

from neuron_pin.inputs.cluster import templates
from neuron_pin.inputs.cluster.found import split_image
from neuron_pin.inputs.cluster.reader import read_cluster_file
from neuron_pin.inputs.file_kind import find_kind

TARGET = ["--instance", "trn2", "--as-of", "2026-08-20"]
IMAGE = "public.ecr.aws/neuron/pytorch-inference-vllm-neuronx:0.16.0-neuronx-py312-sdk2.30.0-ubuntu24.04"
POD = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: serve}}
spec:
  containers:
    - name: vllm
      image: {IMAGE}
    - name: own
      image: registry.example.com/ml/serve:v12
      resources: {{limits: {{aws.amazon.com/neuroncore: 2}}}}
"""


def findings(run: Run, *words: str | Path) -> list[tuple[str, str]]:
    """The findings but for those on images of releases, which tests of images judge."""
    document = json.loads(run("check", *words, *TARGET, "--format", "json").out)
    rows = [(row["rule"], row["place"]) for row in document["findings"]]
    return [row for row in rows if row[0] not in ("NP201", "NP618")]


def write_root(root: Path, driver: str) -> Path:
    module = root / "sys" / "module" / "neuron"
    module.mkdir(parents=True)
    (module / "version").write_text(f"{driver}\n")
    (root / "etc").mkdir()
    (root / "etc" / "os-release").write_text('ID=ubuntu\nVERSION_ID="24.04"\n')
    return root


# values of a chart that override tags alone, rules
OVERRIDES = [
    ("devicePlugin:\n  image:\n    tag: 2.19.16.0\nscheduler:\n  image:\n    tag: 2.31.0.0\n", ["NP507"]),
    ("neuron-helm-chart:\n  scheduler:\n    image:\n      tag: latest\n", ["NP504"]),
    ("devicePlugin:\n  image:\n    tag: 2.99.0.0\n", ["NP510"]),
    # Of another vendor's chart.
    ("devicePlugin:\n  image:\n    tag: v0.17.0\nscheduler:\n  image:\n    tag: latest\n", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rules"), OVERRIDES, ids=range(len(OVERRIDES)))
def test_values_that_override_a_tag_alone(run: Run, text: str, rules: list[str]) -> None:
    Path("values.yaml").write_text(text)
    assert [rule for rule, _ in findings(run, "values.yaml")] == rules


@pytest.mark.parametrize(("driver", "fails"), [("2.26.5.0", True), ("2.28.0.0", False)])
def test_the_driver_of_a_machine_is_that_of_the_nodes(
    run: Run, tmp_path: Path, driver: str, fails: bool
) -> None:
    Path("pod.yaml").write_text(POD)
    root = write_root(tmp_path / "root", driver)
    found = findings(run, "pod.yaml", "--root", root)
    assert (("NP506", "pod.yaml:7") in found) is fails
    # What the user says counts before that.
    found = findings(run, "pod.yaml", "--root", root, "--with-driver", "2.28.0.0")
    assert ("NP506", "pod.yaml:7") not in found


def test_a_lock_tells_the_driver_and_the_runtime_of_own_images(run: Run) -> None:
    Path("pod.yaml").write_text(POD)
    for sdk, name in (("2.28.1", "old.json"), ("2.30.0", "new.json")):
        words = ["--offline", "--instance", "trn2", "--os", "ubuntu24.04", "--sdk", sdk]
        assert run("lock", *words, "--scope", "both", "-o", name).code == 0
    assert findings(run, "pod.yaml", "--lock", "old.json") == [("NP506", "pod.yaml:7")]
    assert findings(run, "pod.yaml", "--lock", "new.json") == []
    found = findings(run, "pod.yaml", "--lock", "new.json", "--with-driver", "2.26.5.0")
    assert found == [("NP506", "pod.yaml:7"), ("NP506", "pod.yaml:9")]
    assert run("check", "pod.yaml", "--with-driver", "many").code == 2


def test_a_folder_has_manifests_charts_and_templates(run: Run, tmp_path: Path) -> None:
    chart = tmp_path / "repo" / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(
        "apiVersion: v2\nname: serve\nversion: 0.1.0\ndependencies:\n"
        "- {name: neuron-helm-chart, version: '*', repository: oci://public.ecr.aws/neuron}\n"
    )
    (chart / "values.yaml").write_text(
        "# Neuron\nimage:\n  repository: public.ecr.aws/neuron/neuron-monitor\n  tag: latest\n"
    )
    (chart / "templates" / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n"
        "    - image: {{ .Values.image.repository }}:{{ .Values.image.tag }}  # neuron\n"
        '    - image: {{ include "serve.neuron" . }}\n'
    )
    (chart / "templates" / "_helpers.tpl").write_text('{{- define "serve.neuron" -}}x{{- end -}}\n')
    (tmp_path / "repo" / "web.yaml").write_text("apiVersion: v1\nkind: Pod\n")
    done = run("check", tmp_path / "repo", *TARGET, "--format", "json")
    document = json.loads(done.out)
    found = [(row["rule"], Path(row["place"]).name) for row in document["findings"]]
    assert sorted(found) == [
        ("NP305", "Chart.yaml:5"),
        ("NP504", "pod.yaml:5"),
        ("NP504", "values.yaml:4"),
    ]
    images = [place.get("neuron_images", 0) for place in document["inputs"]]
    assert sum(images) == 3
    unread = [part for place in document["inputs"] for part in place["unread"]]
    assert [Path(part["place"]).name for part in unread] == ["pod.yaml:6"]
    assert "3 Neuron images checked" in run("check", tmp_path / "repo", *TARGET).out


@pytest.mark.parametrize(
    ("name", "head", "is_one"),
    [
        ("a.yaml", "apiVersion: v1\nkind: Pod\n", True),
        ("a.yml", "---\n# x\nkind: Pod\napiVersion: v1\n", True),
        ("a.yaml", "services:\n  a:\n    image: x\n", True),
        ("a.yaml", "foo:\n  repository: a\n  tag: b\n", True),
        ("a.tpl", "{{ if x }}\napiVersion: v1\nkind: Pod\n{{ end }}\n", True),
        ("values.yaml", "a: b\n", True),
        ("values-prod.yml", "a: b\n", True),
        ("chart.lock", "a: b\n", True),
        ("kustomization.yaml", "a: b\n", True),
        ("a.yaml", "- hosts: all\n  tasks: []\n", False),
        ("a.yaml", "on: push\njobs:\n  a:\n    runs-on: x\n", False),
    ],
)
def test_the_kind_of_a_file(tmp_path: Path, name: str, head: str, is_one: bool) -> None:
    path = tmp_path / name
    path.write_text(head)
    assert (find_kind(str(path)).counted == "image") is is_one


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("a/b:1", ("a/b", "1", "")),
        ("host:5000/a", ("host:5000/a", "", "")),
        ("host:5000/a:2@sha256:00", ("host:5000/a", "2", "sha256:00")),
        ("a@sha256:00", ("a", "", "sha256:00")),
        ("", ("", "", "")),
    ],
)
def test_the_parts_of_a_reference(reference: str, parts: tuple[str, str, str]) -> None:
    assert split_image(reference) == parts


GOOD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: public.ecr.aws/neuron/neuron-monitor}]}\n"
DEEP = "apiVersion: v1\nkind: Pod\nspec:\n" + "".join(f"{'  ' * n}a:\n" for n in range(1, 90))

BROKEN = [
    (DEEP, 67),
    ("apiVersion: v1\nkind: Pod\na: &a\n  b: *a\n", 4),
    ("apiVersion: v1\nkind: Pod\na: 'b\n", 4),
    ("apiVersion: v1\nkind: Pod\n\x01\n", 3),
    ("apiVersion: v1\nkind: Pod\n\ta: b\n", 3),
]


@pytest.mark.parametrize(("text", "line"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_yaml_is_named_and_the_rest_is_judged(run: Run, text: str, line: int) -> None:
    Path("bad.yaml").write_text(text)
    Path("good.yaml").write_text(GOOD)
    done = run("check", "bad.yaml", "good.yaml", *TARGET, "--format", "json")
    rows = [(row["rule"], row["place"]) for row in json.loads(done.out)["findings"]]
    assert sorted(rows) == [("NP504", "good.yaml:3"), ("NP610", f"bad.yaml:{line}")]
    assert done.code == 2


ODD = [
    # Trees that no program of Kubernetes takes, and that say nothing.
    "apiVersion: v1\nkind: Pod\nimage:\n",
    "apiVersion: v1\nkind: Pod\nimage: [a, b]\nresources: 3\nneuron: {image: null}\n",
    "apiVersion: v1\nkind: [x]\nspec: {containers: {image: {tag: {a: b}, repository: [x]}}}\n",
    "apiVersion: v1\nkind: List\nitems: neuron\n",
    "apiVersion: v1\nkind: Pod\nimages: {a: b}\nchart: {spec: 3}\nversion: {a: b}\n",
    "apiVersion: v1\nkind: Pod\ndevicePlugin: {enabled: maybe, image: {tag: }}\n",
    "apiVersion: v1\nkind: Kustomization\nimages: [a, {name: }, {newTag: 1}, {name: neuron-monitor}]\n",
    "? {a: b}\n: {image: x}\napiVersion: v1\nkind: Pod\n",
    "apiVersion: v1\nkind: Pod\nname: neuron-helm-chart\nversion: \n",
    "--- \n...\n---\napiVersion: v1\nkind: Pod\n--- !!str\nx\n",
]


@pytest.mark.parametrize("text", ODD)
def test_odd_trees_are_no_errors(run: Run, text: str) -> None:
    Path("odd.yaml").write_text(text)
    done = run("check", "odd.yaml", *TARGET, "--format", "json")
    assert "Traceback" not in done.err
    assert json.loads(done.out)["findings"] == []
    assert done.code == 0


def test_a_template_that_is_no_yaml_is_read_document_by_document(run: Run, tmp_path: Path) -> None:
    Path("t.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nspec:\n  a: {{ .x }}\n b: neuron\n---\n"
        + GOOD
        + "---\napiVersion: v1\nkind: X\nspec:\n  a: {{ .x }}\n b: none\n"
    )
    assert findings(run, "t.yaml") == [("NP610", "t.yaml:5"), ("NP504", "t.yaml:9")]


def test_without_the_library_every_file_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("t.yaml").write_text("apiVersion: v1\nkind: Pod\nimage: {{ .neuron }}\n")
    monkeypatch.setitem(sys.modules, "yaml", None)
    done = run("check", "t.yaml", *TARGET)
    assert done.code == 2
    assert "PyYAML" in done.err


def test_expressions_are_taken_out_line_by_line() -> None:
    text = (
        "{{/* a\ncomment */}}\na: {{ .Values.x | quote }}\n{{- if .y }}\nb: '{{ .z }}:{{ .w }}'\n"
        "{{- end }}\n{{ toYaml . | nindent 2 }}\n{% if x %}\nc: 1\n{% endif %}\nd: {{ open\n"
    )
    template = templates.take_out(text, "t")
    rows = template.text.split("\n")
    assert len(rows) == len(text.split("\n"))
    assert [number for number, row in enumerate(rows, 1) if row.strip()] == [3, 5, 9, 11]
    value, is_whole = template.fill(rows[4], lambda each: "v" if ".z" in each else None)
    assert (value, is_whole) == ("b: 'v:{{ .w }}'", False)


@pytest.mark.parametrize(
    "piece", ["{{", "%{", "{% x", "\ue0000\ue001", "{{ if x }}", "a: {{ b", "${", "<a", "/:@"]
)
def test_long_lines_of_openings_are_read_in_linear_time(tmp_path: Path, piece: str) -> None:
    path = tmp_path / "values.yaml"
    path.write_text("image: '" + piece * 50_000 + " neuron'\n")
    assert len(read_cluster_file(str(path)).images) <= 1


def test_more_expressions_than_are_read(run: Run) -> None:
    Path("values.yaml").write_text("# neuron\n" + "a: {{ x }}\n" * (templates.MAX_EXPRESSIONS + 1))
    done = run("check", "values.yaml", *TARGET)
    assert done.code == 2
    assert "expressions" in done.err
