"""Disclosures to the police: a sealed export, made by a supervisor on a formal request with its legal basis."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from jaga.appeals.models import Disclosure
from jaga.cases.models.cases import Case, LinkedAccount
from jaga.cases.models.decisions import Action, Decision
from jaga.cases.models.reports import AuthorityRequest, Report
from jaga.cases.reads.history import SEALED
from jaga.cases.reads.reports import originals_of
from jaga.cases.verbs.held_letters import refusals_noted
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import Actor
from jaga.core.canonical import canonical_json
from jaga.core.cases import SEALED_STATES, CaseState, reference_of, seen_from_outside
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.outside import RefusedAct
from jaga.core.terms.people import OrganisationKind, Role
from jaga.core.terms.privacy import KeyOwner
from jaga.exchange.package import POLICY, EvidenceFile, Heading, RequestReference, Withheld, write_package
from jaga.ledger.checkpoints import read_checkpoint
from jaga.ledger.extract import BadExtract, write_extract
from jaga.policy.release import cited
from jaga.privacy.models import RetentionErasure
from jaga.proofs.verbs.publishing import head_with, policy_file, proof_of
from jaga.store import vault
from jaga.store.kernel.ledger import append, as_linked, signing_key
from jaga.store.kernel.row_bindings import Act, lapsed
from jaga.store.kernel.row_verification import require_unchanged, rows_of_case
from jaga.store.kernel.sequencer import link_entries
from jaga.store.key_store.store import Owner, is_erased
from jaga.store.models import LedgerCheckpoint, LedgerEntry
from jaga.store.reads import erased_of, may_see

CONTENT = (
    EvidenceKind.MESSAGES,
    EvidenceKind.PROFILE,
    EvidenceKind.TEXT,
    EvidenceKind.SCREENSHOT,
    EvidenceKind.LINK,
    EvidenceKind.PAGE,
)
CONTENT_WITHHELD = N_("content: a court must order it")
"""A manifest's reason, before the jurisdiction's citation."""
_VICTIM = N_("victim-first case: hashes only")
ERASED = N_("erased: hash only")
"""A manifest's reason, before the day."""
_KEYS = (KeyOwner.CASE, KeyOwner.APPEAL)  # Of a case, of what may be exported or was.


class NothingAsked(Conflict):
    """No formal police request asks for an export of this case."""

    code = "nothing_asked"
    sentence = N_("No police request on this case asks for an export.")
    remedy = N_("An export is made only on a formal request with its legal basis.")


class RequestLapsed(Conflict):
    """The request was withdrawn, or its officer is no longer registered."""

    code = "request_lapsed"
    sentence = N_("This request is no longer valid: it was withdrawn, or its officer is no longer registered.")
    remedy = N_("Ask the authority to send it again, by an officer who is registered.")


@dataclass(frozen=True)
class MadeExport:
    """The sealed folder, and its hash to be confirmed by telephone."""

    disclosure_id: int
    folder: Path
    manifest_sha256: str
    withheld: int


def make_export(request_id: int, *, actor: Actor) -> MadeExport:
    """Export all work on the request's account and category into a sealed folder, and record it.

    Irreversible.

    Linked accounts are excluded: each takes its own request. Content is included only with a court order (MR5 art.
    36(4)-(5)) and never from a victim-first case; otherwise the manifest lists hashes. Of what was erased it lists
    hashes and says when, and so does `cases.json`. Reporters' identities are never included. Raises NotPermitted,
    NotFound, NothingAsked, RequestLapsed, RowsDiffer where rows were changed past Jaga, and BadExtract while entries of
    the case are not linked yet.
    """
    person = actor.require(Role.SUPERVISOR)
    request = AuthorityRequest.objects.select_related("report__case", "organisation").filter(pk=request_id).first()
    if request is None or not may_see(request.report.in_case, actor=actor):
        raise NotFound
    if request.organisation.kind != OrganisationKind.POLICE or not request.wants_export:
        raise NothingAsked
    _require_request(request)
    case = request.report.in_case
    append("begin_export", {"request": request.pk, "legal_basis": request.legal_basis}, actor=actor, case_id=case.pk)
    link_entries()
    cases = _cases(request)
    with refusals_noted(RefusedAct.EXPORT, case.pk, actor=actor):
        require_unchanged(name for one in cases for name in rows_of_case(one.pk))
    files, withheld = _evidence(cases, request)
    heading = Heading(
        case.reference,
        RequestReference(request.letter_number, request.letter_date, request.legal_basis, request.organisation.name),
        "supervisor",
        f"person:{person}",
        now(),
        tuple(withheld),
    )
    folder = Path(settings.HOME) / "exports" / f"{case.reference}-{request.pk}-{now():%Y%m%dT%H%M%S%f}"
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    rows = _entries(cases)
    digest = write_package(folder, heading, files, _extract(rows), published=_published(rows), signer=signing_key())
    with transaction.atomic():
        locked_case(case.pk, actor=actor)  # serialised with a decision being overturned, which recalls this export
        request.report.refresh_from_db(fields=["withdrawn_at"])
        _require_request(request)
        row = Disclosure.objects.create(
            case=case, request=request, made_by_id=person, folder=folder.name, manifest_sha256=digest, made_at=now()
        )
        append(
            "make_export",
            {"disclosure": row.pk, "request": request.pk, "manifest": digest, "withheld": len(withheld)},
            actor=actor,
            case_id=case.pk,
        )
    return MadeExport(row.pk, folder, digest, len(withheld))


def _require_request(request: AuthorityRequest) -> None:
    """Raise RequestLapsed if the request was withdrawn or its officer may no longer send one."""
    officer = request.report.officer_id
    if request.report.withdrawn_at is not None or officer is None or lapsed(Act(officer, frozenset({Role.OFFICER}))):
        raise RequestLapsed


def _cases(request: AuthorityRequest) -> list[Case]:
    """All cases of the account and category. A request after a decision becomes a new case."""
    case = request.report.in_case
    return list(
        Case.objects.filter(subject=case.subject, category=case.category)
        .order_by("pk")
        .select_related("subject__platform")
    )


def _evidence(cases: list[Case], request: AuthorityRequest) -> tuple[list[EvidenceFile], list[Withheld]]:
    victim_first, owners = any(case.victim_first for case in cases), _owners(cases)
    erased = erased_of(owners)
    summary = canonical_json(
        {
            "cases": [_summary(case, victim_first=victim_first) for case in cases],
            "erased": [
                {"what": owner.kind, **named, "at": erased[owner]} for owner, named in owners.items() if owner in erased
            ]
            + _deleted(cases),
        }
    )
    files = [EvidenceFile("evidence/cases.json", "application/json", summary, "this installation's records")]
    withheld = []
    for row in originals_of(cases):
        if row.linked_subject_id:  # the request does not name this account, so not even a hash is disclosed
            continue
        source = f"sealed {row.sealed_at.isoformat()} by {row.sealed_by}"
        if not (victim_first or row.kind in CONTENT or row.report_id == request.report_id):
            continue
        if (gone := erased.get(row.key_owner())) is not None:
            withheld.append(Withheld(row.media_type, row.size, row.sha256, source, f"{ERASED} ({gone:%Y-%m-%d})"))
        elif victim_first or (row.kind in CONTENT and not request.court_order):
            why = _VICTIM if victim_first else f"{CONTENT_WITHHELD}{cited('content')}"
            withheld.append(Withheld(row.media_type, row.size, row.sha256, source, why))
        else:
            content = vault.unseal(row.sha256, row.key_owner())
            files.append(EvidenceFile(f"evidence/{row.pk}-{row.kind}-{row.name}", row.media_type, content, source))
    return files, withheld


def _owners(cases: list[Case]) -> dict[Owner, dict[str, object]]:
    """Whose keys the texts and files of these cases are under, each as the export and the ledger name it."""
    reports = Report.objects.filter(case__in=cases).order_by("pk").only("key_number", "case_id")
    found: dict[Owner, dict[str, object]] = {
        case.key_owner(kind): {"case": case.reference} for case in cases for kind in _KEYS
    }
    return found | {
        report.key_owner(): {"case": reference_of(report.case_id or 0), "report": report.pk} for report in reports
    }


def _deleted(cases: list[Case]) -> list[dict[str, object]]:
    """What was deleted because its period was over."""
    return [
        {"what": row.kind, "case": row.case.reference, "at": row.at, "rule": row.rule}
        for row in RetentionErasure.objects.filter(case__in=cases).select_related("case").order_by("pk")
    ]


def _summary(case: Case, *, victim_first: bool) -> dict[str, object]:
    columns = ("pk", "kind", "legal_basis", "policy_hash", "decided_at", "adjudicated")
    # In a victim-first case the reviewer's facts describe the victim.
    made = case.decisions.filter(subject_id=case.subject_id).order_by("pk")
    decisions = list(made.values(*columns, *(() if victim_first else ("facts",))))
    for one in decisions:
        if is_erased(one.get("facts", "")):
            one["facts"] = None
    return {
        "case": case.reference,
        "platform": case.subject.platform.name,
        "account": case.subject.account_id,
        "category": case.category,
        "state": seen_from_outside(CaseState(case.state)),
        "opened_at": case.opened_at,
        "decisions": decisions,
    }


def _entries(cases: list[Case]) -> list[LedgerEntry]:
    """The linked entries of the cases that the police may read, in their order."""
    entries = LedgerEntry.objects.filter(case_ref__in=[case.pk for case in cases], seq__isnull=False).order_by("seq")
    # A sealed first vote is hidden from the police and from the exporting supervisor.
    sealed = [case.pk for case in cases if case.state in SEALED_STATES]
    others = _of_others(cases)
    return [
        row
        for row in entries.exclude(case_ref__in=sealed, verb__in=SEALED)
        if not any(row.payload.get(name) in numbers for name, numbers in others.items())
    ]


def _published(rows: list[LedgerEntry]) -> dict[str, bytes]:
    """The proofs of those entries that are published already, by file name, and the policy."""
    proofs = {f"{row.pk}.tlog-proof": proof_of(row) for row in rows if head_with(row) is not None}
    return {**proofs, POLICY: policy_file()} if proofs else {}


def _extract(rows: list[LedgerEntry]) -> bytes:
    checkpoint = LedgerCheckpoint.objects.filter(size__gte=rows[-1].seq or 0).order_by("size").first() if rows else None
    if checkpoint is None:  # the sequencer has not linked the entries yet
        raise BadExtract
    between = LedgerEntry.objects.filter(seq__gte=rows[0].seq, seq__lte=checkpoint.size).order_by("seq")
    links = [as_linked(row).link for row in between]
    return write_extract([as_linked(row) for row in rows], links, read_checkpoint(checkpoint.note))


def _of_others(cases: list[Case]) -> dict[str, set[int]]:
    """Ids that identify linked accounts in ledger entries, by payload key."""
    links = LinkedAccount.objects.filter(case__in=cases)
    decisions = Decision.objects.filter(case__in=cases, subject__in=links.values("subject"))
    return {
        "subject": set(links.values_list("subject_id", flat=True)),
        "decision": set(decisions.values_list("pk", flat=True)),
        "action": set(Action.objects.filter(decision__in=decisions).values_list("pk", flat=True)),
    }
