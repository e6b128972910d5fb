"""Prepares the practice world in the installation's own database, as `jaga run` does before it serves.

Run as `python -m tests.journeys.world_process`: reads the chat server as JSON from standard input, prints the world.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import django

from jaga.app import config, keys

keys.prepare(config.database_url())
django.setup()

from django.conf import settings
from django.core.management import call_command

from jaga.app import translations
from jaga.app.services.supervisor import Child, ProcessPlan
from jaga.core.actors import CLI
from jaga.core.terms.people import HostKind
from jaga.people.verbs.people import claim_installation
from jaga_practice import world
from jaga_practice.synapse import SynapseServer

if __name__ == "__main__":
    call_command("migrate", verbosity=0, interactive=False)
    keys.record()
    translations.compile_all()
    call_command("collectstatic", verbosity=0, interactive=False)
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    home = Path(settings.HOME)
    not_ours = Child(ProcessPlan("synapse", [], home, {}), home)  # the server runs elsewhere, and is stopped there
    built = world.build(SynapseServer(**json.load(sys.stdin), child=not_ours), home)
    json.dump(asdict(built), sys.stdout)
