"""The adapter for Synapse, the Matrix homeserver. Every rule in it was seen on a real Synapse 1.163."""

from jaga.platforms.synapse.adapter import SynapseAdapter, from_configuration

__all__ = ["SynapseAdapter", "from_configuration"]
