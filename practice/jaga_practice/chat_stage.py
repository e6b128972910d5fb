"""What an operator's story is given: the running parts, with a real chat server."""

from dataclasses import dataclass

from jaga.app.stage import PracticeStage
from jaga_practice.synapse import SynapseServer


@dataclass(frozen=True)
class ChatStage(PracticeStage):
    """An operator's practice installation that is up."""

    synapse: SynapseServer
