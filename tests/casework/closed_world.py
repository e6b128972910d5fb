"""Cases that need a clearance, with everything attached to one, and unrestricted cases that lead to them."""

from datetime import timedelta
from types import SimpleNamespace

from django.test import override_settings
from tests.casework.operator_world import asked, make_operator
from tests.factories import (
    PLATFORM,
    World,
    clear,
    decided_closure,
    in_review,
    new_request,
    observed,
    resolved_closure,
    the_action,
    vote,
)

from jaga.actions.verbs import attempts
from jaga.actions.verbs.verification import record_verification
from jaga.appeals.models import Disclosure, HolderCheck, ReasonsAsked
from jaga.appeals.verbs import appeals
from jaga.authorities.models import EmergencyHold, HeldRequest
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Evidence, Report
from jaga.cases.verbs import state as labels
from jaga.core.actors import CLI, HOLDER, SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.terms.cases import (
    AccessKind,
    AccountState,
    CaseAlarmKind,
    DecisionKind,
    EvidenceKind,
    HolderCheckKind,
    Lapse,
    OutcomeKind,
)
from jaga.core.terms.outside import EscalationStage, HeldReason
from jaga.core.terms.people import Clearance, Role
from jaga.core.terms.reports import Danger, IndicatorKind, Likelihood
from jaga.decisions.models import CaseAlarm, PendingDecision
from jaga.operators.models import Notice, OperatorLetter
from jaga.operators.verbs import escalation, notices
from jaga.operators.verbs import notices as objections
from jaga.people.models import Organisation
from jaga.people.verbs import people
from jaga.privacy.models import LegalHold, RetentionDue
from jaga.quality.models import AccessEvent, BlindReview, GoldenCase
from jaga.quality.verbs.blind_review import mark_golden
from jaga.queue.models import PersonClearance, Skip
from jaga.queue.verbs import assignment, linked_accounts
from jaga.queue.verbs.policy_questions import ask_policy_question
from jaga.referrals.models import Referral
from jaga.referrals.verbs import referrals
from jaga.reporting.models import BadFaith, ReporterSetAside
from jaga.signals.models import AccountIndicator, BanEvasionMatch, Cluster, PictureHash, PictureMatch
from jaga.signals.verbs.triage import triage_case
from jaga.store.codes import appeal_code
from jaga.store.kernel.ledger import append
from jaga.store.vault import seal


def make_closed(world: World) -> SimpleNamespace:
    """The numbers of everything that exists, by name; `me` is a reviewer, supervisor and policy officer with the
    clearance.
    """
    at = SimpleNamespace()
    at.me = _person()
    _notices(at, world)
    _decided(at, world)
    _requested(at, world)
    _waiting(at, world)
    _beside(at)
    at.question = ask_policy_question(at.waiting, "Apakah tarif saja sudah cukup?", actor=world.reviewers[0])
    moment = now()
    at.set_aside = ReporterSetAside.objects.create(
        report_id=at.report,
        by_id=world.supervisor.person_id or 0,
        reasons="Sengaja.",
        at=moment,
        undo_until=moment + timedelta(days=30),
    ).pk
    at.hold = LegalHold.objects.create(
        case_id=at.resolved,
        owner_id=world.supervisor.person_id,
        asked_by_id=world.supervisor.person_id,
        asked_at=moment,
        reason="Diminta pengadilan.",
        confirm_until=moment + timedelta(days=3),
        ends_at=moment + timedelta(days=9),
    ).pk
    old = in_review(account="@lama:localhost")
    vote(old, DecisionKind.DISMISS, world.reviewers[0])
    Case.objects.filter(pk=old).update(resolved_at=moment - timedelta(days=5000))
    # The lot draws one dismissal in twelve; a judgement that waits would keep the case.
    BlindReview.objects.filter(case_id=old).update(drawn_at=moment - timedelta(days=5000))
    RetentionDue.objects.create(case_id=old, look_on=moment.date(), due_on=moment.date())
    at.open = {at.same_account, at.beside}
    AccessEvent.objects.create(  # Of the same account; unread, it would keep the others' decisions back.
        person_id=at.me.person_id, case_id=at.same_account, what=AccessKind.EARLIER, at=moment
    )
    Case.objects.exclude(pk__in=at.open).update(clearance=Clearance.CHILD_SAFETY)
    return at


def lose_clearance(actor: Actor) -> None:
    """Remove this person's clearance, so that they see no restricted case."""
    PersonClearance.objects.filter(person_id=actor.person_id).update(ended_at=now())


def _person() -> Actor:
    employer = Organisation.objects.get(name="Operator Contoh")
    made = people.create_person(
        people.NewPerson("wati", "Wati", employer.pk, (Role.REVIEWER, Role.SUPERVISOR, Role.POLICY)), actor=CLI
    )
    clear(people.actor_for(made))
    return people.actor_for(made)


def _notices(at: SimpleNamespace, world: World) -> None:
    operator = make_operator()
    at.platform = PLATFORM
    notice = asked(world, operator)
    at.notice, at.notice_case, at.notice_action = notice.pk, notice.case_id, notice.action_id
    at.released = escalation.prepare_letter(at.notice, EscalationStage.ORDER, actor=world.supervisor)
    escalation.release_letter(at.released, actor=world.supervisor)
    notices.open_notice(at.notice, actor=operator.contact)
    at.objection = objections.object_to(at.notice, "Akun ini milik orang lain.", actor=operator.contact)
    other = asked(world, operator, account="tamu-78")
    at.other_notice = other.pk
    at.letter = escalation.prepare_letter(other.pk, EscalationStage.ORDER, actor=world.supervisor)
    at.letter_number = OperatorLetter.objects.get(pk=at.letter).number
    at.hand_notice = asked(world, make_operator("tangan", adapter="manual"), account="tamu-79").pk
    at.notice_decision = Decision.objects.get(case_id=at.notice_case).pk
    at.number = Notice.objects.get(pk=at.notice).number


def _decided(at: SimpleNamespace, world: World) -> None:
    at.resolved = resolved_closure(world, account="@melati:localhost")
    at.decision = Decision.objects.get(case_id=at.resolved, kind=DecisionKind.CLOSE).pk
    at.appeal = appeals.file_appeal(appeal_code(at.decision), "Bukan saya yang menulis itu.", actor=HOLDER).pk
    at.golden = mark_golden(at.resolved, DecisionKind.CLOSE, "Iklan jasa, jelas sekali.", actor=world.supervisor)
    at.stuck_case = decided_closure(world, account="@kenanga:localhost")
    at.stuck = the_action(at.stuck_case).pk
    attempts.mark_stuck(at.stuck, OutcomeKind.REFUSED, actor=SYSTEM)
    at.held_letters = append(
        "hold_letters", {"decision": at.decision, "part": "report", "number": 1}, actor=SYSTEM, case_id=at.resolved
    ).pk
    append("refuse_rows", {"act": "export", "part": "report", "number": 1}, actor=SYSTEM, case_id=at.resolved)
    at.undone = resolved_closure(world, account="@dahlia:localhost")
    record_verification(the_action(at.undone).pk, observed(AccountState.ACTIVE), actor=SYSTEM)
    at.referred = in_review(account="@anyelir:localhost")
    for reviewer in world.reviewers[:2]:
        vote(at.referred, DecisionKind.REFER, reviewer)
    at.referral = Referral.objects.get(case_id=at.referred).pk
    at.dismissed = in_review(account="@teratai:localhost")
    vote(at.dismissed, DecisionKind.DISMISS, world.reviewers[0])
    at.restricted = in_review(account="@soka:localhost")
    vote(at.restricted, DecisionKind.RESTRICT, world.reviewers[0])
    at.restriction = Decision.objects.get(case_id=at.restricted).pk
    moment = now()
    ReasonsAsked.objects.create(decision_id=at.restriction, asked_at=moment, shown_from=moment, kept_at=moment)
    checked = {
        "kind": HolderCheckKind.IN_PERSON,
        "how": "Bertemu di kantor.",
        "explanation": "Iklan di ruang umum.",
        "checked_at": moment,
    }
    at.check = HolderCheck.objects.create(
        decision_id=at.decision, checked_by_id=world.reviewers[0].person_id, **checked
    ).pk
    at.my_check = HolderCheck.objects.create(
        decision_id=at.notice_decision,
        checked_by_id=at.me.person_id,
        released_by_id=world.supervisor.person_id,
        released_at=moment,
        **checked,
    ).pk
    mine = {"person_id": at.me.person_id, "taken_at": moment}
    at.task = BlindReview.objects.update_or_create(case_id=at.dismissed, defaults={"drawn_at": moment, **mine})[0].pk
    BlindReview.objects.get_or_create(case_id=at.undone, golden=None, defaults={"drawn_at": moment})
    at.difference = BlindReview.objects.create(
        case_id=at.resolved,
        golden=GoldenCase.objects.get(pk=at.golden),
        drawn_at=moment,
        person_id=world.reviewers[2].person_id,
        taken_at=moment,
        kind=DecisionKind.DISMISS,
        reasons="Iklan biasa.",
        judged_at=moment,
        agrees=False,
    ).pk


def _requested(at: SimpleNamespace, world: World) -> None:
    filed = requests.file_request(new_request(account="@cempaka:localhost", wants_export=True), actor=world.officer)
    at.request_report, at.request_case = filed.report_id, filed.case_id
    triage_case(filed.case_id, actor=SYSTEM)
    at.request_letter = Evidence.objects.get(case_id=filed.case_id, kind=EvidenceKind.LETTER).pk
    at.request = Report.objects.get(pk=filed.report_id).request.pk
    at.disclosure = Disclosure.objects.create(
        case_id=filed.case_id,
        request_id=at.request,
        made_by_id=at.me.person_id,
        folder="K1-1",
        manifest_sha256="0" * 64,
        made_at=now(),
    ).pk
    at.held_case = in_review(account="@lavender:localhost")
    held = HeldRequest.objects.create(
        reason=HeldReason.NOT_SIGNED, address="orders", body_sha256=seal(b"{}", None), body_size=2, received_at=now()
    )
    at.held = held.pk
    EmergencyHold.objects.create(
        held=held,
        report=Report.objects.get(case=at.held_case),
        why="Segera hilang.",
        made_by_id=world.supervisor.person_id,
        made_at=now(),
    )


def _waiting(at: SimpleNamespace, world: World) -> None:
    at.waiting = in_review(account="@mawar:localhost", name="Ani Pelapor", contact="ani@example.id")
    at.report = Report.objects.get(case=at.waiting).pk
    at.mark = BadFaith.objects.create(
        report_id=at.report,
        judged_by_id=world.supervisor.person_id,
        reasons="Sengaja.",
        at=now(),
        expires_at=now() + timedelta(days=9),
    ).pk
    at.skipped = in_review(account="@kemuning:localhost")
    Skip.objects.create(person_id=at.me.person_id, case_id=at.skipped, until=now() + timedelta(hours=1))
    assignment.assign_case(at.waiting, world.reviewers[2].person_id or 0, actor=world.supervisor)
    at.preserved = in_review(account="@teratai:localhost")
    at.preserving = vote(at.preserved, DecisionKind.PRESERVE, world.reviewers[1]).decision_ids[-1]
    at.voted = in_review(account="@seruni:localhost")
    vote(at.voted, DecisionKind.CLOSE, at.me)
    at.committing = in_review(account="@wijaya:localhost")
    with override_settings(UNDO_WINDOW_SECONDS=600):
        for reviewer in world.reviewers[:2]:
            vote(at.committing, DecisionKind.CLOSE, reviewer)
    at.commit = PendingDecision.objects.get(case_id=at.committing).pk
    at.label = labels.label_case(at.waiting, "kampanye", actor=world.supervisor)
    at.linked = in_review(account="@bakung:localhost")
    at.link = linked_accounts.link_account(
        at.linked, PLATFORM, "@bakung2:localhost", "Nomor telepon sama.", actor=world.supervisor
    ).link_id
    CaseAlarm.objects.create(case_id=at.waiting, kind=CaseAlarmKind.RETURNED, why=Lapse.ROLE, at=now())

    at.at_once = referrals.refer_at_once(
        at.waiting,
        referrals.NewReferral("sapa_129", Danger.LIFE, "Mungkin ada orang yang ditahan."),
        actor=world.reviewers[1],
    )


def _beside(at: SimpleNamespace) -> None:
    """Two open cases: one on an account with an earlier restricted case, one whose account shares much with a
    restricted case.
    """
    at.same_account = in_review(account="@melati:localhost", category="gambling")
    at.beside = in_review(account="@kamboja:localhost")
    one, other = (Case.objects.get(pk=number) for number in (at.beside, at.resolved))
    waiting, moment = Case.objects.get(pk=at.waiting), now()
    mine, theirs = (
        AccountIndicator.objects.create(
            subject_id=case.subject_id,
            kind=IndicatorKind.CONTACT,
            key=b"k" * 32,
            masked="+62 812-***-789",
            seen_at=moment,
            report=case.reports.first(),
        )
        for case in (one, other)
    )
    at.match = BanEvasionMatch.objects.create(
        case=one,
        subject_id=one.subject_id,
        earlier_subject_id=other.subject_id,
        earlier_case=other,
        likelihood=Likelihood.LIKELY,
        kinds=["contact"],
        evidence=[[mine.pk, theirs.pk]],
        found_at=moment,
    ).pk
    at.closed_resemblance = BanEvasionMatch.objects.create(
        case=waiting,
        subject_id=waiting.subject_id,
        earlier_subject_id=other.subject_id,
        earlier_case=other,
        likelihood=Likelihood.LIKELY,
        kinds=["contact"],
        evidence=[[mine.pk, theirs.pk]],
        found_at=moment,
    ).pk
    at.pictures = []
    for case in (waiting, one):
        evidence = Evidence.objects.create(
            case=case,
            kind=EvidenceKind.SCREENSHOT,
            name="layar",
            media_type="image/png",
            sha256=seal(b"x%d" % case.pk, case.key_owner()),
            size=2,
            sealed_at=moment,
            sealed_by="public",
        )
        at.pictures.append(PictureHash.objects.create(evidence=evidence, hashes=b"0" * 256, quality=90, at=moment))
    PictureMatch.objects.create(picture=at.pictures[1], earlier=at.pictures[0], bits=1, turned=0, at=moment)
    at.cluster = Cluster.objects.create(report=one.reports.get(), same=b"s" * 32, made_at=moment).pk
    third = Case.objects.get(pk=at.skipped)
    Case.objects.filter(pk__in=[one.pk, waiting.pk, third.pk]).update(cluster=at.cluster)
