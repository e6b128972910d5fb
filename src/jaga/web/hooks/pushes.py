"""`POST /hooks/PLATFORM/observations/`: a batch of a platform's own stream, for a watch that runs.

Signed as the answers are (`web.hooks.answers`). Nothing unsigned is decompressed, parsed or stored; what is
acknowledged is stored.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from jaga.casework.operators.answers import LONGEST_HOOK_ID
from jaga.casework.watch.pushes import NewPush, running_stream, take_push
from jaga.core.actors import Actor
from jaga.core.errors import N_, JagaError
from jaga.core.observations.pushes import LARGEST_PUSH
from jaga.core.terms.watch import PushFormat
from jaga.exchange.pushed import PushTooLarge, rows_in, unpacked
from jaga.records.access.watch.watches import number_of
from jaga.records.access.webhooks.platform_keys import all_keys_of
from jaga.web.api.problems import WrongMethod
from jaga.web.hooks.answers import HookUnreadable, body_of, problems_only, verified

FORMATS: Mapping[str, PushFormat] = MappingProxyType(
    {
        "application/x-ndjson": PushFormat.LINES,
        "application/jsonl": PushFormat.LINES,
        "application/vnd.apache.arrow.stream": PushFormat.ARROW,
    }
)


class WrongPushType(JagaError):
    """Neither JSON lines nor an Arrow stream."""

    code = "wrong_content_type"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE.value
    sentence = N_("This address takes JSON lines or an Arrow stream.")
    remedy = N_("Send “Content-Type: application/x-ndjson” or “application/vnd.apache.arrow.stream”.")


@csrf_exempt
@problems_only
def take(request: HttpRequest, platform: str) -> HttpResponse:
    """Store a signed batch. 202 for a new one and for its repeat, distinguished by `repeat`."""
    if request.method != "POST":
        raise WrongMethod
    body = body_of(request, LARGEST_PUSH, lambda: PushTooLarge(why=f"more than {LARGEST_PUSH} bytes"))
    hook = verified(all_keys_of(platform), request, body)
    running_stream(platform)  # before the work of decompressing
    if len(hook.id) > LONGEST_HOOK_ID:
        raise HookUnreadable(why=f"webhook-id has more than {LONGEST_HOOK_ID} characters")
    form = FORMATS.get(request.content_type or "")
    if form is None:
        raise WrongPushType
    content = unpacked(hook.body, request.headers.get("Content-Encoding", "").strip().lower())
    rows = rows_in(content, form)
    taken = take_push(platform, NewPush(hook.id, form, rows, content), actor=Actor(f"platform:{platform}"))
    return JsonResponse(
        {"watch": number_of(taken.watch_id), "batch": taken.number, "rows": rows, "repeat": taken.repeat},
        status=HTTPStatus.ACCEPTED,
    )
