"""The authority's practice story: a ministry requests, operators act, everybody sees who kept their word.

Public form, authority API, console and portal over HTTP, as in the operator's story (`jaga.app.practice.story`).
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from jaga.app.practice import ministry, ministry_acts
from jaga.app.practice.contacts import Contact
from jaga.app.practice.ministry_acts import Telling
from jaga.app.practice.officers import Officer, RequestRefused
from jaga.app.practice.reviewers import Reviewer
from jaga.app.practice.telling import Narrator, StoryFailed
from jaga.app.practice.visitor import PageRefused
from jaga.app.services.children import Child
from jaga.app.stage import Stage

_KEPT, _NOT_SEEN = "an operator kept its word, and a person looked", "not seen"


class Story:
    """The story of one installation; it is played once. Its earlier days come before web server and worker start."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._played = stage.home / "practice" / "story-played"
        self._late: int | None = None  # the notice that an operator let lie, where it was played just now

    def prepare(self, parts: ExitStack) -> Child:
        """People, operators, Sahut's server, and the days before today. Returns the process to watch."""
        place = ministry.build(self._stage.home)
        child = ministry.open_sahut(parts, self._stage.home, self._stage.base_url)
        if not self._played.exists():
            self._played.write_text("interrupted\n")
            with self._said():
                self._late = ministry_acts.three_days_ago(Narrator(self._stage, {}, {}), place.passwords)
        return child

    def tell(self) -> int:
        """Play the rest, or say that it was played; 0 only if every act was seen to its end."""
        place = ministry.build(self._stage.home)
        if self._late is not None:
            with self._said():
                self._play(place, self._late)
        else:
            self._stage.say("The story was begun here before, so nothing is repeated. `make fresh HOST=authority` "
                            "begins anew.")
        _tell_credentials(self._stage, place)
        return 0 if self._played.read_text().strip() == _KEPT else 1

    def _play(self, place: ministry.Ministry, late: int) -> None:
        began, base = time.monotonic(), self._stage.base_url
        telling = Telling(
            self._stage,
            {name: Reviewer.sign_in(base, name, place.passwords[name])
             for name in (*ministry.REVIEWERS, ministry.SUPERVISOR)},
            {name: Contact.sign_in(base, name, place.passwords[name]) for name in ("ratna", "yusuf")},
            place, Officer(base, place.police_key),
        )
        ministry_acts.one_keeps_its_word(telling)
        ministry_acts.one_answers_by_software(telling)
        ministry_acts.one_is_overdue(telling, late)
        ministry_acts.data_are_asked_for(telling)
        ministry_acts.some_work_stays(telling)
        ministry_acts.what_everybody_can_see(telling)
        self._played.write_text(f"{_KEPT}\n")
        self._stage.say(f"The story took {time.monotonic() - began:.0f} s.")

    @contextmanager
    def _said(self) -> Iterator[None]:
        """What goes wrong in the block is said and written down; the installation goes on."""
        try:
            yield
        except StoryFailed as failed:
            self._stage.say(failed.english())
            self._played.write_text(f"{_NOT_SEEN}\n")
        except (PageRefused, RequestRefused) as refused:
            self._stage.say(f"A page or the API refused what the story did: {refused}")
            self._played.write_text(f"{_NOT_SEEN}\n")


def _tell_credentials(stage: Stage, place: ministry.Ministry) -> None:
    base = stage.base_url
    stage.say("Look around (practice passwords, of this machine alone):")
    for line in (
        f"  public form        {base}/report/      operators  {base}/operators/      figures  {base}/figures/",
        f"  console, portal    {base}/console/",
        *(f"    {name:<16} {place.passwords[name]:<22} {role}" for name, role in _ROLES.items()),
        f"  authority API      {base}/api/v1/      key of the police in {stage.home / 'practice'}/key-petugas.polisi",
        f"  logs               {stage.home / 'log'}      what Sahut was told: receiver.log",
    ):
        stage.say(line)


_ROLES = {
    **dict.fromkeys(ministry.REVIEWERS, "reviewer of the ministry"), ministry.SUPERVISOR: "supervisor of the ministry",
    ministry.ADMINISTRATOR: "administrator", ministry.AUDITOR: "auditor (ledger)",
    **{operator.contact: f"contact person of {operator.name.partition(' (')[0]}"
       for operator in ministry.OPERATORS.values()},
}
