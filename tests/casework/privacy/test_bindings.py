"""What binds a case, and until when: requests of authorities, and answered appeals."""

import pytest
from django.db import IntegrityError, transaction
from tests.casework.privacy.conftest import DAY
from tests.factories import World, in_review, new_request, resolved_closure, vote

from jaga.appeals.reads.statement import AFTER_ANSWER
from jaga.appeals.verbs import appeals
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.core.actors import HOLDER
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.privacy import BindingReason, DataKind
from jaga.policy.limits import LEAST_PRESERVED_DAYS
from jaga.policy.local_time import day_of
from jaga.policy.privacy import Binding
from jaga.policy.release import load_release
from jaga.privacy.models import RetentionErasure
from jaga.privacy.reads.bindings import facts_of
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry


def of(case_id: int, reason: BindingReason) -> list[Binding]:
    return [one for one in facts_of([case_id])[case_id].bindings if one.reason is reason]


def test_a_request_for_an_export_binds_all_that_it_asks_for_and_for_its_time(world: World) -> None:
    """Also earlier cases of the account and category, not those of another account; until it is withdrawn, or the
    preservation period is over. Only the police can ask.
    """
    first, stranger = in_review(), in_review(account="@kenanga:localhost")
    for case_id in (first, stranger):
        vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    with frozen(now() + 100 * DAY):
        filed = requests.file_request(new_request(wants_export=True), actor=world.officer)
        assert filed.case_id != first
        until = day_of(now() + LEAST_PRESERVED_DAYS * DAY)
        for case_id in (first, filed.case_id):
            assert of(case_id, BindingReason.AUTHORITY) == [Binding(BindingReason.AUTHORITY, until)]
        assert of(stranger, BindingReason.AUTHORITY) == []
        with pytest.raises(InvalidInput) as refused:
            requests.file_request(new_request(OrganisationKind.MINISTRY, wants_export=True), actor=world.minister)
        assert [(one.field, one.code) for one in refused.value.errors] == [("wants_export", "police_only")]
    with frozen(now() + (101 + LEAST_PRESERVED_DAYS) * DAY):
        assert of(first, BindingReason.AUTHORITY) == []
    Report.objects.filter(pk=filed.report_id).update(withdrawn_at=now())
    assert of(first, BindingReason.AUTHORITY) == []


def test_an_answer_after_the_window_has_its_own(world: World) -> None:
    """The holder may reply and go to a court; then only the latter, counted from the last answer."""
    case_id = resolved_closure(world)
    code = appeal_code(Decision.objects.get(case=case_id).pk)
    outside = load_release().retention.outside_remedy.days * DAY
    filed = appeals.file_appeal(code, "Itu bukan akun saya.", actor=HOLDER)
    with frozen(now() + 3000 * DAY):
        appeals.decide_appeal(filed.pk, overturn=False, reasons="Buktinya tetap sama.", actor=world.supervisor)
        until = day_of(now() + AFTER_ANSWER + outside)
        assert of(case_id, BindingReason.APPEAL_WINDOW) == [Binding(BindingReason.APPEAL_WINDOW, until)]
        with pytest.raises(IntegrityError, match="still needs"), transaction.atomic():
            RetentionErasure.objects.create(
                case_id=case_id,
                kind=DataKind.APPEAL,
                rule="appeal",
                at=now() + AFTER_ANSWER - DAY,
                due_on=day_of(now()),
                policy_hash=load_release().hash,
                entry=LedgerEntry.objects.latest("pk"),
            )
        appeals.write_again(code, "Saya tetap keberatan.", actor=HOLDER)
    with frozen(now() + 3020 * DAY):
        appeals.answer_again(filed.pk, overturn=False, reasons="Tidak ada yang baru.", actor=world.reviewers[2])
        until = day_of(now() + outside)
        assert of(case_id, BindingReason.APPEAL_WINDOW) == [Binding(BindingReason.APPEAL_WINDOW, until)]
    with frozen(now() + 3021 * DAY + outside):
        assert of(case_id, BindingReason.APPEAL_WINDOW) == []
