"""Which kinds of related records a case has, in one prepared query.

The case page asks this first and then loads only those; most cases have few of them.
"""

from enum import StrEnum

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.records.access.base.current_user import number_of
from jaga.records.access.cases.case_view import takes_case
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case


class Related(StrEnum):
    """One kind of related record."""

    BAN_EVASION_MATCHES = "ban_evasion_matches"
    LINKED = "linked"
    OTHERS = "others"  # Cases of the same account or a linked one.
    MESSAGES = "messages"
    ORIGINALS = "originals"  # Sealed evidence, including pictures and letters.
    CAPTURES = "captures"  # Of pages that a watch flagged.
    MEDIA = "media"  # Pictures that a flagged observation names.
    YOUTH_CHECKS = "youth_checks"
    EMERGENCIES = "emergencies"
    LABELS = "labels"
    DECISIONS = "decisions"
    REFERRALS = "referrals"
    NOTES = "notes"
    CORRECTIONS = "corrections"  # Notes that the holder or a reporter had added.
    QUESTIONS = "questions"  # About the policy.
    LEGAL_HOLDS = "legal_holds"
    CONTACTS = "contacts"  # Shown with the account.
    SENDERS = "senders"  # Reporters who gave their identity.
    VICTIM = "victim"  # A report by the victim's route: its sender may be shown in a picture against their will.
    WATCHERS = "watchers"  # Others who have the case open or recently had.
    LEASE = "lease"
    OWN_DRAFT = "own_draft"
    OWN_SKIP = "own_skip"
    ERASURES = "erasures"  # Of its words, or of those of its reports.


# Each condition covers at least what the full query finds, and is broader where that is cheaper.
_WHERE = {
    Related.BAN_EVASION_MATCHES: "records_banevasionmatch x WHERE x.case_id = c.id",
    Related.LINKED: "records_linkedaccount x WHERE x.case_id = c.id",
    Related.OTHERS: """(
        SELECT 1 FROM records_case o WHERE o.subject_id = c.subject_id AND o.id <> c.id
        UNION ALL SELECT 1 FROM records_linkedaccount l WHERE l.case_id = c.id OR l.subject_id = c.subject_id) x""",
    Related.MESSAGES: """records_report r JOIN records_reportmessage x ON x.report_id = r.id WHERE r.case_id = c.id""",
    Related.ORIGINALS: """(
        SELECT 1 FROM records_evidence e WHERE e.case_id = c.id
        UNION ALL SELECT 1 FROM records_report r JOIN records_evidence e ON e.report_id = r.id
        WHERE r.case_id = c.id) x""",
    Related.CAPTURES: """records_report r JOIN records_watchfinding f ON f.report_id = r.id
        JOIN records_watchcapture x ON x.finding_id = f.id WHERE r.case_id = c.id""",
    Related.MEDIA: "records_report r JOIN records_watchmedia x ON x.report_id = r.id WHERE r.case_id = c.id",
    Related.YOUTH_CHECKS: "records_youthcheck x WHERE x.case_id = c.id",
    Related.EMERGENCIES: """records_report r JOIN records_emergencyhold x ON x.report_id = r.id
        WHERE r.case_id = c.id""",
    Related.LABELS: "records_caselabel x WHERE x.case_id = c.id",
    Related.DECISIONS: "records_decision x WHERE x.case_id = c.id",
    Related.REFERRALS: "records_referral x WHERE x.case_id = c.id",
    Related.NOTES: "records_casenote x WHERE x.case_id = c.id",
    Related.CORRECTIONS: """(
        SELECT 1 FROM records_correctionnote n WHERE n.subject_id = c.subject_id
        UNION ALL SELECT 1 FROM records_report r JOIN records_correctionnote n ON n.report_id = r.id
        WHERE r.case_id = c.id) x""",
    Related.CONTACTS: "records_accountindicator x WHERE x.subject_id = c.subject_id AND x.kind = 'contact'",
    Related.QUESTIONS: "records_policyquestion x WHERE x.case_id = c.id",
    Related.LEGAL_HOLDS: "records_legalhold x WHERE x.case_id = c.id AND x.ended_at IS NULL",
    Related.SENDERS: "records_report r JOIN records_reporteridentity x ON x.report_id = r.id WHERE r.case_id = c.id",
    Related.VICTIM: "records_report x WHERE x.case_id = c.id AND x.route = 'victim'",
    Related.WATCHERS: "records_presence x WHERE x.case_id = c.id AND x.person_id <> %(person)s",
    Related.LEASE: "records_lease x WHERE x.case_id = c.id AND x.released_at IS NULL",
    Related.OWN_DRAFT: "records_draft x WHERE x.case_id = c.id AND x.person_id = %(person)s",
    Related.OWN_SKIP: "records_skip x WHERE x.case_id = c.id AND x.person_id = %(person)s AND x.until > %(moment)s",
    Related.ERASURES: """(
        SELECT 1 FROM records_erasedkey e WHERE e.number = c.key_number AND e.kind IN ('case', 'appeal')
        UNION ALL SELECT 1 FROM records_report r JOIN records_erasedkey e ON e.number = r.key_number
        AND e.kind = 'report' WHERE r.case_id = c.id) x""",
}
_ASK = (
    f"SELECT {', '.join(f'EXISTS (SELECT 1 FROM {where})' for where in _WHERE.values())}"  # noqa: S608 - our own
    " FROM records_case c WHERE c.id = %(case)s"
)


@takes_case
def related_records(case: Case, *, actor: Actor) -> frozenset[Related]:
    """The related records of a case already fetched with a permission check.

    Raises NotPermitted if the actor is not a person.
    """
    rows = ask_prepared(_ASK, {"case": case.pk, "person": number_of(actor), "moment": now()})
    return frozenset(one for one, there in zip(_WHERE, rows[0], strict=True) if there)
