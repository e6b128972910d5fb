"""The subjects of the `jaga` command, one file each."""
