"""The verbs of the domain.

Each is one function and one transaction: the change, its ledger entry and its deferred job.
"""
