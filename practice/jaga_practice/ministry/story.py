"""The authority's practice story: a ministry requests, operators act, and the public sees who kept their pledge.

Uses the public form, authority API, console and portal over HTTP, as `jaga_practice.story`.
"""

from contextlib import ExitStack
from functools import partial

from jaga.app.services.supervisor import Child
from jaga.app.stopping import PracticeStage
from jaga_practice import journal, sahut
from jaga_practice.contacts import PracticeContact
from jaga_practice.memory import Memory
from jaga_practice.ministry import acts
from jaga_practice.ministry import world as ministry
from jaga_practice.ministry.acts import MinistryWorld
from jaga_practice.narrator import Narrator, print_addresses
from jaga_practice.officers import PracticeOfficer
from jaga_practice.reviewers import Reviewer

_BEFORE = acts.one_lets_it_lie
_ACTS = (
    acts.one_keeps_its_word,
    acts.one_answers_by_software,
    acts.data_are_asked_for,
    acts.some_work_stays,
    acts.what_everybody_can_see,
)


def prepare(stage: PracticeStage, parts: ExitStack) -> list[Child]:
    """Create people, operators and Sahut's server, and play the past, before web server and worker start.

    Returns the processes to watch.
    """
    place = ministry.build(stage.home)
    child = sahut.open_sahut(parts, stage.home, stage.base_url)
    stage.say("The invented app Sahut answers. No chat server is started, and no platform can be touched.")
    kept = journal.Journal(stage)
    if kept.left([_BEFORE.__name__]):
        kept.play(_BEFORE.__name__, partial(_BEFORE, Narrator(stage, {}, {}, kept.memory), place.passwords))
    return [child]


def run(stage: PracticeStage) -> int:
    """Play the remaining acts and print how to look around; returns 0 if all acts are completed."""
    place, kept = ministry.build(stage.home), journal.Journal(stage)
    status = journal.play(kept, _ACTS, lambda: _signed_in(stage, place, kept.memory))
    print_addresses(
        stage,
        {name: (place.passwords[name], role) for name, role in _ROLES.items()},
        {
            "Authorities' API": f"{stage.base_url}/api/v1/   keys: {stage.home / 'practice'}/*-petugas.polisi",
        },
    )
    return status or len(kept.unseen([_BEFORE.__name__]))


def _signed_in(stage: PracticeStage, place: ministry.Ministry, memory: Memory) -> MinistryWorld:
    return MinistryWorld(
        stage,
        {
            name: Reviewer.sign_in(stage.base_url, name, place.passwords[name])
            for name in (*ministry.REVIEWERS, ministry.SUPERVISOR)
        },
        {"ratna": PracticeContact.sign_in(stage.base_url, "ratna", place.passwords["ratna"])},
        memory,
        place,
        PracticeOfficer(stage.base_url, place.police_key),
    )


_ROLES = {
    **dict.fromkeys(ministry.REVIEWERS, "reviewer of the ministry"),
    ministry.SUPERVISOR: "supervisor of the ministry",
    **{
        name: f"contact person of {operator.name.partition(' (')[0]}, to whom notices go"
        for operator in ministry.OPERATORS.values()
        for name in operator.contacts
    },
    ministry.ADMINISTRATOR: "administrator",
    ministry.AUDITOR: "auditor (ledger)",
}
