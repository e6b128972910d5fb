"""Where each module of the floors goes: one folder a subject, the same rooms in each. Used by `tools/move/move.py`."""

SUBJECT = {"screening": "signals", "ledger": "proofs", "withdrawals": "decisions"}
"""Subjects that take another name, since a package of this name exists or the subject is the same."""

SINGLE = {
    "policy.adoption.in_force": "policy.in_force",
    "policy.adoption.differences": "policy.differences",
    "casework.kernel.policy_adoption": "adoption.verbs.policy_adoption",
    "casework.kernel.policy_in_force": "adoption.verbs.policy_in_force",
    "casework.kernel.promises": "store.kernel.promises",
    "records.access.operations.policy_releases": "adoption.reads.policy_releases",
    "records.access.operations.published_ledger": "proofs.reads.published_ledger",
    "records.models.kernel.policy_releases": "store.models.policy_releases",
    "records.models.cases.decisions": "cases.models.decisions",
    "records.models.cases.reports": "cases.models.reports",
    "web.console.operations.policy_releases": "adoption.console.policy_releases",
    "web.console.operations.exact_figures": "web.frame.exact_figures",
    "web.public.transparency.policy": "adoption.public.policy",
    "web.public.transparency.published_log": "proofs.public.published_log",
    "web.public.transparency.trusted_flaggers": "people.public.trusted_flaggers",
    "web.public.transparency.watches": "watch.public.watches",
    "web.public.transparency.privacy_notice": "privacy.public.privacy_notice",
    "web.console.cases.case_sections": "desk.sections",
    "web.public.urls": "app.public.urls",
    "web.public.home": "app.public.home",
    "web.console.urls": "app.console.urls",
    "web.api.v1": "app.api.v1",
    "web.api.urls": "app.api.urls",
    "web.api.guide": "app.api.guide",
    "web.api.orders": "authorities.api.orders",
    "web.api.order_bodies": "authorities.api.order_bodies",
    "web.api.requests": "authorities.api.requests",
    "web.api.reports": "reporting.api.reports",
    "web.api.batches": "batches.api.batches",
    "web.api.referrals": "referrals.api.referrals",
    "web.api.webhooks": "webhooks.api.webhooks",
    "jobs.worker": "app.worker",
    "jobs.tasks": "app.tasks",
    "jobs.periodic": "app.periodic",
    "jobs.rescue": "work.rescue",
    "jobs.mail": "work.mail",
}
"""Modules that go elsewhere than their folder."""


def place_of(module: str) -> str | None:
    """The new dotted name, as `<subject>.<room>.<module>`, of a module below `jaga`; None if it stays."""
    if module in SINGLE:
        return SINGLE[module]
    parts = module.split(".")
    match parts:
        case ["casework", "kernel", name]:
            return f"store.kernel.{name}"
        case ["casework", subject, name]:
            return f"{SUBJECT.get(subject, subject)}.verbs.{name}"
        case ["records", "access", "base", name]:
            return f"store.reads.{name}"
        case ["records", "access", "operations", name]:
            return f"figures.reads.{name}"
        case ["records", "access", subject, name]:
            return f"{SUBJECT.get(subject, subject)}.reads.{name}"
        case ["records", "access", subject]:
            return f"{subject}.reads.{subject}"
        case ["records", "models", "kernel", name]:
            return f"store.models.{name}"
        case ["records", "models", subject, name]:
            return f"{SUBJECT.get(subject, subject)}.models.{name}"
        case ["records", "models", subject]:
            return f"{subject}.models.{subject}"
        case ["records", "key_store", name]:
            return f"store.key_store.{name}"
        case ["records", "inventory", name]:
            return f"store.inventory.{name}"
        case ["records", name]:
            return f"store.{name}"
        case ["web", "console", "frame", name]:
            return f"web.frame.{name}"
        case ["web", "console", "operations", name]:
            return f"desk.operations.{name}"
        case ["web", "console", "cases", name]:
            return f"desk.cases.{name}"
        case ["web", "console", subject, "case_sections"]:
            return f"{SUBJECT.get(subject, subject)}.sections"
        case ["web", "console", subject, "urls"]:
            return f"{SUBJECT.get(subject, subject)}.urls"
        case ["web", "console", subject, name]:
            return f"{SUBJECT.get(subject, subject)}.console.{name}"
        case ["web", "public", "base", name]:
            return f"web.strangers.{name}"
        case ["web", "public", "transparency", name]:
            return f"figures.public.{name}"
        case ["web", "public", subject, name]:
            return f"{subject}.public.{name}"
        case ["web", "public", subject]:
            return f"{subject}.public.{subject}"
        case ["web", "hooks", name]:
            return f"watch.hooks.{name}"
        case ["web", "health", name]:
            return f"app.health.{name}"
        case ["transparency", name]:
            return f"figures.verbs.{name}"
        case ["jobs", "base", name]:
            return f"work.{name}"
        case ["jobs", subject, name]:
            return f"{SUBJECT.get(subject, subject)}.jobs.{name}"
        case ["jobs", "ledger" | "ledger_timestamps" | "ledger_witnesses" as name]:
            return f"proofs.jobs.{name}"
        case ["jobs", subject]:
            return f"{subject}.jobs.{subject}"
    return None


ROOMS = {"models", "reads", "verbs", "console", "public", "api", "jobs", "hooks", "kernel", "operations", "cases"}
"""Folders whose modules become one file when they fit; else they are grouped."""

LARGEST = 620
"""Lines of a file of a room."""

APART = {"urls", "sections"}
