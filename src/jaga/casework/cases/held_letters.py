"""Letters to reporters are held back where a row that they rest on was changed past Jaga (ADR 0092)."""

from collections.abc import Iterable, Sequence

import structlog

from jaga.casework.cases.row_refusals import alarm_supervisors
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.row_bindings import RowName
from jaga.casework.kernel.row_verification import RowsDiffer, require_unchanged
from jaga.core.actors import SYSTEM
from jaga.records.access.reporting.held_letters import acknowledged_rows, as_held, pending_holds
from jaga.records.models import Case, Decision, Report

log = structlog.get_logger("jaga.ledger")


def letters_are_held(case: Case, decision: Decision, reports: Sequence[Report], letters: str = "outcome") -> bool:
    """Whether the decision, its votes or one of the reports is not what the ledger recorded; then nobody is told, and
    an entry says so, once.

    Nothing is raised: what was done on the platform must be recorded all the same. The worker sends the letters once
    nothing differs any more, or a supervisor wants them sent (`casework.cases.letters_again`). `letters` says which
    they are, for then.
    """
    differs = what_differs(case, decision, reports)
    if differs is None:
        return False
    part, number = differs
    before = [as_held(row) for row in pending_holds().filter(case_ref=case.pk)]
    if not any((one.letters, one.part, one.number) == (letters, part, number) for one in before):
        alarm_supervisors(
            append(
                "hold_letters",
                {
                    "decision": decision.pk,
                    "part": part,
                    "number": number,
                    "letters": letters,
                    "reports": [report.pk for report in reports],
                },
                actor=SYSTEM,
                case_id=case.pk,
            )
        )
    log.error("letters_held", case=case.pk, part=part, number=number)
    return True


def what_differs(case: Case, decision: Decision, reports: Iterable[Report]) -> RowName | None:
    """The first row that letters of this decision rest on and that was changed past Jaga, unless a supervisor
    acknowledged it.
    """
    judged = [("vote", number) for number in case.votes.values_list("pk", flat=True)]
    excused = acknowledged_rows(case.pk)
    rests_on = [
        ("decision", decision.pk),
        *judged,
        *((part, report.pk) for report in reports for part in ("report", "report.now")),
    ]
    try:
        require_unchanged(one for one in rests_on if one not in excused)
    except RowsDiffer as differs:
        return str(differs.params["part"]), int(str(differs.params["number"]))
    return None
