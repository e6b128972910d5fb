"""What binds a case, and until when: requests of authorities, and answered appeals."""

import pytest
from tests.casework.privacy.conftest import DAY
from tests.factories import World, in_review, new_request, vote

from jaga.casework.authorities import requests
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.retention import BindingReason
from jaga.policy.limits import LEAST_PRESERVED_DAYS
from jaga.policy.local_time import day_of
from jaga.policy.privacy.retention_due import Binding
from jaga.records.access.privacy.bindings import facts_of
from jaga.records.models import Report


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
