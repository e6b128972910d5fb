"""The worker's part of the watch: reading the sources of running watches."""
