"""Draws docs/pictures/peers.svg from what `make bench-peers` has found.

usage: python -m tools.peers_chart
"""

from __future__ import annotations

import json
import statistics
import sys
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "build" / "peers" / "result.json"
CHART = ROOT / "docs" / "pictures" / "peers.svg"
LEFT, RIGHT, ROW, HEAD = 230, 330, 26, 34  # pixels: of names, of a whole share, of a bar, above
WIDTH = LEFT + int(RIGHT * 1.25) + 45
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .framework { font-weight: 600 }
  .note, .number { fill: #57606a; font-size: 12px }
  .ours { fill: #3f51b5 } .refused { fill: #7a86b8 } .accepted { fill: #d9772b }
  .line { stroke: #8c959f } .whole { stroke: #8c959f; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .note, .number { fill: #9aa4af }
    .ours { fill: #8c9eff } .refused { fill: #6272a4 } .accepted { fill: #e08a45 }
  }
"""


def chart(result: list[dict[str, Any]]) -> str:
    """A bar for each peer: its requests a second beside no session in the same framework."""
    parts, y = [], HEAD + 10
    for framework, peers in groupby(result, key=lambda peer: peer["framework"]):
        parts.append(f'<text class="framework" x="8" y="{y + 14}">{escape(framework)}</text>')
        y += 22
        for peer in peers:
            parts.append(_bar(peer, y))
            y += ROW
        y += 8
    whole = LEFT + RIGHT
    note = "requests a second, as a share of the same framework without sessions"
    head = [
        f'<text class="note" x="8" y="18">{note}; lines: least and most</text>',
        f'<line class="whole" x1="{whole}" y1="{HEAD}" x2="{whole}" y2="{y}"/>',
    ]
    legend = []
    for number, (kind, text) in enumerate(
        [("ours", "signedin"), ("refused", "refused after log-out"), ("accepted", "still accepted")]
    ):
        x = 8 + 170 * number
        legend.append(f'<rect class="{kind}" x="{x}" y="{y + 8}" width="12" height="12"/>')
        legend.append(f'<text class="note" x="{x + 18}" y="{y + 19}">{text}</text>')
    height = y + 32
    body = "\n".join([*head, *parts, *legend])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{note}"><style>{STYLE}</style>\n{body}\n</svg>\n'
    )


def _bar(peer: dict[str, Any], y: int) -> str:
    shares = [min(share, 1.25) for share in peer["shares"]]
    median, least, most = statistics.median(shares), min(shares), max(shares)
    kind = "accepted" if not peer["is_refused"] else "refused"
    if peer["name"].startswith("signedin"):
        kind = "ours"
    middle = y + 10
    return (
        f'<text x="22" y="{y + 14}">{escape(peer["name"])}</text>'
        f'<rect class="{kind}" x="{LEFT}" y="{y + 2}" width="{median * RIGHT:.0f}" height="16"/>'
        f'<line class="line" x1="{LEFT + least * RIGHT:.0f}" y1="{middle}" '
        f'x2="{LEFT + most * RIGHT:.0f}" y2="{middle}"/>'
        f'<text class="number" x="{LEFT + most * RIGHT + 6:.0f}" y="{y + 14}">{median:.2f}</text>'
    )


def main() -> int:
    """Write the chart."""
    CHART.write_text(chart(json.loads(RESULT.read_text("utf-8"))), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
