"""The operator's practice story: a report's whole path on a real chat server, through what people can use.

Uses the public form, authority API, console and appeal page over HTTP, and the chat as its members do. Calls no verb.
"""

from contextlib import ExitStack

from jaga.app.services.supervisor import Child
from jaga_practice import acts, closed_apps, journal, sahut, world
from jaga_practice.acts import OperatorWorld
from jaga_practice.chat_stage import ChatStage
from jaga_practice.contacts import PracticeContact
from jaga_practice.memory import Memory
from jaga_practice.narrator import print_addresses
from jaga_practice.officers import PracticeOfficer
from jaga_practice.reviewers import Reviewer

_ACTS = (
    acts.a_report_becomes_a_closure,
    acts.two_disagree_and_a_supervisor_settles_it,
    acts.a_victim_comes_first,
    acts.the_wrong_account_comes_back,
    acts.a_child_in_danger_is_referred,
    closed_apps.one_holder_on_two_apps,
    closed_apps.three_more_notices,
    closed_apps.one_answers_by_software,
    closed_apps.a_week_and_a_strike,
    closed_apps.somebody_seems_to_come_back,
    acts.some_cases_stay_open,
    acts.what_everybody_can_see,
)


def prepare(stage: ChatStage, parts: ExitStack) -> list[Child]:
    """Create organisations, people, keys, rooms, platforms and Sahut's server, before web server and worker start.

    Returns the processes to watch.
    """
    place = world.build(stage.synapse, stage.home)
    world.Members(stage.synapse, stage.home, place).turn_on_phones()
    return [stage.synapse.child, sahut.open_sahut(parts, stage.home, stage.base_url)]


def run(stage: ChatStage) -> int:
    """Play the remaining acts and print how to look around; returns 0 if all acts are completed."""
    place, kept = world.build(stage.synapse, stage.home), journal.Journal(stage)
    status = journal.play(kept, _ACTS, lambda: _signed_in(stage, place, kept.memory))
    print_addresses(
        stage,
        {name: (place.passwords[name], role) for name, role in _ROLES.items()},
        {
            "Officers' codes": ".venv/bin/jaga practice code NAME   what their app would show now",
            "Authorities' API": f"{stage.base_url}/api/v1/   keys: {stage.home / 'practice'}/key-*",
            "Chat server": f"{stage.synapse.base_url}   passwords of its accounts: {stage.home / 'practice'}/chat-*",
        },
    )
    return status


def _signed_in(stage: ChatStage, place: world.World, memory: Memory) -> OperatorWorld:
    return OperatorWorld(
        stage,
        {
            name: Reviewer.sign_in(stage.base_url, name, place.passwords[name])
            for name in (*world.REVIEWERS, world.SUPERVISOR)
        },
        {
            name: PracticeContact.sign_in(stage.base_url, name, place.passwords[name])
            for name in (world.CONTACT, world.NEW_CONTACT)
        },
        memory,
        place,
        world.Members(stage.synapse, stage.home, place),
        PracticeOfficer(stage.base_url, place.officer_keys[world.MINISTRY]),
        PracticeOfficer(stage.base_url, place.officer_keys[world.POLICE]),
    )


_ROLES = {
    **dict.fromkeys(world.REVIEWERS, "reviewer"),
    world.SUPERVISOR: "supervisor",
    world.NEW_CONTACT: "contact person of Kabar Kita: see it as an operator does",
    world.CONTACT: "another contact person of Kabar Kita, who answered in the story",
    **{name: f"officer of the {who} and keeper of its roster; needs a code" for name, who in world.OFFICERS.items()},
    world.ADMINISTRATOR: "administrator",
    world.AUDITOR: "auditor (ledger)",
}
