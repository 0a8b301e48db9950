"""The time line as one drawing (SVG 1.1), light and dark, with text that can be read out."""

from __future__ import annotations

from html import escape

from neuron_pin.policy import Phase

from .frame import PHASE_NAMES
from .page import TITLE
from .timeline import Row, Timeline

_WIDTH, _LABELS, _ROW, _HEAD = 1200, 330, 18, 54
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #17212b; }
.ground { fill: #fff; } .grid { stroke: #d5dce3; } .now { stroke: #b3261e; stroke-width: 2; }
.mark { fill: #fff3c4; } .superseded { fill-opacity: .35; }
.planned { fill-opacity: .55; stroke: #17212b; stroke-dasharray: 3 2; }
.unknown { fill-opacity: .25; }
.alpha { fill: #8d6cc4; } .beta { fill: #7b52c7; } .rc { fill: #3b6fd4; }
.stable { fill: #1f7a4d; } .maintenance { fill: #b46a00; } .eos { fill: #c3cad1; }
@media (prefers-color-scheme: dark) {
text { fill: #e8edf2; } .ground { fill: #12181f; } .grid { stroke: #34404c; }
.now { stroke: #ff8a80; }
.mark { fill: #4a3f12; } .planned { stroke: #e8edf2; }
.stable { fill: #4fb882; } .maintenance { fill: #e0a04a; } .eos { fill: #4b5661; }
}
"""


def render_svg(timeline: Timeline) -> str:
    """The drawing's text; one row a subject, the day of ``--as-of`` as a vertical line."""
    height = _HEAD + _ROW * len(timeline.rows) + 12
    now = _x(timeline.place(timeline.as_of))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        'role="img" aria-labelledby="title">',
        f'<title id="title">{TITLE}, as of {timeline.as_of}</title>',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{_WIDTH}" height="{height}"/>',
        f'<text x="8" y="20">{TITLE}, as of {timeline.as_of}, from catalog data of '
        f"{timeline.facts_of}</text>",
        *_key(timeline),
    ]
    for year in timeline.years:
        x = _x(timeline.place(timeline.start.replace(year=year)))
        lines.append(f'<line class="grid" x1="{x}" x2="{x}" y1="30" y2="{height}"/>')
        lines.append(f'<text x="{x + 3}" y="44">{year}</text>')
    for number, row in enumerate(timeline.rows):
        lines += _row(timeline, row, _HEAD + number * _ROW)
    lines.append(f'<line class="now" x1="{now}" x2="{now}" y1="30" y2="{height}"/>')
    lines.append("</svg>")
    return "\n".join(lines) + "\n"


def _key(timeline: Timeline) -> list[str]:
    """What the bars mean, in one line."""
    bars = [bar for row in timeline.rows for bar in row.bars]
    looks = [(p.label, PHASE_NAMES[p]) for p in Phase if any(bar.phase is p for bar in bars)]
    if any(bar.superseded for bar in bars):
        looks.append(("stable superseded", "no longer in the newest release"))
    if any(bar.unknown for bar in bars):
        looks.append(("stable unknown", "unknown"))
    if any(bar.planned for bar in bars):
        looks.append(("eos planned", "announced"))
    lines, x = [], _LABELS + 170
    for look, words in looks:
        lines.append(f'<rect class="{look}" x="{x}" y="12" width="14" height="9" rx="2"/>')
        lines.append(f'<text x="{x + 19}" y="20">{words}</text>')
        x += 36 + 7 * len(words)
    return lines


def _x(part: float) -> float:
    return round(_LABELS + part * (_WIDTH - _LABELS - 10), 1)


def _row(timeline: Timeline, row: Row, top: int) -> list[str]:
    label = row.status.subject.label
    shown = label if len(label) <= 48 else label[:47] + "…"
    words = [f"{bar.look} from {bar.begin}" for bar in row.bars]
    lines = ["<g>", f"<title>{escape('; '.join([label, *words]))}</title>"]
    if row.locked:
        lines.append(f'<rect class="mark" y="{top}" width="{_WIDTH}" height="{_ROW}"/>')
    lines.append(f'<text x="8" y="{top + 13}">{escape(shown)}</text>')
    for bar in row.bars:
        left = _x(timeline.place(bar.begin))
        right = _x(timeline.place(bar.end))
        lines.append(
            f'<rect class="{bar.look}" x="{left}" y="{top + 3}" '
            f'width="{max(round(right - left, 1), 1)}" height="{_ROW - 6}" rx="2"/>'
        )
    lines.append("</g>")
    return lines
