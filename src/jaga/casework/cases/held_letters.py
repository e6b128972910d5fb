"""Letters to reporters are held back where a row that they rest on was changed past Jaga (ADR 0092)."""

from collections.abc import Iterable

import structlog

from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.row_verification import RowsDiffer, require_unchanged
from jaga.core.actors import SYSTEM
from jaga.records.models import Case, Decision, Report

log = structlog.get_logger("jaga.ledger")


def letters_are_held(case: Case, decision: Decision, reports: Iterable[Report]) -> bool:
    """Whether the decision, its votes or one of the reports is not what the ledger recorded; then nobody is told, and
    an entry says so.

    Nothing is raised: what was done on the platform must be recorded all the same. The letters are written when the
    case is finished the next time, after somebody has looked into it.
    """
    judged = [("vote", number) for number in case.votes.values_list("pk", flat=True)]
    try:
        require_unchanged([("decision", decision.pk), *judged, *(("report", report.pk) for report in reports)])
    except RowsDiffer as differs:
        append("hold_letters", {"decision": decision.pk, "part": str(differs.params["part"]),
                                "number": differs.params["number"]}, actor=SYSTEM, case_id=case.pk)
        log.error("letters_held", case=case.pk, part=differs.params["part"], number=differs.params["number"])
        return True
    return False
