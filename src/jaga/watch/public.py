"""The public list of watches: while one runs what, by which law and how long; scope and results later. And how right
the rules are by what people judged.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.core.observations import FORMS
from jaga.core.terms.reports import SourceKind
from jaga.figures.verbs.figures import PublicMeasure, public_measures, public_watches
from jaga.policy.limits import LEAST_JUDGED, WATCH_RESULTS_DAYS
from jaga.policy.release import load_release
from jaga.web.intervals import intervals
from jaga.web.words import rule_words, source_words, week_words


@require_safe
def watches(request: HttpRequest) -> HttpResponse:
    """Every watch that was started, and the measured errors of the rules."""
    measures = _measures()
    return render(
        request,
        "public/watches.html",
        {
            "rows": [(one, gettext(FORMS[one.results.kind].label) if one.results else "") for one in public_watches()],
            "days": WATCH_RESULTS_DAYS,
            "measures": measures,
            "least": LEAST_JUDGED,
            "picture": intervals(
                [(label, one.precision, one.recall) for label, one in measures], load_release().screening.precision_line
            ),
        },
    )


def _measures() -> list[tuple[str, PublicMeasure]]:
    found, release = public_measures(), load_release()
    return [
        *([(gettext("All rules"), found.total)] if found.total else []),
        *((rule_words(one.key, one.category, release), one) for one in found.rules),
        *((source_words(SourceKind(one.key)), one) for one in found.sources),
        *((week_words(one.key), one) for one in found.weeks),
    ]
