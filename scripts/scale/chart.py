"""A small SVG chart of cost against size, both logarithmic."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 60, 200, 20, 45
COLOURS = ("#1f5fa8", "#c2571a", "#2f7d4f", "#8a8a8a", "#b08fc7")

_MIDDLE = HEIGHT / 2
_HEAD = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"
 font-family="sans-serif" font-size="12">
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>
<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">passages</text>
<text x="14" y="{_MIDDLE}" text-anchor="middle" transform="rotate(-90 14 {_MIDDLE})">
milliseconds of CPU a question (median)</text>"""


@dataclass(frozen=True, slots=True)
class Line:
    """A named series of (passages, milliseconds), ascending."""

    label: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class _Scale:
    """Powers of ten ``low`` to ``high`` onto pixels ``begin`` to ``end``."""

    low: int
    high: int
    begin: float
    end: float

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self.begin + share * (self.end - self.begin), 1)

    def powers(self) -> list[int]:
        return list(range(self.low, self.high + 1))


def chart(lines: Sequence[Line]) -> str:
    """The lines as an SVG document, named at their right ends."""
    across = _scale([x for line in lines for x, _ in line.points], LEFT, WIDTH - RIGHT)
    up = _scale([y for line in lines for _, y in line.points], HEIGHT - BOTTOM, TOP)
    parts = [
        _HEAD,
        *(_vertical(across.at(10.0**power), 10**power) for power in across.powers()),
        *(_horizontal(up.at(10.0**power), 10.0**power) for power in up.powers()),
    ]
    taken: list[float] = []
    for line, colour in zip(lines, COLOURS, strict=False):
        parts.append(_line(line, colour, across, up))
        x, y = line.points[-1]
        height = _free(up.at(y), taken)
        parts.append(
            f'<text x="{across.at(x) + 8}" y="{height + 4}" fill="{colour}">'
            f"{escape(line.label)}: {y:.3g} ms</text>"
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _scale(values: Sequence[float], begin: float, end: float) -> _Scale:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return _Scale(low, max(high, low + 1), begin, end)


def _free(wanted: float, taken: list[float]) -> float:
    """A height for a label, below those that are taken."""
    while any(abs(wanted - other) < 14 for other in taken):
        wanted += 2
    taken.append(wanted)
    return wanted


def _line(line: Line, colour: str, across: _Scale, up: _Scale) -> str:
    points = " ".join(f"{across.at(x)},{up.at(y)}" for x, y in line.points)
    dashes = ' stroke-dasharray="5 4"' if line.dashed else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _vertical(x: float, value: int) -> str:
    return (
        f'<path d="M{x} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>'
        f'<text x="{x}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{value:,}</text>'
    )


def _horizontal(y: float, value: float) -> str:
    return (
        f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{value:g}</text>'
    )
