"""The layout of the account graph: the case's account in the centre, the others on rings.

Pure.

Deterministic, so that two people looking at a graph see the same one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaga.records.access.screening.account_graph import GraphEdgeView, GraphNodeView, GraphView

WIDTH, HEIGHT = 840, 620
_MIDDLE = (WIDTH // 2, HEIGHT // 2)
_RINGS = {1: (215, 155), 2: (350, 258)}
FEW = 18  # Up to this many accounts names fit; each has its number anyway.
LONGEST_NAME = 20


@dataclass(frozen=True)
class Dot:
    """One account with its table number and position."""

    number: int
    node: GraphNodeView
    x: int
    y: int
    below: int  # The name's position.
    name: str  # Shortened; empty if hidden or without space.

    @property
    def label_y(self) -> int:
        """The baseline of the number."""
        return self.y + 5


@dataclass(frozen=True)
class GraphEdge:
    """One edge with its ends."""

    tie: GraphEdgeView
    one: Dot
    other: Dot


@dataclass(frozen=True)
class Picture:
    """Everything the page draws and lists."""

    dots: tuple[Dot, ...]
    lines: tuple[GraphEdge, ...]
    width: int = WIDTH
    height: int = HEIGHT


def draw(graph: GraphView) -> Picture:
    """The layout of the graph, nearest accounts numbered first."""
    parents = _parents(graph.ties, {node.subject_id: node.step for node in graph.nodes})
    places: dict[int, tuple[int, int]] = {}
    angles: dict[int, float] = {}
    outermost = max(node.step for node in graph.nodes)
    for step in sorted({node.step for node in graph.nodes}):
        ring = [node.subject_id for node in graph.nodes if node.step == step]
        if step == 0:
            places.update(dict.fromkeys(ring, _MIDDLE))
            continue
        ring.sort(key=lambda subject: (angles.get(parents.get(subject, 0), 0.0), subject))
        for place, subject in enumerate(ring):
            angles[subject] = 2 * math.pi * (place + 0.5 * (step - 1)) / len(ring)
            places[subject] = _on(_RINGS[step + 2 - outermost], angles[subject])  # A single ring takes all the space.
    ordered = sorted(graph.nodes, key=lambda node: (node.step, angles.get(node.subject_id, 0.0), node.subject_id))
    dots = tuple(_dot(number, node, places[node.subject_id], len(graph.nodes) <= FEW)
                 for number, node in enumerate(ordered, 1))
    by_subject = {dot.node.subject_id: dot for dot in dots}
    return Picture(dots, tuple(GraphEdge(tie, by_subject[tie.one], by_subject[tie.other]) for tie in graph.ties))


def _on(ring: tuple[int, int], angle: float) -> tuple[int, int]:
    """A point on an ellipse around the centre, clockwise from the top."""
    return (round(_MIDDLE[0] + ring[0] * math.sin(angle)), round(_MIDDLE[1] - ring[1] * math.cos(angle)))


def _parents(ties: Sequence[GraphEdgeView], steps: Mapping[int, int]) -> dict[int, int]:
    """For each account a neighbour one step closer to the centre."""
    found: dict[int, int] = {}
    for tie in ties:
        near, far = sorted((tie.one, tie.other), key=lambda subject: steps[subject])
        if steps[near] < steps[far]:
            found.setdefault(far, near)
    return found


def _dot(number: int, node: GraphNodeView, place: tuple[int, int], named: bool) -> Dot:
    name = node.account if named else ""
    shown = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME - 1]}…"
    return Dot(number, node, *place, place[1] + 34, shown)
