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

    from jaga.casework.kernel.epochs import adopt_mark
    from jaga.casework.people.organisations import claim_installation, create_organisation
    from jaga.casework.people.people import NewPerson, create_person
    from jaga.core.actors import CLI
    from jaga.core.terms.people import HostKind, OrganisationKind, Role

    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    make_world()
    ours = create_organisation("Operator Kedua", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    create_person(NewPerson("sari", "Sari", ours.pk, (Role.ADMINISTRATOR,), "kata-sandi-contoh-1"), actor=CLI)
    adopt_mark()
    return report("@mawar:localhost")


def report(account: str) -> dict[str, Any]:
    """File a report, link its ledger entry and update the ledger mark, as the worker does."""
    from tests.factories import report as filed

    from jaga.casework.kernel.ledger import newest_checkpoint
    from jaga.jobs.worker import link_all

    made = filed(account=account)
    linked = link_all()
    return {"receipt": made.receipt, "report": made.report_id, "case": made.case_id, "promise": made.ledger_promise,
            "linked": linked, "checkpoint": newest_checkpoint()}


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
    print(json.dumps({"begin": begin, "report": report, "follow": follow}[step](*words)))
