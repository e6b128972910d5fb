"""A trained model's precision–recall curve as SVG and CSV, without a plotting library."""

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from jaga.screening.models.measures import ModelMeasures

_LEFT, _TOP, _SIDE = 70, 60, 400  # Of the square with the curves.
_INKS = (("#0b5cad", ""), ("#6b6b6b", ' stroke-dasharray="6 4"'))
_FONT = 'font-family="system-ui, sans-serif" font-size="14" fill="#1a1a1a"'


def curve_svg(title: str, curves: "list[tuple[str, ModelMeasures]]") -> str:
    """Precision by recall of at most two models; the first as a solid line, the second dashed."""
    height = _TOP + _SIDE + 70 + 22 * len(curves)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 520 {height}" role="img">',
        f"<title>{escape(title)}: precision and recall</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="34" {_FONT} font-weight="600">{escape(title)}: precision and recall on held-back '
        "decisions</text>",
    ]
    for tick in range(6):
        at, share = tick * _SIDE // 5, tick / 5
        parts += [
            f'<path d="M{_LEFT} {_TOP + _SIDE - at}h{_SIDE}M{_LEFT + at} {_TOP}v{_SIDE}" stroke="#dddddd"/>',
            f'<text x="{_LEFT - 8}" y="{_TOP + _SIDE - at + 5}" text-anchor="end" {_FONT}>{share:.1f}</text>',
            f'<text x="{_LEFT + at}" y="{_TOP + _SIDE + 20}" text-anchor="middle" {_FONT}>{share:.1f}</text>',
        ]
    parts += [
        f'<text x="{_LEFT + _SIDE // 2}" y="{_TOP + _SIDE + 42}" text-anchor="middle" {_FONT}>recall</text>',
        f'<text transform="translate(20 {_TOP + _SIDE // 2}) rotate(-90)" text-anchor="middle" {_FONT}>precision'
        "</text>",
    ]
    for place, ((name, one), (ink, dash)) in enumerate(zip(curves, _INKS, strict=False)):
        start = (0.0, one.curve[0].precision)  # Where nothing is found yet.
        points = " ".join(
            f"{_LEFT + recall * _SIDE:.1f},{_TOP + (1 - precision) * _SIDE:.1f}"
            for recall, precision in (start, *((point.recall, point.precision) for point in one.curve))
        )
        low = _TOP + _SIDE + 66 + 22 * place
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="2.5"{dash}/>',
            f'<path d="M{_LEFT} {low - 5}h36" stroke="{ink}" stroke-width="2.5"{dash}/>',
            f'<text x="{_LEFT + 46}" y="{low}" {_FONT}>{escape(name)}: average precision '
            f"{one.average_precision:.3f}</text>",
        ]
        if one.precision is not None:
            parts.append(
                f'<circle cx="{_LEFT + (one.recall or 0) * _SIDE:.1f}" '
                f'cy="{_TOP + (1 - one.precision) * _SIDE:.1f}" r="5" fill="{ink}"/>'
            )
    return "\n".join([*parts, "</svg>\n"])


def curve_csv(measures: "ModelMeasures") -> str:
    """The same curve as a table."""
    rows = [f"{point.threshold},{point.precision},{point.recall}" for point in measures.curve]
    return "\n".join(["threshold,precision,recall", *rows, ""])
