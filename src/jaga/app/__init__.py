"""The composition root: settings, URLs, embedded services, the `jaga` command."""
