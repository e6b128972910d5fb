"""The practice story: the whole way of a report, walked once on a real chat server through what people can use.

Public form, authority API, console and appeal page over HTTP; the chat as its members use it. No verb is called here.
"""

import time
from pathlib import Path

from jaga.app.practice import acts, closed_apps, world
from jaga.app.practice.acts import Telling
from jaga.app.practice.contacts import Contact
from jaga.app.practice.officers import Officer, RequestRefused
from jaga.app.practice.reviewers import Reviewer
from jaga.app.practice.telling import StoryFailed
from jaga.app.practice.visitor import PageRefused
from jaga.app.stage import ChatStage

_SEEN = "the closure was observed on the server"


def prepare(stage: ChatStage) -> None:
    """Organisations, people, keys, rooms and the platform's access, before web server and worker start."""
    world.build(stage.synapse, stage.home)


def run(stage: ChatStage) -> int:
    """Play the story, once for each practice installation; 0 only if the closure was observed on the server."""
    place, played = world.build(stage.synapse, stage.home), stage.home / "practice" / "story-played"
    if played.exists():
        stage.say("The story was played here before, so nothing is repeated. `make fresh` begins anew.")
    else:
        _play(stage, place, played)
    _tell_credentials(stage, place)
    return 0 if played.read_text().strip() == _SEEN else 1


def _play(stage: ChatStage, place: world.World, played: Path) -> None:
    began, seen = time.monotonic(), "not seen"
    played.write_text("interrupted\n")
    try:
        contact = world.KABAR.contact
        telling = Telling(
            stage,
            {name: Reviewer.sign_in(stage.base_url, name, place.passwords[name])
             for name in (*world.REVIEWERS, world.SUPERVISOR)},
            {contact: Contact.sign_in(stage.base_url, contact, place.passwords[contact])},
            place, world.chat_members(stage.synapse, stage.home, place),
            Officer(stage.base_url, place.officer_keys[world.MINISTRY]),
            Officer(stage.base_url, place.officer_keys[world.POLICE]),
        )
        closure = acts.a_report_becomes_a_closure(telling)
        seen = _SEEN
        acts.two_disagree_and_a_supervisor_settles_it(telling)
        acts.a_victim_comes_first(telling)
        acts.the_wrong_account_comes_back(telling)
        closed_apps.one_holder_on_two_apps(telling)
        closed_apps.three_more_notices(telling)
        closed_apps.a_week_and_a_strike(telling)
        closed_apps.somebody_seems_to_come_back(telling)
        acts.the_police_get_a_sealed_export(telling, closure)
        acts.what_everybody_can_see(telling)
        acts.some_cases_stay_open(telling)
        stage.say(f"The story took {time.monotonic() - began:.0f} s.")
    except StoryFailed as failed:
        stage.say(failed.english())
        seen = "not seen"
    except (PageRefused, RequestRefused) as refused:
        stage.say(f"A page or the API refused what the story did: {refused}")
        seen = "not seen"
    played.write_text(f"{seen}\n")


def _tell_credentials(stage: ChatStage, place: world.World) -> None:
    base = stage.base_url
    stage.say("Look around (practice passwords, of this machine alone):")
    for line in (
        f"  public form        {base}/report/      figures  {base}/figures/      operators  {base}/operators/",
        f"  console            {base}/console/",
        *(f"    {name:<16} {place.passwords[name]:<22} {role}" for name, role in _ROLES.items()),
        f"  authority API      {base}/api/v1/      keys in {stage.home / 'practice'}/key-*",
        f"  chat server        {stage.synapse.base_url}      logs  {stage.home / 'log'}",
    ):
        stage.say(line)


_ROLES = {**dict.fromkeys(world.REVIEWERS, "reviewer"), world.SUPERVISOR: "supervisor",
          world.ADMINISTRATOR: "administrator", world.AUDITOR: "auditor (ledger)",
          world.KABAR.contact: "contact person of Kabar Kita, whose notices wait"}
