"""The seven states as a drawing that can be lit. Where a box stands is a matter of taste and written here; which
edges there are is read off the generated diagram, and an edge that the table does not have cannot be drawn.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterator
from functools import cache
from html import escape
from typing import NamedTuple

from fsm import diagram
from fsm.bot import State

EDGE = re.compile(r"^    (\w+) --> (\w+): (.*)$", re.MULTILINE)
BEND = 0.1  # how far an edge leaves the straight line, of its length: there and back must not share one
HEAD = 9.0  # length of an arrow's head


class Point(NamedTuple):
    x: float
    y: float


class Layout(NamedTuple):
    name: str  # the CSS class
    width: int
    height: int
    box: Point  # half the size of a state's
    places: dict[State, Point]


WIDE = Layout(
    "wide",
    860,
    260,
    Point(66, 23),
    {
        State.IDLE: Point(80, 40),
        State.VALIDATING: Point(313, 40),
        State.ORDERING: Point(547, 40),
        State.IN_POSITION: Point(780, 40),
        State.PAUSED: Point(80, 220),
        State.HALTED: Point(430, 220),
        State.KILLED: Point(780, 220),
    },
)
TALL = Layout(
    "tall",
    360,
    330,
    Point(47, 20),
    {
        State.IDLE: Point(56, 30),
        State.VALIDATING: Point(304, 30),
        State.IN_POSITION: Point(56, 160),
        State.ORDERING: Point(304, 160),
        State.PAUSED: Point(56, 300),
        State.HALTED: Point(180, 300),
        State.KILLED: Point(304, 300),
    },
)


@cache
def edges() -> dict[tuple[str, str], str]:
    """What leads from one state to another, by the table."""
    return {(a, b): label.replace("<br/>", " or ") for a, b, label in EDGE.findall(diagram.mermaid())}


@cache
def path(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """The edges that one step walked: most often one, else the shortest way there is."""
    ways: deque[tuple[tuple[str, str], ...]] = deque([()])
    seen = {before}
    while ways:
        way = ways.popleft()
        here = way[-1][1] if way else before
        if here == after:
            return way
        for a, b in edges():
            if a == here and b not in seen:
                seen.add(b)
                ways.append((*way, (a, b)))
    return ()


def draw(layout: Layout) -> str:
    """SVG. Groups carry `data-state`, or `data-from` and `data-to`, for whoever lights them."""
    size = f'viewBox="0 0 {layout.width} {layout.height}"'
    return "".join(
        [
            f'<svg class="lifecycle {layout.name}" {size} role="img" aria-label="The lifecycle of the bot">',
            *(_edge(layout, State(a), State(b), label) for (a, b), label in edges().items()),
            *(_state(layout, state) for state in State),
            "</svg>",
        ]
    )


def _state(layout: Layout, state: State) -> str:
    (x, y), (w, h) = layout.places[state], layout.box
    return (
        f'<g class="state" data-state="{state.value}">'
        f'<rect x="{x - w:g}" y="{y - h:g}" width="{2 * w:g}" height="{2 * h:g}" rx="{h:g}"/>'
        f'<text x="{x:g}" y="{y:g}">{state.value.replace("_", " ")}</text></g>'
    )


def _edge(layout: Layout, a: State, b: State, label: str) -> str:
    start, end = layout.places[a], layout.places[b]
    control = _control(layout, a, b)
    tail, tip = _border(layout, start, control), _border(layout, end, control)
    curve = f"M{tail.x:.1f} {tail.y:.1f}Q{control.x:.1f} {control.y:.1f} {tip.x:.1f} {tip.y:.1f}"
    head = "L".join(f"{p.x:.1f} {p.y:.1f}" for p in _head(control, tip))
    title = f"{a.value} to {b.value}: {label}"
    return (
        f'<g class="edge" data-from="{a.value}" data-to="{b.value}"><title>{escape(title)}</title>'
        f'<path class="line" d="{curve}"/><path class="head" d="M{head}Z"/></g>'
    )


def _control(layout: Layout, a: State, b: State) -> Point:
    """Where the curve is drawn to: beside the middle, and further where other boxes stand in between."""
    start, end = layout.places[a], layout.places[b]
    dx, dy = end.x - start.x, end.y - start.y
    bend = BEND * math.hypot(dx, dy)
    if between := sum(1 for _ in _between(layout, start, end)):
        bend = layout.box.y * (2.2 + 1.4 * between)
    length = math.hypot(dx, dy)
    side = -1 if start.y == end.y and between and (start.y > layout.height / 2) == (dx < 0) else 1
    return Point((start.x + end.x) / 2 + side * bend * dy / length, (start.y + end.y) / 2 - side * bend * dx / length)


def _between(layout: Layout, start: Point, end: Point) -> Iterator[Point]:
    """Boxes on the same row that a straight line would cross."""
    for place in layout.places.values():
        if place.y == start.y == end.y and min(start.x, end.x) < place.x < max(start.x, end.x):
            yield place


def _border(layout: Layout, centre: Point, towards: Point) -> Point:
    dx, dy = towards.x - centre.x, towards.y - centre.y
    w, h = layout.box.x + 3, layout.box.y + 3
    scale = min(w / abs(dx) if dx else math.inf, h / abs(dy) if dy else math.inf)
    return Point(centre.x + dx * scale, centre.y + dy * scale)


def _head(control: Point, tip: Point) -> tuple[Point, Point, Point]:
    angle = math.atan2(tip.y - control.y, tip.x - control.x)
    left, right = angle + 2.7, angle - 2.7
    return (
        tip,
        Point(tip.x + HEAD * math.cos(left), tip.y + HEAD * math.sin(left)),
        Point(tip.x + HEAD * math.cos(right), tip.y + HEAD * math.sin(right)),
    )
