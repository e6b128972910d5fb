"""One year in the shape of the ministry's own sentence: what was handled, of what kind, through which channel, how much
of it about children, what was done, what was seen of it, and how long it took.

Only sums of what closed months showed (`transparency.periods`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.reports import Channel
from jaga.policy import load_release
from jaga.transparency.periods import years_of
from jaga.transparency.published import Published
from jaga.web.public.base.words import OUTCOMES, channel_name
from jaga.web.public.transparency.charts import TileMap, bars, tiles
from jaga.web.public.transparency.figure_words import month_name, openly_counted
from jaga.web.public.transparency.figures import get_published

ROWS_SHOWN = 5
"""Categories and channels that the sentence names; the tables have all."""


@dataclass(frozen=True)
class NamedCount:
    """A name with a rounded number."""

    name: str
    count: int


@dataclass(frozen=True)
class ActionRow:
    """Decisions of one kind in force at the end of their month, and what is known of their effect."""

    name: str
    decided: int
    confirmed: int | None  # by our own check; None where there is nothing to look at
    claimed: int | None  # as the chat app says, not yet seen


@require_safe
def year(request: HttpRequest) -> HttpResponse:
    """The newest year, or `?year=2025`."""
    years = years_of(get_published())
    wanted = request.GET.get("year", "")
    chosen = next((one for one in years if one.key == wanted), next(iter(years), None))
    context: dict[str, object] = {"years": years, "chosen": chosen}
    if chosen:
        context |= _of(chosen.figures)
    return render(request, "public/year.html", context)


def _of(figures: Published) -> dict[str, object]:
    reports, channels = figures.together("reports"), figures.together("channels")
    became, regions = figures.together("became"), figures.together("regions")
    by_category = _named(reports, openly_counted(reports))
    by_channel = _named(channels, {channel.value: channel_name(channel) for channel in Channel})
    return {
        "total": reports.total(),
        "by_category": by_category,
        "most": by_category[:ROWS_SHOWN],
        "by_channel": by_channel,
        "channels": by_channel[:ROWS_SHOWN],
        "with_channels": figures.has("channels"),
        "children": figures.number("children"),
        "with_children": figures.has("children"),
        "victims": figures.number("victims"),
        "actions": _actions(became),
        "closed": _sum(became, "close:"),
        "confirmed": became["close:seen"],
        "claimed": became["close:said"],
        "restricted": _sum(became, "restrict:"),
        "dismissed": became[DecisionKind.DISMISS],
        "times": figures.slowest(),
        "late": figures.number("late"),
        "overturned": figures.together("appeals")["overturned"],
        "map": _map(regions),
        "regions": _named(regions, {name: name for name in regions}),
        "with_regions": figures.has("regions"),
        "chart": bars([(one.name, one.count, "") for one in by_category]),
        "gaps": {name: _months_without(figures, name) for name in ("channels", "children", "regions")},
    }


def _months_without(figures: Published, name: str) -> str:
    """The months of this year that do not have a figure, in words; empty if all have it or none has."""
    missing = figures.without(name)
    return ", ".join(map(month_name, missing)) if len(missing) < len(figures.months) else ""


def _named(counts: Mapping[str, int], names: Mapping[str, str]) -> list[NamedCount]:
    """Those that are shown with a number, the largest first."""
    return sorted(
        (NamedCount(names.get(key, key), count) for key, count in counts.items() if count),
        key=lambda one: (-one.count, one.name),
    )


def _actions(became: Counter[str]) -> list[ActionRow]:
    looked_at = [
        ActionRow(gettext(OUTCOMES[kind]), _sum(became, f"{kind}:"), became[f"{kind}:seen"], became[f"{kind}:said"])
        for kind in (DecisionKind.CLOSE, DecisionKind.RESTRICT)
    ]
    others = [ActionRow(gettext(OUTCOMES[kind]), became[kind], None, None) for kind in DecisionKind if became[kind]]
    return [*(row for row in looked_at if row.decided), *others]


def _sum(became: Mapping[str, int], start: str) -> int:
    return sum(_starting(became, start))


def _starting(became: Mapping[str, int], start: str) -> Iterable[int]:
    return (count for key, count in became.items() if key.startswith(start))


def _map(regions: Mapping[str, int]) -> TileMap | None:
    """The release's regions as tiles; None if it draws none, or all are few."""
    return tiles(
        [
            (one.region, one.code or one.region[:2], one.tile, regions.get(one.region, 0))
            for one in load_release().quality.regions
            if one.tile is not None
        ]
    )
