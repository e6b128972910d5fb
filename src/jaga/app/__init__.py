"""Composes everything: settings, addresses, embedded services, the `jaga` command."""
