"""The authorities' API: registered officers file requests and follow them. docs/api.md explains it to its callers."""
