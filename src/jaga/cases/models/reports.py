"""Reports, separately stored reporter identities, authority requests, and sealed evidence."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.cases.models.cases import Case, Subject
from jaga.core.canonical import SHA256_WHOLE
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.people import Language
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.reports import (
    Channel,
    FilingPriority,
    ReporterCapacity,
    ReportForm,
    ReportRoute,
    SourceReason,
    TextKind,
)
from jaga.people.models import Organisation, Person
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.store.key_numbers import next_report_number
from jaga.store.key_store.store import Owner
from jaga.store.models import choices, one_of
from jaga.store.sealed_text import SealedTextField, sealed_only

BETWEEN = "\n\n"  # Joins a report's texts where they are read as one.


class Report(models.Model):
    """One submission by anyone. It does not contain the sender's identity; see `ReporterIdentity`."""

    key_number = models.BigIntegerField(default=next_report_number)  # Of its key (`store.key_store`).
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="reports")  # null until filed.
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="reports")
    channel = models.CharField(max_length=20, choices=choices(Channel))
    form = models.CharField(max_length=20, choices=choices(ReportForm))
    category = models.CharField(max_length=60)
    text = SealedTextField(blank=True)  # The sender's own words; for an observation Jaga's own sentence, if any.
    # What the account published, according to the sender.
    excerpt = SealedTextField(blank=True, default="", db_default="")
    # What the account was observed to publish; not a claim.
    published = SealedTextField(blank=True, default="", db_default="")
    place = SealedTextField(blank=True)  # Where it was published: a public room's name, or the links given.
    language = models.CharField(max_length=2, choices=choices(Language), default=Language.INDONESIAN)
    conduct_on = models.DateField()
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    urgent = models.BooleanField(default=False)
    # Keyed hash: equal for one independent source, reveals nothing else.
    source_key = models.BinaryField(max_length=32)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="reports")
    officer = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="reports")
    # HMAC-SHA-256 under a key outside the database.
    receipt_hash = models.BinaryField(max_length=32, null=True, unique=True)
    withdrawn_at = models.DateTimeField(null=True)  # By the reporter: no longer counts as a source; the case goes on.
    # By a supervisor, with the sender's others (`ReporterSetAside`): it counts as no source meanwhile.
    set_aside_at = models.DateTimeField(null=True)
    origin_ref = models.CharField(max_length=300, blank=True)  # An observation's message id or a request's number.
    priority = models.SmallIntegerField(default=FilingPriority.ORDINARY)
    route = models.CharField(max_length=20, choices=choices(ReportRoute), default=ReportRoute.ORDINARY)
    # The reporter's claimed capacity where only certain people may report (`limits.WHO_MAY_REPORT`); unverified.
    capacity = models.CharField(max_length=20, choices=choices(ReporterCapacity), blank=True, default="", db_default="")
    reference = models.CharField(max_length=120, blank=True)  # The sender's own reference number.
    # The reported handle, on platforms where handles can change owners.
    called_as = models.CharField(max_length=300, blank=True)
    # When the platform was asked who owns `called_as`. Until then the report waits for that.
    handle_looked_up_at = models.DateTimeField(null=True)
    network_key = models.BinaryField(max_length=32, null=True)  # Keyed hash of the network; expires.
    contact_key = models.BinaryField(max_length=32, null=True)  # Keyed hash of the contact.
    filed_at = models.DateTimeField(null=True)
    source_weight = models.FloatField(null=True)  # Weight from 0 to 1 among the case's sources; null until computed.
    source_reason = models.CharField(max_length=20, choices=choices(SourceReason), blank=True)
    # The policy release whose word list last screened the text.
    screened_by = models.CharField(max_length=80, blank=True)
    file_after = models.DateTimeField(null=True)  # Filing failed and is retried automatically at this time.

    class Meta:
        constraints: ClassVar = [
            *sealed_only("text", "excerpt", "published", "place", table="report"),
            one_of("channel", Channel),
            one_of("form", ReportForm),
            one_of("language", Language),
            one_of("route", ReportRoute),
            one_of("priority", FilingPriority),
            *(
                models.CheckConstraint(  # Enforced here in case a channel omits the check.
                    name=f"records_report_{category}_by_whom"[:60],
                    condition=~Q(category=category) | Q(capacity__in=sorted(one.value for one in who)),
                )
                for category, who in WHO_MAY_REPORT.items()
            ),
            models.CheckConstraint(
                name="records_report_filed_has_its_case",
                condition=Q(case__isnull=True, filed_at__isnull=True) | Q(case__isnull=False, filed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="records_source_weight_is_a_share",
                condition=Q(source_weight__isnull=True) | Q(source_weight__gte=0, source_weight__lte=1),
            ),
            models.CheckConstraint(
                name="records_request_names_its_officer",
                condition=~Q(form__in=[ReportForm.REQUEST, ReportForm.ORDER])
                | Q(organisation__isnull=False, officer__isnull=False),
            ),
            # An observation holds the account's publication, or Jaga's own sentence on what it found.
            models.CheckConstraint(
                name="records_observation_has_no_reporters_words",
                condition=~Q(form=ReportForm.OBSERVATION) | Q(text="", excerpt="") | Q(published="", excerpt=""),
            ),
            models.UniqueConstraint(
                fields=["subject", "origin_ref"],
                name="records_observation_once",
                condition=Q(form=ReportForm.OBSERVATION),
            ),
            models.UniqueConstraint(  # A repeated letter number on one account is a repeat or a replay.
                fields=["organisation", "subject", "category", "origin_ref"],
                name="records_request_number_once",
                condition=Q(form__in=[ReportForm.REQUEST, ReportForm.ORDER]),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["key_number"], name="records_report_key_number"),
            models.Index(fields=["priority", "id"], name="records_report_waiting", condition=Q(case__isnull=True)),
            models.Index(
                fields=["case"],
                name="records_report_unscored",
                condition=Q(source_weight__isnull=True, case__isnull=False),
            ),
            models.Index(
                fields=["case"],
                name="records_report_handle_waits",
                condition=Q(handle_looked_up_at__isnull=True) & ~Q(called_as=""),
            ),
            models.Index(fields=["received_at"], name="records_report_network", condition=Q(network_key__isnull=False)),
            models.Index(fields=["contact_key"], name="records_report_contact", condition=Q(contact_key__isnull=False)),
            models.Index(fields=["due_at"], name="records_report_urgent", condition=Q(priority=FilingPriority.URGENT)),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts, and what was written to and by its reporter."""
        return Owner(KeyOwner.REPORT, self.key_number)

    @property
    def all_text(self) -> str:
        """All texts together, whoever wrote them: for comparing reports, never for judging the account."""
        return BETWEEN.join(part for part in (self.text, self.excerpt, self.published) if part)

    @property
    def texts(self) -> dict[TextKind, str]:
        """The non-empty texts by author."""
        kinds = {TextKind.WORDS: self.text, TextKind.EXCERPT: self.excerpt, TextKind.PUBLISHED: self.published}
        return {kind: text for kind, text in kinds.items() if text}

    @property
    def in_case(self) -> Case:
        """The case of a filed report. Authority reports are filed in the transaction that receives them."""
        assert self.case is not None
        return self.case


class ReporterIdentity(models.Model):
    """A reporter's identity, if given; separate from the report and encrypted under a key outside the database.

    Holders, operators and other agencies never see it unless the reporter agreed (`shared`). Only
    `reporting.reads.reporter_identity` decrypts it. The database rejects plaintext.
    """

    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="identity")
    sealed = models.BinaryField()  # Name and contact (`store.codes.seal_identity`).
    shared = models.BooleanField(default=False)  # The reporter agreed to disclosure to agencies.


class AuthorityRequest(models.Model):
    """What MR5 art. 16(4) requires of an authority's request beyond the report's own fields."""

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="request")
    order = models.ForeignKey("records.Order", on_delete=models.PROTECT, related_name="requests")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="requests")
    letter_number = models.CharField(max_length=120)
    letter_date = models.DateField()
    legal_basis = models.CharField(max_length=60)
    legal_analysis = SealedTextField()
    locator = models.CharField(max_length=500)
    wants_export = models.BooleanField(default=False)
    # MR5 art. 36(4)-(5): content requires a district court order.
    court_order = models.CharField(max_length=120, blank=True)
    urgent_reason = SealedTextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("legal_analysis", "urgent_reason", table="authorityrequest"),
            models.CheckConstraint(
                name="records_request_is_complete",
                condition=~Q(letter_number="") & ~Q(legal_basis="") & ~Q(legal_analysis="") & ~Q(locator=""),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.report.key_owner()


class Evidence(models.Model):
    """One sealed original, addressed by hash in the evidence store. Immutable."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="evidence")
    report = models.ForeignKey(Report, null=True, on_delete=models.PROTECT, related_name="evidence")
    # For preserved material of an account that people linked to the case: that account. Else null.
    linked_subject = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # The appeal with which a holder sent it: it is then no evidence of the case.
    appeal = models.ForeignKey("records.Appeal", null=True, on_delete=models.PROTECT, related_name="pictures")
    kind = models.CharField(max_length=20, choices=choices(EvidenceKind))
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    sealed_at = models.DateTimeField()
    sealed_by = models.CharField(max_length=80)  # The actor's name, where the chain of custody starts.

    class Meta:
        constraints: ClassVar = [
            one_of("kind", EvidenceKind),
            models.CheckConstraint(name="records_evidence_hash_is_sha256", condition=Q(sha256__regex=SHA256_WHOLE)),
            models.UniqueConstraint(fields=["case", "sha256", "kind", "name"], name="records_evidence_once"),
            models.CheckConstraint(
                name="records_evidence_has_one_origin",
                condition=Q(appeal__isnull=True, linked_subject__isnull=True)
                | Q(report__isnull=True) & (Q(appeal__isnull=True) | Q(linked_subject__isnull=True)),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key encrypts the original: the report's or the appeal's that it came with, else the case's."""
        if self.report:
            return self.report.key_owner()
        return self.case.key_owner(KeyOwner.CASE if self.appeal_id is None else KeyOwner.APPEAL)
