"""The policy release in force: its history, the proposal that waits with its difference, and going back."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from jaga.adoption import verbs
from jaga.adoption.reads import AdoptionView, StoredFiles, list_adoptions, see_release_alarms, stored_pair
from jaga.adoption.verbs import BACKERS, DECIDERS, MAX_REASON, OwnProposal, confirmers
from jaga.core.actors import Actor
from jaga.core.errors import Conflict, InvalidInput, JagaError
from jaga.core.terms.outside import AdoptionState
from jaga.policy.differences import Files, ReleaseDifference, differences
from jaga.policy.problems import PolicyError
from jaga.policy.release import release_of
from jaga.web.errors import say, say_fields
from jaga.web.frame.forms import ConsoleForm, Text
from jaga.web.frame.pages import page, signed_in
from jaga.web.frame.step_up import needs_step_up

MOST_LINES = 200


class ReleaseDecisionForm(ConsoleForm):
    """What is done about a release: `step` is the button pressed."""

    step = Text()
    reason = Text()
    hash = Text()


@dataclass(frozen=True)
class ShownPart:
    """The changes of one part, in the reader's language; `more` lines are not shown."""

    title: str
    lines: tuple[str, ...]
    more: int


@dataclass(frozen=True)
class Comparison:
    """What changes by an adoption. `possible` is False where this version cannot load one of the two."""

    parts: tuple[ShownPart, ...]
    possible: bool = True


@require_safe
@signed_in
def policy_releases(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The release in force, the proposal that waits, and the history; `?show=ID` shows an earlier difference."""
    shown = request.GET.get("show", "")
    return _page(request, actor, show=int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else 0)


@require_POST
@signed_in
@needs_step_up
def decide_release(request: HttpRequest, actor: Actor, adoption_id: int) -> HttpResponse:
    """Confirm or refuse a proposal, go back to an earlier release, or confirm that, according to `step`."""
    actor.require(*DECIDERS)
    form = ReleaseDecisionForm.sent(request)
    reason = form.text_of("reason")
    try:
        match form.text_of("step"):
            case "confirm":
                verbs.confirm_release(adoption_id, actor=actor)
            case "refuse":
                verbs.refuse_release(adoption_id, reason, actor=actor)
            case "back":
                verbs.go_back_to_release(form.text_of("hash"), reason, actor=actor)
            case "confirm-back":
                verbs.confirm_going_back(adoption_id, actor=actor)
            case _:
                return _page(request, actor, (gettext("Choose what is to be done."),), 422)
    except InvalidInput as refused:
        return _page(
            request,
            actor,
            tuple(chain.from_iterable(say_fields(refused).values())),
            422,
            about=adoption_id,
            reason=reason,
        )
    except (Conflict, OwnProposal) as refused:
        return _page(request, actor, _sentences(refused), refused.status)
    return redirect("console:policy-releases")


def _sentences(refused: JagaError) -> tuple[str, ...]:
    return tuple(say(refused))


def _page(
    request: HttpRequest,
    actor: Actor,
    refused: tuple[str, ...] = (),
    status: int = 200,
    *,
    about: int = 0,
    reason: str = "",
    show: int = 0,
) -> HttpResponse:
    rows = list_adoptions(actor=actor)
    waiting = next((row for row in rows if row.waits), None)
    shown = next((row for row in rows if row.adoption_id == show and row.before), None)
    in_force = next((row for row in rows if row.state is AdoptionState.IN_FORCE), None)
    return page(
        request,
        actor,
        "operations/policy_releases.html",
        {
            "in_force": in_force,
            "waiting": waiting,
            "rows": rows,
            "shown": shown,
            "comparison": _compare(waiting, actor),
            "shown_comparison": _compare(shown, actor),
            "earlier": _earlier(rows, in_force),
            "alarms": see_release_alarms(actor=actor),
            "decides": bool(actor.roles.intersection(DECIDERS)),
            "backs": bool(actor.roles.intersection(BACKERS)),
            "confirms": in_force is not None and bool(actor.roles.intersection(confirmers(in_force.kind))),
            "refused": refused,
            "about": about,
            "reason": reason,
            "longest": MAX_REASON,
        },
        open_link="policy-releases",
        status=status,
    )


def _earlier(rows: tuple[AdoptionView, ...], in_force: AdoptionView | None) -> tuple[AdoptionView, ...]:
    """The newest adoption of each release that was in force and is not now."""
    found: dict[str, AdoptionView] = {}
    for row in rows:
        if row.in_force_at and (in_force is None or row.hash != in_force.hash):
            found.setdefault(row.hash, row)
    return tuple(found.values())


def _compare(row: AdoptionView | None, actor: Actor) -> Comparison | None:
    pair = stored_pair(row.before, row.hash, actor=actor) if row and row.before else None
    if pair is None:
        return None
    try:
        found = _differences(*pair)
    except PolicyError:
        return Comparison((), possible=False)
    parts = [part.translated(gettext) for part in found]
    return Comparison(
        tuple(ShownPart(title, lines[:MOST_LINES], max(0, len(lines) - MOST_LINES)) for title, lines in parts)
    )


def _differences(before: StoredFiles, after: StoredFiles) -> tuple[ReleaseDifference, ...]:
    return _of_pair(before.hash, after.hash, tuple(before.files.items()), tuple(after.files.items()))


@lru_cache(maxsize=4)
def _of_pair(
    old: str, new: str, old_files: tuple[tuple[str, bytes], ...], new_files: tuple[tuple[str, bytes], ...]
) -> tuple[ReleaseDifference, ...]:
    """Reading two releases takes seconds, so the differences shown last are kept."""
    before: Files = dict(old_files)
    after: Files = dict(new_files)
    return differences(release_of(before, old), release_of(after, new), before, after)
