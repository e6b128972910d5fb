"""The worker: deferred jobs (triage, actions, commits) and periodic tasks (monitoring, verification, ledger,
rescue).
"""
