"""Adapter for Synapse, the Matrix homeserver. Every rule in it was verified on Synapse 1.163."""

from jaga.platforms.synapse.adapter import CREDENTIALS, OPTIONS, SynapseAdapter, from_configuration

__all__ = ["CREDENTIALS", "OPTIONS", "SynapseAdapter", "from_configuration"]
