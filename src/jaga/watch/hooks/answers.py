"""`POST /hooks/PLATFORM/`: a platform's signed receipts and answers.

`docs/adr/0015`.

The signature is verified first, with the platform's public keys. Nothing unsigned is parsed or stored, and all
forgeries get the same answer.

`POST /hooks/PLATFORM/observations/`: a batch of a platform's own stream, for a watch that runs.

Signed as the answers are (`watch.hooks`). Nothing unsigned is decompressed, parsed or stored; what is
acknowledged is stored.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from types import MappingProxyType

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.core.observations import LARGEST_PUSH
from jaga.core.standard_webhooks import ForgedHook, MalformedHook, SignedHook, read_reply, verify, verifying_key
from jaga.core.terms.reports import PushFormat
from jaga.exchange.pushed import PushTooLarge, rows_in, unpacked
from jaga.operators.verbs.answers import LONGEST_HOOK_ID, receive_hook
from jaga.watch.reads.watches import number_of
from jaga.watch.verbs.pushes import NewPush, running_stream, take_push
from jaga.web.api.problems import WrongMethod, problem
from jaga.web.errors import RequestUnreadable
from jaga.webhooks.reads import all_keys_of, keys_of

LARGEST_MESSAGE = 64 * 1024


class HookTooLarge(RequestUnreadable):
    """Larger than any answer."""

    code = "hook_too_large"
    status = 413
    sentence = N_("This message is too large.")
    remedy = N_("An answer has at most 64 kB.")


class HookUnreadable(RequestUnreadable):
    """Validly signed, but not in the agreed format."""

    code = "hook_malformed"
    status = 422
    sentence = N_("This message cannot be read: %(why)s.")
    remedy = N_("Send it as docs/webhooks.md shows.")


def problems_only(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """Errors as RFC 9457 problem details, with no-store."""

    @wraps(view)
    def guarded(request: HttpRequest, platform: str) -> HttpResponse:
        try:
            response = view(request, platform)
        except JagaError as refused:
            response = problem(request, refused)
        response["Cache-Control"] = "no-store"
        return response

    return guarded


@csrf_exempt
@problems_only
def take_of_answers(request: HttpRequest, platform: str) -> HttpResponse:
    """Accept a signed receipt or answer. 200 for a new one and for its repeat, distinguished by `repeat`."""
    if request.method != "POST":
        raise WrongMethod
    keys = keys_of(platform)
    hook = verified(keys, request, body_of(request, LARGEST_MESSAGE, HookTooLarge))
    if len(hook.id) > LONGEST_HOOK_ID:
        raise HookUnreadable(why=f"webhook-id has more than {LONGEST_HOOK_ID} characters")
    try:
        reply = read_reply(hook.body)
    except MalformedHook as refused:
        raise HookUnreadable(why=refused.params.get("why") or refused.sentence % refused.params) from refused
    new = receive_hook(platform, hook.id, int(hook.at.timestamp()), reply, actor=Actor(f"platform:{platform}"))
    return JsonResponse({"number": reply.number, "repeat": not new}, status=HTTPStatus.OK)


def body_of(request: HttpRequest, largest: int, too_large: Callable[[], JagaError]) -> bytes:
    """The body, of at most `largest` bytes. Raises what `too_large` makes."""
    stated = request.META.get("CONTENT_LENGTH") or "0"
    if not stated.isdecimal() or int(stated) > largest:
        raise too_large()
    body = request.read(largest + 1)
    if len(body) > largest:
        raise too_large()
    return body


def verified(keys: tuple[str, ...], request: HttpRequest, body: bytes) -> SignedHook:
    """The verified message. Raises ForgedHook, also without a usable signature; StaleHook."""
    try:
        return verify([verifying_key(key) for key in keys], dict(request.headers.items()), body, now=now())
    except MalformedHook as unsigned:
        raise ForgedHook from unsigned


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
def take_of_pushes(request: HttpRequest, platform: str) -> HttpResponse:
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
