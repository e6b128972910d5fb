"""Case page sections of this package: pictures, link to the cases of nearly the same text, ban evasion matches."""

from collections.abc import Mapping

from jaga.cases.reads.gate import Related
from jaga.cases.reads.history import earlier_of, is_open
from jaga.core.terms.people import Role
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.signals.reads.at_a_glance import at_a_glance
from jaga.signals.reads.ban_evasion import matches_of
from jaga.signals.reads.campaigns import has_copies
from jaga.signals.reads.pictures import (
    PictureState,
    is_answer_pending,
    is_closed,
    pictures_of,
    request_letters_of,
    undoable_until,
)
from jaga.web.frame.charts import columns
from jaga.web.frame.sections import CasePage, Place, Section
from jaga.web.templatetags.jaga_tags import day


def pictures_context(page: CasePage) -> Mapping[str, object]:
    """Pictures and letters; a picture is shown only once this person opened it."""
    sealed = Related.ORIGINALS in page.has
    pictures = pictures_of(page.case, actor=page.actor) if sealed else ()
    states = {one.state for one in pictures}
    checked = {PictureState.READY, PictureState.OPEN, PictureState.BEING_DRAWN}
    return {
        "pictures": pictures,
        "letters": request_letters_of(page.case) if sealed else (),
        "no_pictures": page.case.category in WHO_MAY_REPORT,
        "pictures_closed": is_closed(page.case),
        "victim_speaks": Related.VICTIM in page.has,
        "pictures_to_check": PictureState.TO_CHECK in states,
        "pictures_checked": bool(states & checked),
        "pictures_being_drawn": PictureState.BEING_DRAWN in states,
        "may_open_pictures": bool(page.token) or Role.SUPERVISOR in page.actor.roles,
        "picture_token": page.token,
        "youth_undo_until": undoable_until(page.case, actor=page.actor) if sealed else None,
        "youth_answer_pending": sealed and is_answer_pending(page.case),
    }


def _copies(page: CasePage) -> Mapping[str, object]:
    return {"copies": has_copies(page.case, actor=page.actor)}


def _at_a_glance(page: CasePage) -> Mapping[str, object]:
    """The account at a glance; earlier decisions only where they cannot prejudge a vote of this person."""
    glance = at_a_glance(page.case, page.has, actor=page.actor)
    shown = is_open(page.case, actor=page.actor)
    return {
        "glance": glance,
        "glance_columns": columns(
            [
                (
                    f"{span.begins_at:%d/%m}" if place % 4 == 0 else "",
                    day(span.begins_at),
                    span.reports,
                    round(span.sources),
                )
                for place, span in enumerate(glance.over_time.spans)
            ]
        ),
        "earlier": earlier_of(page.case, actor=page.actor) if shown else None,
    }


def _ban_evasion_matches(page: CasePage) -> Mapping[str, object]:
    """A match says that an account was restricted or closed, so it is shown with earlier decisions."""
    shown = Related.BAN_EVASION_MATCHES in page.has and is_open(page.case, actor=page.actor)
    found = matches_of(page.case, actor=page.actor) if shown else ()
    return {"ban_evasion_matches": found}


SECTIONS = (
    Section(Place.EVIDENCE, 45, "screening/parts/at_a_glance.html", _at_a_glance),
    Section(Place.EVIDENCE, 60, "screening/parts/pictures.html", pictures_context),
    Section(Place.ACCOUNTS, 10, "screening/parts/cluster_link.html", _copies),
    Section(
        Place.ACCOUNTS,
        20,
        "screening/parts/ban_evasion_matches.html",
        _ban_evasion_matches,
        counted=("ban_evasion_matches",),
    ),
)
