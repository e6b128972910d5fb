"""What the palette (`Ctrl+K`) offers for what was typed: case numbers, cases by account or words, pages, commands.

Everyone has a palette; each offer leads only where the person's role may go, and the page there checks again.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext, ngettext, override
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.core.cases import reference_of
from jaga.core.errors import N_, InvalidInput
from jaga.core.keys import KeyAction
from jaga.core.terms.people import Role
from jaga.policy.release import jurisdiction, load_release
from jaga.queue.console.search import search_names
from jaga.queue.reads.search import SearchRow, search_cases
from jaga.queue.verbs.search_terms import FEWEST_LETTERS, MOST_CHARACTERS, plain, read_query
from jaga.store.reads import READERS
from jaga.web.frame.display import TASKS, caps, keys_now
from jaga.web.frame.pages import links_of, signed_in
from jaga.web.frame.words import category_label, word

CASES_SHOWN = 6
_FINDERS = frozenset({*READERS, Role.AUDITOR})
_NUMBER = re.compile(r"K?0*([1-9][0-9]{0,17})", re.IGNORECASE)
_CERTAIN = 7  # Digits; more may also be a telephone number.
_MORE_PAGES = (("factors", N_("Your second factor")), ("sessions", N_("Your sessions")))
_COMMANDS = (
    KeyAction.TAKE,
    KeyAction.NEXT,
    KeyAction.UNDO,
    KeyAction.DISMISS,
    KeyAction.RESTRICT,
    KeyAction.CLOSE,
    KeyAction.ESCALATE,
    KeyAction.ASK,
    KeyAction.HOLD,
    KeyAction.SKIP,
    KeyAction.COMMIT,
    KeyAction.HELP,
)
"""Offered on pages that answer them; the script knows."""


@dataclass(frozen=True)
class PaletteOption:
    """One offer: a page (`href`) or a command of the page that is open (`action`)."""

    label: str
    hint: str = ""
    href: str = ""
    action: str = ""


@dataclass(frozen=True)
class PaletteGroup:
    """Offers of one kind, under a heading."""

    label: str
    options: tuple[PaletteOption, ...]


@require_safe
@signed_in
def palette(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The offers as JSON. Looking for cases is recorded like a search."""
    typed = request.GET.get("q", "")[:MOST_CHARACTERS].replace("\0", " ").strip()
    groups = [
        group
        for group in (
            PaletteGroup(gettext("Cases"), tuple(_cases(typed, actor))),
            PaletteGroup(gettext("Commands"), tuple(_commands(typed))),
            PaletteGroup(gettext("Pages"), tuple(_pages(typed, actor))),
        )
        if group.options
    ]
    return JsonResponse({"groups": [asdict(group) for group in groups], "nothing": gettext("Nothing found")})


def _cases(typed: str, actor: Actor) -> Iterator[PaletteOption]:
    if not actor.roles & _FINDERS:
        return
    if number := _NUMBER.fullmatch(typed):
        reference = reference_of(int(number[1]))
        yield PaletteOption(
            gettext("Open case %(reference)s") % {"reference": reference},
            href=f"{reverse('console:find')}?{urlencode({'number': reference})}",
        )
        if len(number[1]) <= _CERTAIN:
            return
    if not actor.roles.intersection(READERS) or len(plain(typed)) < FEWEST_LETTERS:
        return
    try:
        found = search_cases(read_query(typed, get_current_timezone(), search_names()), actor=actor)
    except InvalidInput:
        return
    for row in found.rows[:CASES_SHOWN]:
        yield PaletteOption(
            f"{row.reference} {category_label(row.category, load_release())}",
            _row_text(row),
            reverse("console:case", args=[row.case_id]),
        )
    shown = len(found.rows)
    yield PaletteOption(
        gettext("Search for “%(words)s”") % {"words": typed},
        gettext("more than %(shown)s cases") % {"shown": shown}
        if found.after
        else ngettext("%(shown)s case", "%(shown)s cases", shown) % {"shown": shown},
        f"{reverse('console:search')}?{urlencode({'q': typed})}",
    )


def _row_text(row: SearchRow) -> str:
    return " · ".join(
        one for one in (row.account, gettext("decided") if row.kept_back else word(row.stage, "stage")) if one
    )


def _commands(typed: str) -> Iterator[PaletteOption]:
    keys = keys_now()
    for action in _COMMANDS:
        if _fits(typed, TASKS[action]):
            yield PaletteOption(gettext(TASKS[action]), "+".join(caps(keys.get(action, ""))), action=action.value)


def _pages(typed: str, actor: Actor) -> Iterator[PaletteOption]:
    for links in links_of(actor).values():
        for link in links:
            if _fits(typed, link.label):
                yield PaletteOption(str(link.label), href=reverse(f"console:{link.name}"))
    for name, label in _MORE_PAGES:
        if _fits(typed, label):
            yield PaletteOption(gettext(label), href=reverse(f"console:{name}"))


def _fits(typed: str, label: object) -> bool:
    """Whether each typed word begins a word of the label, in any language of the pages."""
    wanted = plain(typed).split()
    if not wanted:
        return not typed
    for spoken in jurisdiction().languages:
        with override(spoken.value):
            has = plain(gettext(str(label))).split()
        if all(any(one.startswith(part) for one in has) for part in wanted):
            return True
    return False
