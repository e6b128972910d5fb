"""The authority's practice story: a ministry requests, operators act, everybody sees who kept their word.

Public form, authority API, console and portal over HTTP, as in the operator's story (`jaga_practice.story`).
"""

from contextlib import ExitStack
from functools import partial

from jaga.app.services.children import Child
from jaga.app.stage import Stage
from jaga_practice import journal, ministry, ministry_acts, sahut
from jaga_practice.contacts import Contact
from jaga_practice.memory import Memory
from jaga_practice.ministry_acts import Telling
from jaga_practice.officers import Officer
from jaga_practice.reviewers import Reviewer
from jaga_practice.telling import Narrator, look_around

_BEFORE = ministry_acts.one_lets_it_lie
_ACTS = (
    ministry_acts.one_keeps_its_word, ministry_acts.one_answers_by_software, ministry_acts.data_are_asked_for,
    ministry_acts.some_work_stays, ministry_acts.what_everybody_can_see)


def prepare(stage: Stage, parts: ExitStack) -> list[Child]:
    """People, operators, Sahut's server, and the days before today, before web server and worker start. Returns the
    processes to watch."""
    place = ministry.build(stage.home)
    child = sahut.open_sahut(parts, stage.home, stage.base_url)
    stage.say("The invented app Sahut answers. No chat server is started, and no platform can be touched.")
    kept = journal.Journal(stage)
    if kept.left([_BEFORE.__name__]):
        kept.play(_BEFORE.__name__, partial(_BEFORE, Narrator(stage, {}, {}, kept.memory), place.passwords))
    return [child]


def run(stage: Stage) -> int:
    """Play what was not played here yet, and say how to look around; 0 only if every act was seen to its end."""
    place, kept = ministry.build(stage.home), journal.Journal(stage)
    status = journal.tell(kept, _ACTS, lambda: _signed_in(stage, place, kept.memory))
    look_around(stage, {name: (place.passwords[name], role) for name, role in _ROLES.items()}, {
        "Authorities' API": f"{stage.base_url}/api/v1/   keys: {stage.home / 'practice'}/*-petugas.polisi",
    })
    return status or len(kept.unseen([_BEFORE.__name__]))


def _signed_in(stage: Stage, place: ministry.Ministry, memory: Memory) -> Telling:
    return Telling(
        stage,
        {name: Reviewer.sign_in(stage.base_url, name, place.passwords[name])
         for name in (*ministry.REVIEWERS, ministry.SUPERVISOR)},
        {"ratna": Contact.sign_in(stage.base_url, "ratna", place.passwords["ratna"])},
        memory, place, Officer(stage.base_url, place.police_key),
    )


_ROLES = {
    **dict.fromkeys(ministry.REVIEWERS, "reviewer of the ministry"), ministry.SUPERVISOR: "supervisor of the ministry",
    **{name: f"contact person of {operator.name.partition(' (')[0]}, to whom notices go"
       for operator in ministry.OPERATORS.values() for name in operator.contacts},
    ministry.ADMINISTRATOR: "administrator", ministry.AUDITOR: "auditor (ledger)",
}
