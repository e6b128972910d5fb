"""Case page sections of this package: account, sealed evidence, linked accounts, reports, decision form."""

from collections.abc import Mapping

from jaga.cases.reads.case_view import CaseStage
from jaga.cases.reads.decisions import links_of
from jaga.cases.reads.gate import Related
from jaga.cases.reads.history import is_open, others_of
from jaga.cases.reads.reports import evidence_of, identity_of, labels_of, merged_into
from jaga.cases.verbs.accounts import is_account_settled
from jaga.core.terms.reports import Channel, MediaState
from jaga.desk.cases.forms import LinkFormData, MediaFormData
from jaga.desk.cases.page import PolicyQuestionFormData, routing_of
from jaga.privacy.reads.person_requests import erasures_of
from jaga.queue.reads.routing import questions_of
from jaga.signals.reads.pictures import is_closed
from jaga.store.reads import listed_platforms
from jaga.watch.reads.people_sample import others_wait
from jaga.watch.reads.watches import captures_of, media_of
from jaga.web.frame.sections import CasePage, Place, Section


def _account(page: CasePage) -> Mapping[str, object]:
    return {
        "identity": identity_of(page.case),
        "went_to": merged_into(page.case),
        "waits": not is_account_settled(page.case),
    }


def _evidence(page: CasePage) -> Mapping[str, object]:
    return {"evidence": evidence_of(page.case) if Related.ORIGINALS in page.has else ()}


def _captures(page: CasePage) -> Mapping[str, object]:
    return {"captures": captures_of(page.case) if Related.CAPTURES in page.has else ()}


def media_context(page: CasePage) -> Mapping[str, object]:
    """The files that flagged texts of the case name, and the form that asks for one."""
    media = media_of(page.case) if Related.MEDIA in page.has else ()
    return {
        "media": media,
        "media_waits": any(one.state is MediaState.ASKED for one in media),
        "media_named": tuple(one for one in media if one.state is MediaState.NAMED),
        "media_closed": bool(media) and is_closed(page.case),
        "media_token": page.token,
        "asking_media": page.kept_of(MediaFormData) or MediaFormData(),
    }


def _erased(page: CasePage) -> Mapping[str, object]:
    return {"erasures": erasures_of(page.case) if Related.ERASURES in page.has else None}


def _linked(page: CasePage) -> Mapping[str, object]:
    return {
        "linked": links_of(page.case) if Related.LINKED in page.has else (),
        "labels": labels_of(page.case) if Related.LABELS in page.has else (),
        "may_link": page.can_vote and page.case.stage is CaseStage.REVIEW,
        "adding": page.kept_of(LinkFormData) or LinkFormData(),
        "platforms": listed_platforms() if page.can_vote else (),
    }


def _others(page: CasePage) -> Mapping[str, object]:
    return {
        "others": others_of(page.case, actor=page.actor) if Related.OTHERS in page.has else (),
        "shows_outcomes": is_open(page.case, actor=page.actor),
    }


def _lines(page: CasePage) -> Mapping[str, object]:
    return {"lines": sorted(page.lines, key=lambda line: (line.received_at, line.report_id), reverse=True)}


def _same_words(page: CasePage) -> Mapping[str, object]:
    """Told to whoever may decide: others depend on it."""
    watched = page.can_vote and any(line.channel is Channel.WATCH for line in page.lines)
    return {"others_wait": watched and others_wait(page.case)}


def _policy_questions(page: CasePage) -> Mapping[str, object]:
    return {
        "policy_questions": questions_of(page.case, actor=page.actor) if Related.QUESTIONS in page.has else (),
        "asking": page.kept_of(PolicyQuestionFormData) or PolicyQuestionFormData(),
    }


SECTIONS = (
    Section(Place.EVIDENCE, 5, "privacy/erased.html", _erased),
    Section(Place.EVIDENCE, 20, "cases/parts/identity.html", _account),
    Section(Place.EVIDENCE, 65, "watch/captures.html", _captures),
    Section(Place.EVIDENCE, 67, "watch/media.html", media_context, form=MediaFormData),
    Section(Place.EVIDENCE, 70, "cases/parts/evidence.html", _evidence),
    Section(Place.ACCOUNTS, 30, "cases/parts/accounts.html", _linked, form=LinkFormData, counted=("linked",)),
    Section(Place.ACCOUNTS, 40, "cases/parts/others.html", _others),
    Section(Place.REPORTS, 10, "cases/parts/report_lines.html", _lines),
    Section(Place.DECIDE, 10, "cases/parts/act.html", _same_words),
    Section(Place.ACT, 10, "cases/parts/rule.html"),
    Section(Place.MORE, 10, "queue/parts/policy_questions.html", _policy_questions, form=PolicyQuestionFormData),
    Section(Place.MORE, 20, "queue/parts/routing.html", routing_of),
)
