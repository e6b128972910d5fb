"""Steps of an installation's life, each in a process of its own: `python tests/app/restore_steps.py STEP`.

The database, the home folder and the keys are those of the environment. Each prints one JSON object.
"""

import json
import sys
from typing import Any

from jaga.app.commands.records import open_records


def begin() -> dict[str, Any]:
    """The first start: people, and one report whose letter went out."""
    from tests.factories import make_world

    from jaga.casework.kernel.epochs import adopt_mark
    from jaga.casework.people.organisations import claim_installation, create_organisation
    from jaga.casework.people.people import NewPerson, create_person
    from jaga.core.actors import CLI
    from jaga.core.terms import HostKind, OrganisationKind, Role

    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    make_world()
    ours = create_organisation("Operator Kedua", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    create_person(NewPerson("sari", "Sari", ours.pk, (Role.ADMINISTRATOR,), "kata-sandi-contoh-1"), actor=CLI)
    adopt_mark()
    return report("@mawar:localhost")


def report(account: str) -> dict[str, Any]:
    """A report, linked and marked as the worker does it."""
    from tests.factories import report as filed

    from jaga.casework.kernel.ledger import newest_checkpoint
    from jaga.jobs.worker import link_all

    made = filed(account=account)
    linked = link_all()
    return {"receipt": made.receipt, "report": made.report_id, "case": made.case_id, "promise": made.ledger_promise,
            "linked": linked, "checkpoint": newest_checkpoint()}


def follow(receipt: str) -> dict[str, Any]:
    """What a reporter is answered."""
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
    print(json.dumps({"begin": begin, "report": report, "follow": follow}[step](*words)))
