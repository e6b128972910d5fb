"""Shared by adapters: configuration, sealed credentials, bounded HTTP, the guard around each adapter."""
