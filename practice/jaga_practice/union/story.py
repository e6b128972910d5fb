"""The practice story of the release `eu`: from a notice to a closed account and a complaint, in less than a minute.

Uses the public form, authority API, console and appeal page over HTTP, and the chat as its members do. Calls no verb.
"""

from contextlib import ExitStack

from jaga.app.services.supervisor import Child
from jaga_practice import journal
from jaga_practice.chat_stage import ChatStage
from jaga_practice.memory import Memory
from jaga_practice.narrator import print_addresses
from jaga_practice.officers import PracticeOfficer
from jaga_practice.reviewers import Reviewer
from jaga_practice.union import acts, world
from jaga_practice.union.acts import UnionWorld
from jaga_practice.world import Members, World

_ACTS = (
    acts.a_notice_becomes_a_closure,
    acts.a_complaint_is_upheld,
    acts.a_victim_comes_first,
    acts.some_cases_stay_open,
    acts.what_everybody_can_see,
)


def prepare(stage: ChatStage, parts: ExitStack) -> list[Child]:
    """Create organisations, people, keys, rooms and the platform. Returns the processes to watch.

    `parts` is for worlds that start more than the chat server.
    """
    _members(stage, world.build(stage.synapse, stage.home)).turn_on_phones()
    return [stage.synapse.child]


def run(stage: ChatStage) -> int:
    """Play the remaining acts and print how to look around; returns 0 if all acts are completed."""
    place, kept = world.build(stage.synapse, stage.home), journal.Journal(stage)
    status = journal.play(kept, _ACTS, lambda: _signed_in(stage, place, kept.memory))
    print_addresses(
        stage,
        {name: (place.passwords[name], role) for name, role in _ROLES.items()},
        {
            "Authorities' API": f"{stage.base_url}/api/v1/   keys: {stage.home / 'practice'}/key-*",
            "Chat server": f"{stage.synapse.base_url}   passwords of its accounts: {stage.home / 'practice'}/chat-*",
        },
    )
    return status


def _members(stage: ChatStage, place: World) -> Members:
    return Members(stage.synapse, stage.home, place, world.ACCOUNTS)


def _signed_in(stage: ChatStage, place: World, memory: Memory) -> UnionWorld:
    return UnionWorld(
        stage,
        {
            name: Reviewer.sign_in(stage.base_url, name, place.passwords[name])
            for name in (*world.REVIEWERS, world.SUPERVISOR)
        },
        {},
        memory,
        place,
        _members(stage, place),
        PracticeOfficer(stage.base_url, place.officer_keys[world.AUTHORITY]),
    )


_ROLES = {
    **dict.fromkeys(world.REVIEWERS, "reviewer"),
    world.SUPERVISOR: "supervisor",
    world.ADMINISTRATOR: "administrator",
    world.AUDITOR: "auditor (ledger)",
    world.OFFICER: "officer of the authority and keeper of its roster; needs a code",
}
