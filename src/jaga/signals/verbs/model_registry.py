"""Trained models: one is proposed with its measures, then approved, rejected, retired or reinstated by people.

Weights are not read here, so the web process needs no kernels: `model_training` learns, `model_scores` predicts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, JagaError, NotFound, NotPermitted
from jaga.core.lifecycles import MODEL
from jaga.core.terms.people import Role
from jaga.core.terms.reports import ModelState
from jaga.policy.release import load_release
from jaga.screening.models.measures import ModelMeasures, as_stored, is_better
from jaga.signals.models import LearntModel
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import Act, lapsed, lock_people
from jaga.store.kernel.validation import required_text
from jaga.store.vault import seal

DECIDERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
MAX_REASON = 1000


class NotBetter(JagaError):
    """The proposed model was not better on the decisions held back."""

    code = "model_not_better"
    status = 409
    sentence = N_("This model was not better on the decisions that it had not seen, so it is not put into use.")
    remedy = N_("Reject it, and learn again when there are more decisions.")


class OwnModel(NotPermitted):
    """Whoever had a model learnt cannot approve it."""

    code = "own_model"
    sentence = N_("You trained this model, so somebody else decides whether it is used.")
    remedy = N_("Ask another supervisor or administrator.")


class NobodysModel(Conflict):
    """Nobody is recorded as having had the model learnt, so a second person cannot be ensured."""

    code = "nobodys_model"
    sentence = N_("It is not recorded who trained this model, so it cannot be checked by somebody else.")
    remedy = N_("Train another one under a name: `jaga screening train CATEGORY --by NAME`.")


class AlreadyInUse(Conflict):
    """Somebody else has approved the model, perhaps at the same moment."""

    code = "model_already_in_use"
    sentence = N_("This model is in use already: somebody else has just decided that.")
    remedy = N_("Look at the page again.")


class Outdated(Conflict):
    """The proposal was measured against a model that is no longer in use."""

    code = "model_outdated"
    sentence = N_("Another model is in use since this one was measured.")
    remedy = N_("Learn again, so that the two are compared.")


class ProposalLapsed(Conflict):
    """A model needs two people: the proposer must still hold the role, under the same policy release."""

    code = "model_proposal_lapsed"
    sentence = N_(
        "This proposal has lapsed: whoever had the model trained has left or lost the role, or the rules "
        "have changed since."
    )
    remedy = N_("Reject it and train a model again.")


class AlreadyLearnt(Conflict):
    """The same decisions gave a model that is stored already."""

    code = "model_already_learnt"
    sentence = N_("These decisions give a model that is there already: number %(number)s.")
    remedy = N_("Decide on that one, or learn again when there are more decisions.")


@dataclass(frozen=True)
class NewModel:
    """A trained model with its measures. `compared_with` is None if no model was in use.

    `correction` says how a model was corrected and by which cases, if it is the model in use with other parameters.
    """

    category: str
    content: bytes
    sha256: str
    features: str
    learnt_until: datetime
    positives: int
    negatives: int
    own: ModelMeasures
    other: ModelMeasures
    compared_with: int | None
    correction: Mapping[str, object] | None = None


@transaction.atomic
def propose_model(new: NewModel, *, actor: Actor) -> LearntModel:
    """Store a trained model for a decision by people.

    It is not used yet.

    Whether it is better is computed here from the two measures. The proposer is a person, so that another one can
    approve. Raises NotPermitted, AlreadyLearnt.
    """
    actor.require(*DECIDERS)
    same = LearntModel.objects.filter(category=new.category, sha256=new.sha256).first()
    if same is not None:
        raise AlreadyLearnt(number=same.pk)
    seal(new.content, None)
    row = LearntModel.objects.create(
        category=new.category,
        sha256=new.sha256,
        size=len(new.content),
        features=new.features,
        policy_hash=load_release().hash,
        learnt_until=new.learnt_until,
        positives=new.positives,
        negatives=new.negatives,
        metrics={"own": as_stored(new.own), "other": as_stored(new.other)}
        | ({} if new.correction is None else {"correction": dict(new.correction)}),
        better=is_better(new.own, new.other),
        compared_with_id=new.compared_with,
        proposed_by_id=actor.person_id,
        proposed_at=now(),
    )
    _append_entry("propose_model", row, actor)
    return row


@transaction.atomic
def approve_model(model_id: int, *, actor: Actor) -> LearntModel:
    """Put a proposed model into use and retire the current one.

    Reversible: `retire_model`, `reinstate_model`.

    It is used from the next triage on, in cases of its category. Needs a supervisor or administrator other than the
    proposer; the second of two concurrent approvals is refused. Raises NotPermitted, OwnModel, NobodysModel,
    AlreadyInUse, NotFound, NotBetter, Outdated, ProposalLapsed.
    """
    proposer = LearntModel.objects.filter(pk=model_id).values_list("proposed_by_id", flat=True).first()
    lock_people(actor.person_id, proposer)
    row = _decidable(model_id, ModelState.PROPOSED, actor)
    assert row.proposed_by_id
    if lapsed(Act(row.proposed_by_id, frozenset(DECIDERS), row.policy_hash), load_release()):
        raise ProposalLapsed
    if not row.better:
        raise NotBetter
    current = _in_use(row.category)
    if (current.pk if current else None) != row.compared_with_id:
        raise Outdated
    return _put_into_use(row, current, "approve_model", actor)


@transaction.atomic
def reinstate_model(model_id: int, *, actor: Actor) -> LearntModel:
    """Put a retired model back into use. Raises NotPermitted, OwnModel, NobodysModel, AlreadyInUse, NotFound."""
    row = _decidable(model_id, ModelState.RETIRED, actor)
    return _put_into_use(row, _in_use(row.category), "reinstate_model", actor)


@transaction.atomic
def reject_model(model_id: int, reason: str, *, actor: Actor) -> None:
    """Reject a proposed model. Irreversible. Raises NotPermitted, NotFound, InvalidInput."""
    row = _locked(model_id, ModelState.PROPOSED, actor)
    _leave(row, ModelState.REJECTED, _checked(reason), actor)
    _append_entry("reject_model", row, actor)


@transaction.atomic
def retire_model(model_id: int, reason: str, *, actor: Actor) -> None:
    """Retire a model: its category uses word list and rules alone.

    Reversible: `reinstate_model`.

    Its findings in earlier cases are kept. Raises NotPermitted, NotFound, InvalidInput.
    """
    row = _locked(model_id, ModelState.APPROVED, actor)
    _leave(row, ModelState.RETIRED, _checked(reason), actor)
    _append_entry("retire_model", row, actor)


def _locked(model_id: int, state: ModelState, actor: Actor) -> LearntModel:
    """The model, with all models of its category locked in one order, so that concurrent steps are serialised."""
    actor.require(*DECIDERS)
    of_category = LearntModel.objects.filter(pk=model_id).values("category")
    rows = {
        row.pk: row
        for row in LearntModel.objects.select_for_update(of=("self",)).filter(category__in=of_category).order_by("pk")
    }
    row = rows.get(model_id)
    if row is not None and row.state == ModelState.APPROVED != state:
        raise AlreadyInUse
    if row is None or row.state != state:
        raise NotFound
    return row


def _decidable(model_id: int, state: ModelState, actor: Actor) -> LearntModel:
    row = _locked(model_id, state, actor)
    if row.proposed_by_id is None:
        raise NobodysModel
    if row.proposed_by_id == actor.person_id:
        raise OwnModel
    return row


def _in_use(category: str) -> LearntModel | None:
    return LearntModel.objects.select_for_update().filter(category=category, state=ModelState.APPROVED).first()


def _put_into_use(row: LearntModel, current: LearntModel | None, verb: str, actor: Actor) -> LearntModel:
    if current is not None:
        _leave(current, ModelState.RETIRED, "", actor)
        _append_entry("replace_model", current, actor)
    _leave(row, ModelState.APPROVED, "", actor)
    _append_entry(verb, row, actor)
    return row


def _leave(row: LearntModel, state: ModelState, reason: str, actor: Actor) -> None:
    row.state = MODEL.to(row.state, state)
    row.reason, row.decided_by_id, row.decided_at = reason, actor.person_id, now()
    row.save(update_fields=["state", "reason", "decided_by", "decided_at"])


def _checked(reason: str) -> str:
    return required_text("reason", reason.strip(), most=MAX_REASON, needed=N_("Say why, in a sentence."))


def _append_entry(verb: str, row: LearntModel, actor: Actor) -> None:
    corrects = {"corrects": row.metrics["correction"]["of"]} if "correction" in row.metrics else {}
    append(
        verb,
        {"model": row.pk, "category": row.category, "sha256": row.sha256, "better": row.better} | corrects,
        actor=actor,
        case_id=None,
    )
