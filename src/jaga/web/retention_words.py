"""The words for kinds of data and endings of cases, on public pages and in the console."""

from collections.abc import Mapping

from jaga.core.errors import N_
from jaga.core.terms.retention import CaseEnding, DataKind

KINDS: Mapping[DataKind, str] = {
    DataKind.REPORTER_IDENTITY: N_("Names and contacts of reporters"),
    DataKind.REPORT_TEXTS: N_("What reporters wrote, and letters to them"),
    DataKind.PICTURES: N_("Pictures and other evidence"),
    DataKind.DECISION: N_("The words of votes and decisions"),
    DataKind.APPEAL: N_("The words of appeals and answers"),
    DataKind.INDICATORS: N_("Codes and contacts by which accounts are compared"),
    DataKind.TRAINING: N_("Labels, golden cases and blind reviews"),
    DataKind.EXPORTS: N_("Exports for authorities"),
    DataKind.ACCESS_LOG: N_("Who opened what"),
}
ENDINGS: Mapping[CaseEnding, str] = {
    CaseEnding.DISMISSED: N_("dismissed"),
    CaseEnding.MEASURE: N_("decided with a measure that stands"),
    CaseEnding.REVERSED: N_("overturned on appeal"),
    CaseEnding.REFERRED: N_("referred to those who help"),
    CaseEnding.PRESERVED: N_("preserved for authorities"),
    CaseEnding.MERGED: N_("merged into another case"),
    CaseEnding.WITHDRAWN: N_("withdrawn by every reporter"),
}
