"""The case page. Looking writes nothing; taking the case and handing it back are steps of their own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.authorities.clarifications import ASKED
from jaga.casework.cases.handles import is_settled
from jaga.casework.queue.exposure_limits import BudgetSpent, RotationDue
from jaga.casework.queue.leases import LeaseTaken, release_lease, take_lease
from jaga.core.actors import Actor
from jaga.core.errors import IllegalTransition, JagaError
from jaga.core.terms import IdentityReason, Role
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.records.access.base.installation import listed_platforms
from jaga.records.access.cases.decisions import decisions_of, votes_to_settle
from jaga.records.access.cases.evidence import evidence_of
from jaga.records.access.cases.gate import Case, CaseStage, LeaseView, access_case, current_lease, may_vote, stage_of
from jaga.records.access.cases.handles import identity_of, went_to
from jaga.records.access.cases.history import history_of
from jaga.records.access.cases.labels import labels_of
from jaga.records.access.cases.linked_accounts import links_of
from jaga.records.access.cases.other_cases import others_of
from jaga.records.access.cases.public_words import public_words_of
from jaga.records.access.cases.related_records import Beside, beside
from jaga.records.access.cases.report_lines import REPORTS_SHOWN, lines_of
from jaga.records.access.cases.reports import ReportView, TextView, reports_of
from jaga.records.access.cases.strikes import strikes_of
from jaga.records.access.cases.unverified import is_unverified
from jaga.records.access.decisions.hearings import hearing_of
from jaga.records.access.queue.queue import next_among, own_vote
from jaga.records.access.referrals import may_refer_at_once, referrals_of
from jaga.records.access.reporting.mailbox import MailboxView, last_heard_of, last_new_of, mailboxes_of
from jaga.records.access.reporting.reopened_matters import Difference, Repeat, repeat_of
from jaga.records.access.reporting.reporter_identity import named_reports
from jaga.records.access.screening.ban_evasion import resemblances_of
from jaga.records.access.screening.near_duplicates import has_copies
from jaga.records.access.screening.pictures import PictureStanding, is_closed, pictures_of, request_letters_of
from jaga.web.console.cases.forms import DecisionFormData, LinkEntered, ballot_of, decision_form
from jaga.web.console.cases.letter_preview import preview_of
from jaga.web.console.cases.placement import Moving, routing_of
from jaga.web.console.cases.presence import TakingOver, kept_draft, presence_of
from jaga.web.console.frame.case_frame import frame_of, page_of
from jaga.web.console.frame.highlight import HighlightSpan, cut, marked
from jaga.web.console.frame.lease_tokens import lease_token
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.ledger.sentences import told
from jaga.web.console.queue.exposure import exposure_here
from jaga.web.errors import fill
from jaga.web.templatetags.jaga_tags import wib

HISTORY_SHOWN = 50  # of the last entries; the whole history has a page of its own


@dataclass(frozen=True)
class HighlightedReport:
    """A report with its texts cut at the signals."""

    report: ReportView
    texts: tuple[tuple[TextView, tuple[HighlightSpan, ...]], ...]
    mailbox: MailboxView


@dataclass(frozen=True)
class Differing:
    """A report's text cut at the words that are new since the dismissal."""

    new: Difference
    pieces: tuple[HighlightSpan, ...]


@dataclass(frozen=True)
class QuestionFormData:
    """A question to a reporter as it was typed, and what is wrong with it."""

    report_id: int = 0
    text: str = ""
    errors: Sequence[str] = ()
    consent_of: int = 0  # it is a sentence of that report, which may be quoted or not


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
    except (LeaseTaken, IllegalTransition, BudgetSpent, RotationDue) as refused:
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


def case_page(request: HttpRequest, actor: Actor, row: Case, *, entered: DecisionFormData | None = None,
              errors: Mapping[str, list[str]] | None = None, refused: Refusal | None = None,
              link: LinkEntered | None = None, asked: QuestionFormData | None = None,
              identity_errors: Mapping[str, list[str]] | None = None, taking: TakingOver | None = None,
              moving: Moving | None = None, status: int = 200) -> HttpResponse:
    """The page as it stands now, with what was entered and what is wrong with it."""
    wanted, has = page_of(request), beside(row, actor=actor)
    lease, can_vote = current_lease(row, actor=actor) if Beside.LEASE in has else None, may_vote(row, actor=actor)
    entered = entered or kept_draft(row, lease, actor)
    shows_form = can_vote and bool((lease and lease.mine) or entered)
    resemblances = resemblances_of(row, actor=actor) if Beside.RESEMBLANCES in has else ()
    linked, written = links_of(row) if Beside.LINKED in has else (), Beside.MESSAGES in has
    lines = lines_of(row, wanted)
    here = lines[(wanted - 1) * REPORTS_SHOWN:wanted * REPORTS_SHOWN]
    reports = reports_of(row, [line.report_id for line in here])
    mailboxes = mailboxes_of(row, here, lease, written=written)
    exposed = exposure_here(row, actor)
    frame = frame_of(request, row, len(linked) + len(resemblances), actor=actor,
                     opened="accounts" if link else "reports" if identity_errors else "")
    return page(request, actor, "cases/case.html", {
        "case": row,
        **frame,
        "lines": sorted(lines, key=lambda line: (line.received_at, line.report_id), reverse=True),
        "page_number": wanted,
        "older": wanted + 1 if len(lines) > wanted * REPORTS_SHOWN else None,
        "newer": wanted - 1 if wanted > 1 else None,
        **exposed,
        "subject": row.subject,
        "stage": stage_of(row),
        "said": [HighlightedReport(report, cut(report), mailboxes[report.report_id]) for report in reports],
        "last_new": last_new_of(row) if written else 0,
        "heard": last_heard_of(row) if written else 0,
        "asked": asked or QuestionFormData(),
        "evidence": evidence_of(row) if Beside.ORIGINALS in has else (),
        "public_words": public_words_of(row) if Beside.ORIGINALS in has else (),
        "resemblances": resemblances,
        "strikes": strikes_of(row, given=Beside.STRIKES in has, actor=actor),
        "unverified": Beside.EMERGENCIES in has and is_unverified(row),
        "asked_kinds": ASKED,
        "others": others_of(row, actor=actor) if Beside.OTHERS in has else (),
        "copies": has_copies(row, actor=actor),
        "identity": identity_of(row),
        "went_to": went_to(row),
        "waits": not is_settled(row.subject),
        **_repeat(repeat_of(row, actor=actor) if row.repeats_id else None),
        "linked": linked,
        "labels": labels_of(row) if Beside.LABELS in has else (),
        "may_link": can_vote and stage_of(row) is CaseStage.REVIEW,
        "adding": link or LinkEntered(),
        "platforms": listed_platforms() if can_vote else (),
        "decisions": decisions_of(row) if Beside.DECISIONS in has else (),
        "history": told(history_of(row, names_accounts=Beside.LINKED in has, most=HISTORY_SHOWN, actor=actor)),
        "referrals": referrals_of(row, actor=actor) if Beside.REFERRALS in has else (),
        "may_refer_at_once": can_vote and may_refer_at_once(row),
        "votes": votes_to_settle(row, actor=actor),
        "own_vote": own_vote(row, actor=actor),
        "lease": lease,
        **routing_of(row, has, moving, actor),
        **presence_of(row, has, lease, can_vote, taking, actor),
        "can_vote": can_vote,
        "supervises": Role.SUPERVISOR in actor.roles,
        "named": named_reports(row.pk) if Beside.SENDERS in has and Role.SUPERVISOR in actor.roles else {},
        "identity_reasons": tuple(IdentityReason),
        "identity_errors": identity_errors,
        **_pictures(row, has, lease, actor),
        "form": decision_form(row, entered or DecisionFormData(), _token(row, lease, actor),
                              errors) if shows_form else None,
        "refused": refused,
        "preview": preview_of(row, ballot_of(entered)) if entered else None,
        "next_id": next_among([line.row for line in frame["rail"]], but=row.pk,
                              lighter_only=exposed["exposure"].lighter_only, actor=actor),
    }, open_link="queue", status=status)


def _repeat(repeat: Repeat | None) -> dict[str, object]:
    """What is new since the matter was dismissed, with the new words marked."""
    return {"repeat": repeat, "differences": [
        Differing(one, marked(one.text, one.places)) for one in (repeat.differences if repeat else ())]}


def _pictures(row: Case, has: Collection[Beside], lease: LeaseView | None, actor: Actor) -> dict[str, object]:
    """What the page says of pictures and letters; none is on it unless this person has opened it."""
    sealed, token = Beside.ORIGINALS in has, _token(row, lease, actor)
    pictures = pictures_of(row, actor=actor) if sealed else ()
    standings = {one.standing for one in pictures}
    checked = {PictureStanding.READY, PictureStanding.OPEN, PictureStanding.BEING_DRAWN}
    return {
        "pictures": pictures,
        "letters": request_letters_of(row) if sealed else (),
        "hearing": hearing_of(row),
        "no_pictures": row.category in WHO_MAY_REPORT,
        "pictures_closed": is_closed(row),
        "victim_speaks": Beside.VICTIM in has,
        "pictures_to_check": PictureStanding.TO_CHECK in standings,
        "pictures_checked": bool(standings & checked),
        "may_open_pictures": bool(token) or Role.SUPERVISOR in actor.roles,
        "picture_token": token,
    }


def _token(row: Case, lease: LeaseView | None, actor: Actor) -> str:
    return lease_token(row.pk, lease.fence, actor) if lease and lease.mine else ""
