"""What is cleared in the open beside texts whose key was destroyed (`privacy.verbs.erasure`)."""

from collections.abc import Collection, Iterable

from django.db import connection

from jaga.appeals.models import Appeal, RestoredAccess
from jaga.authorities.models import LocatorVersion
from jaga.cases.models.cases import Case, CaseLabel, SearchStale, Signal, TurnKey
from jaga.cases.models.reports import AuthorityRequest, Report, ReporterIdentity
from jaga.core.actors import SYSTEM
from jaga.core.referrals import UNDER_WAY, ReferralState
from jaga.core.terms.outside import DeliveryState
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.reports import ReportForm
from jaga.queue.models import Draft
from jaga.referrals.models import Referral
from jaga.reporting.models import SourceKey
from jaga.reporting.verbs.new_reports import coded_origin
from jaga.signals.models import NO_INDICATORS, AccountIndicator, BanEvasionMatch
from jaga.signals.verbs.shared_indicators import delete_indicators_of, detach_indicators_of
from jaga.store.codes import account_key
from jaga.store.kernel.ledger import append, append_changes
from jaga.store.kernel.row_verification import differing, unchanged
from jaga.store.key_store.store import Owner
from jaga.store.sealed_text import DELETED
from jaga.watch.verbs.watches import forget_accounts, forget_reports
from jaga.webhooks.models import WebhookDelivery

# Nothing leads from an erased report to its sender any more, and it is like no other report.
_FORGET_SENDER = """
UPDATE records_report SET reference = '', called_as = '', contact_key = NULL, network_key = NULL,
    source_key = sha256(uuid_send(gen_random_uuid())) WHERE id = ANY(%s)"""
_TO_FORGET = """
SELECT s.id, p.name, s.account_id, s.handle FROM records_subject s JOIN records_platform p ON p.id = s.platform_id
WHERE s.id IN (SELECT subject_id FROM records_case WHERE id = ANY(%(cases)s)
               UNION SELECT subject_id FROM records_linkedaccount WHERE case_id = ANY(%(cases)s)
               UNION SELECT subject_id FROM records_report WHERE case_id = ANY(%(cases)s)
               UNION SELECT subject_id FROM records_decision WHERE case_id = ANY(%(cases)s))
  AND s.account_id NOT LIKE '[dihapus / deleted] %%' AND records_account_is_forgotten(s.id) FOR UPDATE OF s"""
# `records_subject_guard` (`store/guards/cases.sql`) knows this name, too.
_FORGET_ACCOUNTS = """
UPDATE records_subject SET handle = '', sought_at = NULL, since = NULL,
    account_id = '[dihapus / deleted] ' || substr(encode(sha256(uuid_send(gen_random_uuid())), 'hex'), 1, 16)
WHERE id = ANY(%s)"""
_NO_ADDRESS = r"^((text|code):[0-9a-f]{32,}|(words|verification|second-look):\w+)?$"
"""Our own numbers of observations (`reporting.verbs`), which lead to no account."""


def clear_related(owners: Iterable[Owner], forgotten: Collection[int]) -> None:
    """Clear what is stored in the open beside the texts: what leads to the sender, findings, drafts, search words.

    `forgotten` are the key numbers of cases that are erased before their periods were over: what has a period of its
    own (indicators, labels, what watches keep of their accounts) goes with them.
    """
    numbers: dict[KeyOwner, list[int]] = {kind: [] for kind in KeyOwner}
    for kind, number in owners:
        numbers[kind].append(number)
    reports = list(Report.objects.filter(key_number__in=numbers[KeyOwner.REPORT]).values_list("pk", "case_id"))
    cases = list(Case.objects.filter(key_number__in=numbers[KeyOwner.CASE]).values_list("pk", flat=True))
    of_reports = [number for number, _ in reports]
    concerned = sorted({*cases, *(case for _, case in reports if case)})
    # Verbs lock the case before they write beside its texts: what they wrote is here, or they see that it is erased.
    list(Case.objects.filter(pk__in=concerned).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_SENDER, [of_reports])
    _forget_addresses(of_reports)
    whole = set(Case.objects.filter(key_number__in=forgotten).values_list("pk", flat=True))
    _forget_accounts(cases, whole)
    _forget_in_the_open(numbers[KeyOwner.APPEAL], of_reports)
    append_changes(actor=SYSTEM, case_id=None)
    _clear_whole(whole)
    ReporterIdentity.objects.filter(report__in=of_reports).delete()
    Signal.objects.filter(report__in=of_reports).delete()
    AccountIndicator.objects.filter(report__in=of_reports).delete()
    forget_reports(of_reports)
    WebhookDelivery.objects.filter(report__in=of_reports).exclude(state=DeliveryState.WAITING).delete()
    Draft.objects.filter(case__in=cases).delete()
    TurnKey.objects.filter(case__in=cases).delete()
    BanEvasionMatch.objects.filter(case__in=cases).update(evidence=NO_INDICATORS)
    SearchStale.objects.bulk_create(SearchStale(number=number) for number in concerned)


def _forget_addresses(reports: Collection[int]) -> None:
    """Replace what leads to an erased observation on its platform, and often names its account, by a code."""
    named = Report.objects.filter(pk__in=reports, form=ReportForm.OBSERVATION).exclude(origin_ref__regex=_NO_ADDRESS)
    for number, platform, origin in named.values_list("pk", "subject__platform__name", "origin_ref"):
        Report.objects.filter(pk=number).update(origin_ref=coded_origin(platform, origin))


def _forget_accounts(cases: Collection[int], forgotten: Collection[int]) -> None:
    """Forget the names of accounts whose last case is erased; of those whose holders asked for it also elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_FORGET, {"cases": list(cases)})
        found = cursor.fetchall()
        cursor.execute(_FORGET_ACCOUNTS, [[number for number, *_ in found]])
    asked = set(Case.objects.filter(pk__in=forgotten).values_list("subject", flat=True))
    asked |= set(Report.objects.filter(case__in=forgotten).values_list("subject", flat=True))
    forget_accounts([account_key(platform, account) for number, platform, account, _ in found if number in asked])


def _clear_whole(cases: Collection[int]) -> None:
    """Delete what has a period of its own, since the holder asked for all of it to be erased."""
    for case in sorted(cases):
        delete_indicators_of(case)
    SourceKey.objects.filter(case__in=cases).delete()
    Signal.objects.filter(case__in=cases).delete()
    CaseLabel.objects.filter(case__in=cases).delete()
    RestoredAccess.objects.filter(decision__case__in=cases).delete()
    Referral.objects.filter(case__in=cases, sealed__isnull=False).exclude(
        state__in=[*UNDER_WAY, ReferralState.DRAFTED]
    ).update(sealed=None)


def _forget_in_the_open(appeals: Collection[int], reports: Collection[int]) -> None:
    """Delete words that no key seals: names of helpers in the appeals under these keys, and where accounts and texts of
    authorities' requests stood. An entry binds the rows anew.
    """
    helpers = Appeal.objects.filter(decision__case__key_number__in=appeals).exclude(helper="")
    requests = AuthorityRequest.objects.filter(report__in=reports).exclude(locator=DELETED)
    corrected = LocatorVersion.objects.filter(request__report__in=reports).exclude(locator=DELETED)
    rows = [
        (part, number)
        for part, found in (("appeal", helpers), ("authorityrequest", requests), ("locatorversion", corrected))
        for number in found.values_list("pk", flat=True)
    ]
    if rows:
        whole = unchanged(rows)
        helpers.update(helper="")
        requests.update(locator=DELETED)
        corrected.update(locator=DELETED)
        append(
            "clear_erased",
            {"rows": len(rows)},
            actor=SYSTEM,
            case_id=None,
            rows=[(one.part, one.number) for one in differing(whole)],
        )


def keep_indicators(numbers: Collection[int]) -> None:
    """Indicators have their own period: those of reports whose texts only expired stay while a case keeps them. Call
    it before `clear_related`.
    """
    detach_indicators_of(Report.objects.filter(key_number__in=numbers).values_list("pk", flat=True))
