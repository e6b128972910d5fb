"""Platform adapters: one chat platform each, implementing the interface of `jaga.core.platforms`.

`registry` opens them by name.
"""
