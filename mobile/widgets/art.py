"""Drawn art: the flock of thirty birds on the sign-in page and the arcs of the wallet card."""

import math
from functools import cache
from typing import Any

from kivy.graphics import (
    Color,
    Line,
    RoundedRectangle,
    SmoothLine,
    SmoothRoundedRectangle,
    StencilPop,
    StencilPush,
    StencilUnUse,
    StencilUse,
)
from kivy.metrics import dp

from mobile.widgets.box import Panel, Toned
from mobile.widgets.look import look, rgba

# Wings of one bird, as the fractions of its span.
BIRD = ((-1.0, -0.18), (-0.92, 0.12), (-0.62, 0.34), (-0.3, 0.22), (0.0, -0.08), (0.3, 0.22), (0.62, 0.34), (0.92, 0.12), (1.0, -0.18))
# Birds left of the middle: centre as shares of width and of height from the top, half span, brightness. The right ones mirror them.
LEADER = (0.5, 0.272, 0.048)
LEFT_BIRDS = (
    (0.333, 0.311, 0.047, 1.0),
    (0.186, 0.424, 0.046, 1.0),
    (0.074, 0.597, 0.045, 1.0),
    (0.415, 0.381, 0.043, 0.84),
    (0.261, 0.471, 0.042, 0.84),
    (0.142, 0.634, 0.041, 0.84),
    (0.429, 0.477, 0.038, 0.68),
    (0.302, 0.553, 0.037, 0.68),
    (0.201, 0.689, 0.036, 0.68),
    (0.370, 0.609, 0.032, 0.56),
    (0.271, 0.730, 0.031, 0.56),
    (0.438, 0.677, 0.027, 0.5),
    (0.336, 0.772, 0.026, 0.5),
    (0.422, 0.796, 0.021, 0.4),
)
MIDDLE_BIRD = (0.5, 0.564, 0.033, 0.56)
# How far the outermost bird is turned, in radians.
TURN = 0.62


class Flock(Toned):
    """Thirty birds that make one wing; the leader is saffron."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.tone(look.colour("hero"), radius=(0, 0, 32, 32))
        self.bind(pos=self._draw, size=self._draw)

    def _draw(self, *_: Any) -> None:
        self.canvas.clear()
        with self.canvas:
            Color(*look.colour("saffron"))
            self._bird(*LEADER, 0.0, 3.0)
            for x, y, span, fade in (*LEFT_BIRDS, MIDDLE_BIRD, *((1 - x, y, span, fade) for x, y, span, fade in LEFT_BIRDS)):
                Color(*rgba("CDEDEA", fade))
                self._bird(x, y, span, (0.5 - x) * 2 * TURN, 1.4 + 1.6 * fade)

    def _bird(self, x: float, y: float, span: float, turn: float, width: float) -> None:
        points: list[float] = []
        size = span * self.width
        for right, up in _smooth():
            across = right * size * math.cos(turn) - up * size * math.sin(turn)
            above = right * size * math.sin(turn) + up * size * math.cos(turn)
            points += [self.x + x * self.width + across, self.y + self.height - y * self.height + above]
        SmoothLine(points=points, width=dp(width) * 0.62, cap="round", joint="round")


@cache
def _smooth() -> list[tuple[float, float]]:
    """Points of a curve through the bird, with the notch in its middle kept sharp."""
    middle = len(BIRD) // 2
    return [*_curve(BIRD[: middle + 1]), *_curve(BIRD[middle:])[1:]]


def _curve(points: tuple[tuple[float, float], ...], steps: int = 6) -> list[tuple[float, float]]:
    ends = (points[0], *points, points[-1])
    curve = [points[0]]
    for before, start, end, after in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for step in range(1, steps + 1):
            share = step / steps
            curve.append((_between(share, before[0], start[0], end[0], after[0]), _between(share, before[1], start[1], end[1], after[1])))
    return curve


def _between(share: float, before: float, start: float, end: float, after: float) -> float:
    """One coordinate of a Catmull-Rom piece."""
    bend = (2 * before - 5 * start + 4 * end - after) * share**2 + (3 * start - before - 3 * end + after) * share**3
    return 0.5 * (2 * start + (end - before) * share + bend)


class ArcPanel(Panel):
    """The petrol card with arcs in its far corner, clipped to its round corners."""

    def __init__(self, *children: Any, **options: Any) -> None:
        super().__init__(*children, role="hero", radius=24, **options)
        self.bind(pos=self._draw, size=self._draw)

    def _draw(self, *_: Any) -> None:
        self.canvas.before.clear()
        x = self.x if look.is_rtl else self.x + self.width
        with self.canvas.before:
            Color(*look.colour("hero"))
            SmoothRoundedRectangle(pos=self.pos, size=self.size, radius=[dp(24)])
            StencilPush()
            RoundedRectangle(pos=self.pos, size=self.size, radius=[dp(24)])
            StencilUse()
            Color(*look.colour("hero_arc"))
            for step in range(6):
                Line(circle=(x, self.y, dp(60) + dp(29) * step, 0, 360, 120), width=1.1)
            StencilUnUse()
            RoundedRectangle(pos=self.pos, size=self.size, radius=[dp(24)])
            StencilPop()

    def _place_tone(self, *_: Any) -> None:
        """The arcs' own drawing paints the tone."""
