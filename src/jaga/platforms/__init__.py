"""Adapters: one chat platform each, behind the port of `jaga.core.platforms`. `registry` opens them by name."""
