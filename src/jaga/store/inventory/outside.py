"""Where else data is: files outside the database, and what leaves the installation.

Declared like the groups of fields.
"""

from dataclasses import dataclass

from jaga.core.errors import N_
from jaga.core.inventory import DataSubject as Who
from jaga.core.inventory import ErasureEffect as Erasure
from jaga.core.inventory import FixedPeriod, VisibleTo
from jaga.core.inventory import LawfulGround as Ground
from jaga.store.inventory.groups import FieldGroup

BACKUP_DAYS = 35
"""The most days for which a backup of the database, and the log of its changes, may be kept (docs/operations.md)."""


@dataclass(frozen=True)
class OutsidePlace(FieldGroup):
    """A folder, or somebody who gets a copy. `where` is for the assessment; `leaves`: it leaves the installation."""

    where: str = ""
    leaves: bool = False


_TEAM = (VisibleTo.REVIEWERS, VisibleTo.SUPERVISORS)

OUTSIDE = (
    OutsidePlace(
        "evidence_files",
        (Who.HOLDER, Who.NAMED),
        N_("Files of evidence"),
        N_("So that pictures and letters cannot be changed later."),
        Ground.LEGAL_OBLIGATION,
        "pictures",
        Erasure.KEY_DESTROYED,
        _TEAM,
        special=True,
        where="evidence/r…, evidence/c…",
    ),
    OutsidePlace(
        "other_files",
        (Who.HOLDER, Who.NAMED, Who.OFFICER),
        N_("Letters and orders of authorities, encrypted"),
        N_("To prove what was sent in, and by whom."),
        Ground.LEGAL_OBLIGATION,
        FixedPeriod.INSTALLATION,
        Erasure.KEPT_DEMAND,
        (VisibleTo.SUPERVISORS,),
        special=True,
        where="evidence/h…",
    ),
    OutsidePlace(
        "batch_files",
        (Who.HOLDER, Who.NAMED),
        N_("Files of many reports, encrypted"),
        N_("So that the sender can correct the lines that were refused."),
        Ground.LEGAL_OBLIGATION,
        "batches",
        Erasure.FILE_DELETED,
        (VisibleTo.SUPERVISORS,),
        special=True,
        where="evidence/h…",
    ),
    OutsidePlace(
        "rule_trials",
        (Who.NOBODY,),
        N_("Results of rules that were tried: numbers of cases"),
        N_("To see what a changed rule would find."),
        Ground.NONE,
        "backtests",
        Erasure.EXPIRES,
        (VisibleTo.SUPERVISORS,),
        where="backtests/",
    ),
    OutsidePlace(
        "export_files",
        (Who.HOLDER, Who.NAMED),
        N_("Files for an authority, until they were handed over"),
        N_("To hand over what a lawful request may have."),
        Ground.LEGAL_OBLIGATION,
        "exports",
        Erasure.FILE_DELETED,
        (VisibleTo.SUPERVISORS,),
        special=True,
        where="exports/",
    ),
    OutsidePlace(
        "unsent_uploads",
        (Who.REPORTER, Who.HOLDER, Who.NAMED),
        N_("Pictures of forms that were never sent"),
        N_("So that a form with a mistake need not be filled in again."),
        Ground.LEGITIMATE_INTEREST,
        "uploads",
        Erasure.EXPIRES,
        (VisibleTo.MACHINES,),
        special=True,
        where="the web server's memory and TMPDIR",
    ),
    OutsidePlace(
        "logs",
        (Who.NOBODY,),
        N_("Log files of the programs"),
        N_("To find faults. They hold no names, no addresses and no words of reports."),
        Ground.NONE,
        FixedPeriod.SIZE,
        Erasure.EXPIRES,
        (VisibleTo.ADMINISTRATORS,),
        where="log/",
    ),
    OutsidePlace(
        "keys",
        (Who.NOBODY,),
        N_("Keys with which data is encrypted"),
        N_("So that a copy of the database alone shows nobody's name."),
        Ground.NONE,
        FixedPeriod.INSTALLATION,
        Erasure.KEPT_NO_PERSON,
        (VisibleTo.MACHINES,),
        where="secrets/",
    ),
    OutsidePlace(
        "backups",
        (Who.REPORTER, Who.HOLDER, Who.NAMED, Who.OFFICER, Who.TEAM),
        N_("Backups"),
        N_("So that nothing is lost when a machine breaks."),
        Ground.LEGITIMATE_INTEREST,
        "backups",
        Erasure.EXPIRES,
        (VisibleTo.MACHINES,),
        special=True,
        where="docs/operations.md",
    ),
    OutsidePlace(
        "holder_letters",
        (Who.HOLDER,),
        N_("Letters to the holder of an account"),
        N_("To tell what was decided, why, and how to appeal."),
        Ground.LEGAL_OBLIGATION,
        "decision",
        Erasure.RECALLED,
        (VisibleTo.OWNER,),
        where="chat platform",
        leaves=True,
    ),
    OutsidePlace(
        "platform_calls",
        (Who.HOLDER,),
        N_("Orders to a chat app: which account, which measure"),
        N_("To carry out what people decided. It never says who reported."),
        Ground.LEGAL_OBLIGATION,
        FixedPeriod.INSTALLATION,
        Erasure.RECALLED,
        (VisibleTo.OPERATOR,),
        where="chat platform",
        leaves=True,
    ),
    OutsidePlace(
        "operator_notices",
        (Who.HOLDER, Who.NAMED),
        N_("Notices and letters to the operator of a chat app"),
        N_("To ask the operator to act, with reasons."),
        Ground.LEGAL_OBLIGATION,
        "decision",
        Erasure.RECALLED,
        (VisibleTo.OPERATOR,),
        special=True,
        where="portal, mail, webhook",
        leaves=True,
    ),
    OutsidePlace(
        "referral_mails",
        (Who.HOLDER, Who.NAMED),
        N_("Referrals to an office that helps"),
        N_("To protect somebody who may be in danger. The mail holds a number and a link only."),
        Ground.VITAL_INTEREST,
        "decision",
        Erasure.RECALLED,
        _TEAM,
        special=True,
        where="mail",
        leaves=True,
    ),
    OutsidePlace(
        "disclosures",
        (Who.HOLDER, Who.NAMED),
        N_("Evidence for the police or another authority"),
        N_("Because a lawful request demands it. A reporter's name only if the reporter agreed."),
        Ground.LEGAL_OBLIGATION,
        "exports",
        Erasure.RECALLED,
        (VisibleTo.SUPERVISORS,),
        special=True,
        where="handed over by a person",
        leaves=True,
    ),
    OutsidePlace(
        "sender_software",
        (Who.OFFICER, Who.HOLDER),
        N_("Messages to the software of an authority or flagger"),
        N_("To tell senders what came of their own reports."),
        Ground.CONTRACT,
        "webhook_deliveries",
        Erasure.RECALLED,
        (VisibleTo.OWNER,),
        where="webhook",
        leaves=True,
    ),
    OutsidePlace(
        "work_mails",
        (Who.OFFICER, Who.TEAM),
        N_("Mails to the team and to contact persons"),
        N_("To tell about alarms and letters. They hold numbers, no words of reports."),
        Ground.CONTRACT,
        FixedPeriod.AGREEMENT,
        Erasure.RECALLED,
        (VisibleTo.OWNER,),
        where="mail server",
        leaves=True,
    ),
)
