"""The report's pictures: inline SVG without script, in colours that the page's style gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 340, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 20, 12, 40


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart; ``points`` are (x, y) in 0..1, ``style`` is a class of the page."""

    label: str
    style: str
    points: Points


@dataclass(frozen=True, slots=True)
class Axis:
    """A labelled axis over 0..1 and its ticks: (place in 0..1, text)."""

    label: str
    ticks: Sequence[tuple[float, str]]


SHARES = tuple((share / 4, f"{share * 25} %") for share in range(5))


def line_chart(
    description: str, x: Axis, y: Axis, series: Sequence[Series], *, diagonal: bool = False
) -> str:
    """A chart of lines with dots; ``diagonal`` draws where x equals y."""
    parts = [*_frame(x, y)]
    if diagonal:
        parts.append(_polyline("guide", [(0, 0), (1, 1)]))
    for line in series:
        parts.append(_polyline(f"line {line.style}", line.points))
        if len(line.points) <= 20:
            parts += [
                f'<circle class="dot {line.style}" cx="{_x(px)}" cy="{_y(py)}" r="3.5"/>'
                for px, py in line.points
            ]
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
        f"<title>{escape(description)}</title>{''.join(parts)}</svg>{_legend(series)}"
    )


def bars(description: str, rows: Sequence[tuple[str, int]]) -> str:
    """Horizontal bars with their counts."""
    most = max((count for _, count in rows), default=0) or 1
    height = 30 * len(rows) + 6
    parts = []
    for place, (label, count) in enumerate(rows):
        middle = 30 * place + 20
        width = round(116 * count / most, 1)
        parts.append(
            f'<text class="label" x="172" y="{middle}" text-anchor="end">{escape(label)}</text>'
            f'<rect class="bar" x="180" y="{middle - 14}" width="{width}" height="19" rx="3"/>'
            f'<text class="label" x="{186 + width}" y="{middle}">{count:,}</text>'
        )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img">'
        f"<title>{escape(description)}</title>{''.join(parts)}</svg>"
    )


def _frame(x: Axis, y: Axis) -> list[str]:
    parts = []
    for place, text in y.ticks:
        parts.append(
            f'<line class="grid" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(place)}" y2="{_y(place)}"/>'
            f'<text class="tick" x="{_LEFT - 6}" y="{_y(place) + 4}" text-anchor="end">'
            f"{escape(text)}</text>"
        )
    parts += [
        f'<text class="tick" x="{_x(place)}" y="{_y(0) + 16}" text-anchor="middle">'
        f"{escape(text)}</text>"
        for place, text in x.ticks
    ]
    middle = _x(0.5)
    parts.append(
        f'<text class="label" x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">'
        f"{escape(x.label)}</text>"
    )
    return parts


def _polyline(style: str, points: Points) -> str:
    places = " ".join(f"{_x(x)},{_y(y)}" for x, y in points)
    return f'<polyline class="{style}" points="{places}"/>'


def _legend(series: Sequence[Series]) -> str:
    if len(series) < 2:
        return ""
    items = "".join(f'<li class="{line.style}">{escape(line.label)}</li>' for line in series)
    return f'<ul class="legend">{items}</ul>'


def _x(value: float) -> float:
    return round(_LEFT + value * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(value: float) -> float:
    return round(_HEIGHT - _BOTTOM - value * (_HEIGHT - _TOP - _BOTTOM), 1)
