"""Case page sections of this package: legal holds, corrections, and when the data of a closed case is
deleted.
"""

from collections.abc import Mapping

from django.utils.translation import gettext

from jaga.cases.reads.gate import Related
from jaga.core.terms.people import Role
from jaga.privacy.console.retention import BINDINGS, STATES, PostponeFormData
from jaga.privacy.reads.person_requests import corrections_of
from jaga.privacy.reads.retention import DueLine, holds_of, retention_of
from jaga.web.frame.sections import CasePage, Place, Section
from jaga.web.words import RETENTION_WORDS_KINDS


def _holds(page: CasePage) -> Mapping[str, object]:
    found = holds_of(page.case, actor=page.actor) if Related.LEGAL_HOLDS in page.has else ()
    return {"legal_holds": tuple((one, gettext(STATES[one.state])) for one in found)}


def _corrections(page: CasePage) -> Mapping[str, object]:
    return {"corrections": corrections_of(page.case) if Related.CORRECTIONS in page.has else ()}


def _retention(page: CasePage) -> Mapping[str, object]:
    found = retention_of(page.case, actor=page.actor)
    return {
        "retention": found,
        "postponing": page.kept_of(PostponeFormData) or PostponeFormData(),
        "retention_lines": [(line, gettext(RETENTION_WORDS_KINDS[line.kind]), _why(line)) for line in found.lines]
        if found
        else [],
        "may_hold": Role.SUPERVISOR in page.actor.roles,
    }


def _why(line: DueLine) -> list[str]:
    return list(dict.fromkeys(gettext(BINDINGS[one.reason]) for one in line.bound_by))


SECTIONS = (
    Section(Place.EVIDENCE, 4, "privacy/parts/corrections.html", _corrections),
    Section(Place.ACT, 5, "privacy/parts/legal_holds.html", _holds),
    Section(Place.HISTORY, 90, "privacy/parts/case_retention.html", _retention, form=PostponeFormData),
)
