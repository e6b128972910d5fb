"""Terms of the inventory of data: whom it concerns, what permits it, what erasure does to it."""

from enum import StrEnum


class DataSubject(StrEnum):
    """Whom data is about."""

    REPORTER = "reporter"
    HOLDER = "holder"  # of an account that was reported
    NAMED = "named"  # somebody in a report's words or pictures, perhaps a victim
    OFFICER = "officer"  # of an authority, operator or flagger
    TEAM = "team"  # who works here
    NOBODY = "nobody"


class LawfulGround(StrEnum):
    """What permits keeping it. The release has the article of each (`data-protection.yaml`)."""

    LEGAL_OBLIGATION = "legal_obligation"
    PUBLIC_TASK = "public_task"
    CONSENT = "consent"
    VITAL_INTEREST = "vital_interest"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate_interest"
    NONE = "none"  # says nothing about a person


class ErasureEffect(StrEnum):
    """What becomes of a value when the person's data is erased, or its period ends."""

    KEY_DESTROYED = "key_destroyed"  # the value is encrypted, and its key is destroyed
    EMPTIED = "emptied"  # overwritten with nothing; the row stays
    ROW_DELETED = "row_deleted"
    FILE_DELETED = "file_deleted"
    EXPIRES = "expires"  # gone by itself within days, so nothing is done at once
    KEPT_CODE = "kept_code"  # a keyed code that leads back to nobody without a key
    KEPT_PROOF = "kept_proof"  # that something was done, when and by which rule, without words
    KEPT_DEMAND = "kept_demand"  # an authority's own words, of no single case: kept as they came
    KEPT_ACCOUNTABLE = "kept_accountable"  # who of the team decided; asked for in an appeal or in court
    KEPT_NO_PERSON = "kept_no_person"
    RECALLED = "recalled"  # it left the installation: whoever has it is told


class FixedPeriod(StrEnum):
    """Periods that no rule of the release and no sweep sets."""

    ROW = "row"  # as long as the row that it belongs to
    INSTALLATION = "installation"
    MEMBERSHIP = "membership"  # while somebody works here or has an account, and for what they did
    AGREEMENT = "agreement"  # while an organisation works with this installation
    ACCOUNT_CASES = "account_cases"  # while a decision about the account is on record
    SIZE = "size"  # a log: until newer lines take its place


class VisibleTo(StrEnum):
    """Who can see it."""

    REVIEWERS = "reviewers"
    SUPERVISORS = "supervisors"
    AUDITORS = "auditors"
    ADMINISTRATORS = "administrators"
    OWNER = "owner"  # only the person whose data it is
    OPERATOR = "operator"  # the chat app's contact person, in a notice
    EVERYBODY = "everybody"
    MACHINES = "machines"  # programs only
