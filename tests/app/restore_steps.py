"""Steps in the life of an installation, each in its own process: `python tests/app/restore_steps.py STEP`.

Database, home folder and keys come from the environment. Each step prints one JSON object.
"""

import json
import sys
from typing import Any

from jaga.app.commands.records import open_records


def begin() -> dict[str, Any]:
    """The first start: creates people and one report whose letter was sent."""
    from tests.factories import make_world

    from jaga.core.actors import CLI
    from jaga.core.terms.people import HostKind, OrganisationKind, Role
    from jaga.people.verbs.people import NewPerson, claim_installation, create_organisation, create_person
    from jaga.store.kernel.epochs import adopt_mark

    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    make_world()
    ours = create_organisation("Operator Kedua", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    create_person(NewPerson("sari", "Sari", ours.pk, (Role.ADMINISTRATOR,), "kata-sandi-contoh-1"), actor=CLI)
    adopt_mark()
    return report("@mawar:localhost")


def report(account: str) -> dict[str, Any]:
    """File a report, link its ledger entry and update the ledger mark, as the worker does."""
    from tests.factories import report as filed

    from jaga.proofs.jobs import link_all
    from jaga.store.kernel.sequencer import newest_checkpoint

    made = filed(account=account)
    linked = link_all()
    return {
        "receipt": made.receipt,
        "report": made.report_id,
        "case": made.case_id,
        "promise": made.ledger_promise,
        "linked": linked,
        "checkpoint": newest_checkpoint(),
    }


def file_canaries() -> dict[str, Any]:
    """A closed account with an appeal, from a report that names its sender, and an account that a watch found; as
    yesterday's backup has it.
    """
    from tests.factories import PLATFORM, make_world, resolved_closure
    from tests.watching import LOUD, seen, take_in

    from jaga.appeals.verbs.appeals import file_appeal
    from jaga.cases.models.decisions import Decision
    from jaga.core.actors import CLI, HOLDER
    from jaga.core.terms.people import HostKind, OrganisationKind, Role
    from jaga.people.verbs.people import NewPerson, claim_installation, create_organisation, create_person
    from jaga.proofs.jobs import link_all
    from jaga.queue.verbs.search import read_all_stale
    from jaga.store.codes import appeal_code
    from jaga.store.kernel.epochs import adopt_mark

    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    world = make_world()
    ours = create_organisation("Operator Kedua", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    create_person(NewPerson("sari", "Sari", ours.pk, (Role.ADMINISTRATOR,), "kata-sandi-contoh-1"), actor=CLI)
    case = resolved_closure(
        world,
        text="Kata kanaritext.",
        excerpt="Iklan kanariexcerpt.",
        name="Ani Kanariname",
        contact="kanaricontact@example.invalid",
        links=("https://contoh.invalid/kanarilink",),
    )
    file_appeal(appeal_code(Decision.objects.get(case=case).pk), "Saya bukan kanariappeal.", actor=HOLDER)
    post = seen(f"{LOUD} kanaripost", "at://did:plc:kanari/app.bsky.feed.post/1", "did:plc:kanari")
    take_in(PLATFORM, (post,))
    adopt_mark()
    read_all_stale()
    link_all()
    return {}


def erase() -> dict[str, Any]:
    """Erase all cases and reports, as the worker does; returns where canaries still are."""
    from jaga.cases.models.cases import Case
    from jaga.cases.models.reports import Report
    from jaga.core.actors import SYSTEM
    from jaga.privacy.verbs.erasure import carry_out_erasures
    from jaga.privacy.verbs.erasure import erase as erase_both
    from jaga.proofs.jobs import link_all

    before = canaries()
    erase_both(
        cases=Case.objects.values_list("pk", flat=True),
        reports=Report.objects.values_list("pk", flat=True),
        rule="request",
        actor=SYSTEM,
    )
    carry_out_erasures()
    link_all()
    return {"before": before, **look()}


def look() -> dict[str, Any]:
    """Where canaries are, and whether the ledger is whole."""
    from jaga.store.kernel.ledger_verification import verify_ledger

    return {"canaries": canaries(), "whole": verify_ledger().ok}


def canaries() -> list[str]:
    """The columns with a canary, by `jaga privacy find`'s own search."""
    from jaga.privacy.reads.own_data import search_everywhere
    from jaga.queue.verbs.search import read_all_stale

    read_all_stale()
    return sorted({f"{one.table}.{one.column}" for one in search_everywhere("kanari", lambda table, rows: None)})


def apply_again() -> dict[str, Any]:
    """What each start does."""
    from jaga.core.actors import CLI
    from jaga.privacy.verbs.erasure import apply_again as apply

    found = apply(actor=CLI)
    return {"destroyed": found.destroyed, "recorded": found.recorded, **look()}


def follow(receipt: str) -> dict[str, Any]:
    """What the follow page answers a reporter."""
    from django.conf import settings
    from django.test import Client

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    client = Client(HTTP_HOST="127.0.0.1")
    client.cookies["jaga_language"] = "en"
    page = client.post("/follow/", {"receipt": receipt}, secure=True)
    return {"status": page.status_code, "lost": "Your report was lost" in page.content.decode()}


if __name__ == "__main__":
    open_records()
    step, *words = sys.argv[1:]
    steps = {
        "begin": begin,
        "report": report,
        "follow": follow,
        "file_canaries": file_canaries,
        "erase": erase,
        "apply_again": apply_again,
    }
    print(json.dumps(steps[step](*words)))
