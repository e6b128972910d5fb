"""The stage of an operator's story: the running services, with a real chat server."""

from dataclasses import dataclass

from jaga.app.stopping import PracticeStage
from jaga_practice.synapse import SynapseServer


@dataclass(frozen=True)
class ChatStage(PracticeStage):
    """A running practice installation of an operator."""

    synapse: SynapseServer
