"""The people of the fault tests: they report and vote by Jaga's verbs, and try again where the database went away.

Run as `python -m tests.faults.people TOY-ADDRESS`: prepares the installation and prints the reviewers' passwords; then
reads an account a line, has its closure decided, and prints the case's number.
"""

import json
import secrets
import sys
import time
from pathlib import Path

import django
from tests.faults.processes import add_adapters
from tests.faults.toy_server import FIRST_TOKEN

from jaga.app import config, keys

add_adapters()
keys.prepare(config.database_url())
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import close_old_connections  # noqa: E402

from jaga.app import translations  # noqa: E402
from jaga.casework import decide, intake, leases, people, second_factor  # noqa: E402
from jaga.core.actors import CLI, PUBLIC, Actor  # noqa: E402
from jaga.core.cases import VOTING_STATES  # noqa: E402
from jaga.core.clock import today  # noqa: E402
from jaga.core.terms import DecisionKind, HostKind, OrganisationKind, Role  # noqa: E402
from jaga.jobs.outages import DATABASE_ERRORS, database_away  # noqa: E402
from jaga.platforms.registry import KeyFile, PlatformConfiguration, open_adapter, save_configuration  # noqa: E402
from jaga.policy import load_release  # noqa: E402
from jaga.records.models import Case, Person, Vote  # noqa: E402

PLATFORM, CATEGORY = "toy", "prostitution_advertising"
REVIEWERS = ("sinta", "bayu")
_PATIENCE = 400.0  # every kill costs some seconds, on a slow machine many


def prepare(toy: str) -> dict[str, str]:
    """An operator with two reviewers and the toy as its platform; returns the reviewers' passwords."""
    call_command("migrate", verbosity=0, interactive=False)
    keys.record()
    translations.compile_all()
    call_command("collectstatic", verbosity=0, interactive=False)
    people.claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    operator = people.create_organisation("Operator Contoh", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    home = Path(settings.HOME)
    access = PlatformConfiguration(PLATFORM, "toy", toy, "toy", {"token": FIRST_TOKEN})
    save_configuration(home / "platforms.toml", access, KeyFile(home / "secrets" / "platforms"))
    people.register_platform(
        people.NewPlatform(PLATFORM, "Mainan", operator.pk, "toy", open_adapter(access).capabilities(), practice=True),
        actor=CLI)
    passwords = {}
    for name in REVIEWERS:
        person = people.create_person(people.NewPerson(name, name.title(), operator.pk, (Role.REVIEWER,)), actor=CLI)
        passwords[name] = secrets.token_urlsafe(16)
        person.set_password(passwords[name])
        person.save()
        second_factor.demand_no_factor(person.pk, actor=CLI)
    return passwords


def decided(account: str, actors: list[Actor]) -> int:
    """Report an account and vote, as people do who look what became of it before they try again."""
    basis = load_release().legal_bases_for(CATEGORY, today(), None)[0].key
    found = tuple(element.key for element in load_release().rule(CATEGORY).elements)
    ballot = decide.Ballot(DecisionKind.CLOSE, basis, "Iklan jasa terlihat di ruang umum.", elements=found)
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            case = Case.objects.filter(subject__account_id=account).first()
            if case is None:
                new = intake.NewReport(PLATFORM, account, CATEGORY, "192.0.2.0", text="open BO, nego")
                intake.file_report(new, actor=PUBLIC)
                continue
            if case.decided_at is not None:
                return case.pk
            if case.state in VOTING_STATES:
                settings.COMMIT_DELAY_SECONDS = 1 if account.startswith("tunda") else 0
                voted = set(Vote.objects.filter(case=case).values_list("person_id", flat=True))
                for actor in actors:
                    if actor.person_id not in voted:
                        lease = leases.take_lease(case.pk, actor=actor)
                        decide.cast_vote(case.pk, lease.fence, ballot, actor=actor)
                continue
            time.sleep(0.05)  # the worker sorts it in
        except DATABASE_ERRORS as lost:
            if not database_away(lost):
                raise
            close_old_connections()
            time.sleep(0.2)
    raise SystemExit(f"{account} could not be decided within {_PATIENCE:.0f} s")


def main() -> None:
    """Prepare, then decide what is asked for."""
    print(json.dumps(prepare(sys.argv[1])), flush=True)
    actors = [people.actor_for(Person.objects.get(username=name)) for name in REVIEWERS]
    for line in sys.stdin:
        print(decided(line.strip(), actors), flush=True)


if __name__ == "__main__":
    main()
