"""The case page. Looking writes nothing; taking the case and handing it back are steps of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.leases import LeaseTaken, release_lease, take_lease
from jaga.casework.names import is_settled
from jaga.core.actors import Actor
from jaga.core.errors import IllegalTransition, JagaError
from jaga.core.terms import Role
from jaga.records.access.console import Case, SeenLease, Stage, access_case, current_lease, may_vote, stage_of
from jaga.records.access.console_accounts import links_of
from jaga.records.access.console_case import (
    SeenReport,
    decisions_of,
    evidence_of,
    others_of,
    reports_of,
    votes_to_settle,
)
from jaga.records.access.console_identity import identity_of, went_to
from jaga.records.access.console_ledger import history_of
from jaga.records.access.console_queue import next_in_queue, own_vote
from jaga.records.access.console_strikes import strikes_of
from jaga.records.access.console_traces import resemblances_of
from jaga.records.access.public import listed_platforms
from jaga.web.console.forms import Entered, LinkEntered, ballot_of, decision_form
from jaga.web.console.highlight import Piece, pieces
from jaga.web.console.letter_preview import preview_of
from jaga.web.console.pages import page, signed_in
from jaga.web.console.sentences import told
from jaga.web.console.tokens import lease_token
from jaga.web.errors import fill
from jaga.web.templatetags.jaga_tags import wib


@dataclass(frozen=True)
class Said:
    """A report with its text cut at the signals."""

    report: SeenReport
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Refusal:
    """Why the last step did not happen. `retake`: taking the case again would help."""

    sentence: str
    remedy: str
    retake: bool = False


def refusal(error: JagaError, *, retake: bool = False) -> Refusal:
    """The refusal in the reader's language."""
    params = {name: wib(value) if isinstance(value, datetime) else value for name, value in error.params.items()}
    return Refusal(fill(error.sentence, params), fill(error.remedy, params), retake)


@require_safe
@signed_in
def case(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """One case, with the decision form for whoever holds it."""
    return case_page(request, actor, access_case(case_id, actor=actor))


@require_POST
@signed_in
def take(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Hold the case, or hold it longer."""
    row = access_case(case_id, actor=actor)
    try:
        hold(row, actor)
    except (LeaseTaken, IllegalTransition) as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    return redirect("console:case", case_id)


@require_POST
@signed_in
def hand_back(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Give the case back to the queue."""
    access_case(case_id, actor=actor)
    release_lease(case_id, actor=actor)
    return redirect("console:queue")


def hold(row: Case, actor: Actor) -> None:
    """Take the lease for somebody who can vote here; nobody blocks a case that they cannot decide."""
    if not may_vote(row, actor=actor):
        raise IllegalTransition
    take_lease(row.pk, actor=actor)


def case_page(request: HttpRequest, actor: Actor, row: Case, *, entered: Entered | None = None,
              errors: Mapping[str, list[str]] | None = None, refused: Refusal | None = None,
              link: LinkEntered | None = None, status: int = 200) -> HttpResponse:
    """The page as it stands now, with what was entered and what is wrong with it."""
    lease, can_vote = current_lease(row, actor=actor), may_vote(row, actor=actor)
    shows_form = can_vote and bool((lease and lease.mine) or entered)
    reports = reports_of(row)
    return page(request, actor, "case.html", {
        "case": row,
        "subject": row.subject,
        "stage": stage_of(row),
        "said": [Said(report, pieces(report.text, report.signals)) for report in reports],
        "evidence": evidence_of(row),
        "resemblances": resemblances_of(row, actor=actor),
        "strikes": strikes_of(row),
        "others": others_of(row),
        "identity": identity_of(row),
        "went_to": went_to(row),
        "waits": not is_settled(row.subject),
        "linked": links_of(row),
        "may_link": can_vote and stage_of(row) is Stage.REVIEW,
        "adding": link or LinkEntered(),
        "platforms": listed_platforms(),
        "decisions": decisions_of(row),
        "history": told(history_of(row, names_accounts=True, actor=actor)),
        "votes": votes_to_settle(row, actor=actor),
        "own_vote": own_vote(row, actor=actor),
        "lease": lease,
        "can_vote": can_vote,
        "supervises": Role.SUPERVISOR in actor.roles,
        "form": decision_form(row, entered or Entered(), _token(row, lease, actor), errors) if shows_form else None,
        "refused": refused,
        "preview": preview_of(row, ballot_of(entered)) if entered else None,
        "next_id": next_in_queue(but=row.pk, actor=actor),
    }, open_link="queue", status=status)


def _token(row: Case, lease: SeenLease | None, actor: Actor) -> str:
    return lease_token(row.pk, lease.fence, actor) if lease and lease.mine else ""
