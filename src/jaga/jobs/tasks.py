"""The promised jobs by their names (`casework.promises`). A job only calls; what it means stands in the verbs."""

from procrastinate.contrib.django import app

from jaga.casework.promises import CARRY_OUT, TRIAGE
from jaga.casework.triage import triage_case
from jaga.core.actors import SYSTEM
from jaga.jobs.carry_out import carry_out


@app.task(name=TRIAGE)
def run_triage(case_id: int) -> None:
    """Screen and rank a case."""
    triage_case(case_id, actor=SYSTEM)


@app.task(name=CARRY_OUT)
def run_carry_out(case_id: int) -> None:
    """Carry out a case's open actions."""
    carry_out(case_id)
