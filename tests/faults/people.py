"""The people of the fault tests: they report and vote by Jaga's verbs, and retry if the database was down.

Run as `python -m tests.faults.people WHAT` with the addresses as JSON: prepares the installation and prints the
people's keys; then reads one account a line, has its closure decided, and prints the case's number.
"""

import json
import secrets
import sys
import time
from pathlib import Path
from typing import Any

import django
from tests.faults.processes import add_adapters
from tests.faults.toy_server import FIRST_TOKEN

from jaga.app import config, keys

add_adapters()
keys.prepare(config.database_url())
django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import close_old_connections

from jaga.app import translations
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Vote
from jaga.core.actors import CLI, PUBLIC, Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.standard_webhooks import PrivateKey
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import HostKind, OrganisationKind, Role
from jaga.decisions.verbs import voting
from jaga.people.models import Organisation, Person
from jaga.people.verbs import officers, people, second_factor
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key, register_key_by_call_back
from jaga.people.verbs.people import NewPlatform, claim_installation, create_organisation, register_platform
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.credentials import save_configuration
from jaga.platforms.kit.sealing import KeyFile
from jaga.platforms.registry import open_adapter
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.queue.verbs import leases
from jaga.reporting.verbs import intake
from jaga.work.faults import DATABASE_ERRORS, database_away
from jaga_practice.registered import CALLED

PLATFORM, CATEGORY = "toy", "prostitution_advertising"
REVIEWERS, OTHERS = ("sinta", "bayu"), ("rani", "dewi")
_PATIENCE = 400.0  # every kill costs some seconds, on a slow machine many


def prepare(there: dict[str, Any]) -> dict[str, Any]:
    """An operator with its reviewers, the toy and the app as its platforms, and an officer of a ministry; returns their
    keys.
    """
    call_command("migrate", verbosity=0, interactive=False)
    keys.record()
    translations.compile_all()
    call_command("collectstatic", verbosity=0, interactive=False)
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    operator = create_organisation("Operator Contoh", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    platforms = [PlatformConfiguration(PLATFORM, "toy", there["toy"], "toy", {"token": FIRST_TOKEN})]
    if app := there.get("app"):
        platforms.append(
            PlatformConfiguration(
                app["name"],
                "sql",
                "https://obrol.example",
                "localhost",
                {"observer_password": app["password"], "actor_password": app["password"]},
                {"map": app["map"], "database": app["database"], "observer": app["observer"], "actor": app["actor"]},
            )
        )
    for access in platforms:
        _register(access, operator)
    passwords = {}
    for name in (*REVIEWERS, *OTHERS):
        person = people.create_person(people.NewPerson(name, name.title(), operator.pk, (Role.REVIEWER,)), actor=CLI)
        passwords[name] = secrets.token_urlsafe(16)
        person.set_password(passwords[name])
        person.save()
        second_factor.demand_no_factor(person.pk, actor=CLI)
    return {
        "passwords": passwords,
        "reviewers": REVIEWERS,
        **_officer(),
        "bases": {
            category: load_release().legal_bases_for(category, today(), None)[0].key
            for category in (CATEGORY, "extortion")
        },
    }


def _register(access: PlatformConfiguration, operator: Organisation) -> None:
    home = Path(settings.HOME)
    save_configuration(home / "platforms.toml", access, KeyFile(home / "secrets" / "platforms"))
    adapter = open_adapter(access)
    register_platform(
        NewPlatform(
            access.name,
            "Mainan" if access.name == PLATFORM else "Obrol",
            operator.pk,
            access.server_name,
            adapter.capabilities(),
            practice=True,
            concurrency=6,
        ),
        actor=CLI,
    )


def _officer() -> dict[str, str]:
    """An officer of a ministry with an API key, a signing key, and a legal basis."""
    ministry = create_organisation("Kementerian Contoh", OrganisationKind.MINISTRY, practice=True, actor=CLI)
    person = people.create_person(people.NewPerson("petugas", "Petugas", ministry.pk, (Role.OFFICER,)), actor=CLI)
    officers.register_officer(person.pk, CALLED, actor=CLI)
    signing = PrivateKey.generate()
    register_key_by_call_back(person.pk, signing.public.text(), "Contoh: +62 21 5550100", actor=CLI)
    issued = issue_officer_key(person.pk, KeyTerms(per_minute=100_000, per_day=1_000_000), actor=CLI)
    return {
        "api_key": issued.secret,
        "signing_key": signing.text(),
        "order_basis": load_release().legal_bases_for(CATEGORY, today(), OrganisationKind.MINISTRY)[0].key,
    }


def decided(account: str, actors: list[Actor]) -> int:
    """Report an account and vote like people who check the result before they try again."""
    basis = load_release().legal_bases_for(CATEGORY, today(), None)[0].key
    found = tuple(element.key for element in load_release().rule(CATEGORY).elements)
    ballot = voting.Ballot(DecisionKind.CLOSE, basis, "Iklan jasa terlihat di ruang umum.", elements=found)
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
                settings.UNDO_WINDOW_SECONDS = 1 if account.startswith("tunda") else 0
                voted = set(Vote.objects.filter(case=case).values_list("person_id", flat=True))
                for actor in actors:
                    if actor.person_id not in voted:
                        lease = leases.take_lease(case.pk, actor=actor)
                        voting.cast_vote(case.pk, lease.fence, ballot, actor=actor)
                continue
            time.sleep(0.05)  # the worker sorts it in
        except DATABASE_ERRORS as lost:
            if not database_away(lost):
                raise
            close_old_connections()
            time.sleep(0.2)
    raise SystemExit(f"{account} could not be decided within {_PATIENCE:.0f} s")


def main() -> None:
    """Prepare, then decide what is requested."""
    print(json.dumps(prepare(json.loads(sys.argv[1]))), flush=True)
    actors = [people.actor_for(Person.objects.get(username=name)) for name in REVIEWERS]
    for line in sys.stdin:
        print(decided(line.strip(), actors), flush=True)


if __name__ == "__main__":
    main()
