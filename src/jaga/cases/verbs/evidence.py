"""Sealing evidence: the bytes go to the evidence store, the row describes them and starts the chain of custody."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from jaga.appeals.models import Appeal
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence, Report
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError
from jaga.core.terms.cases import EvidenceKind
from jaga.exchange.pictures import MAX_PIXELS, size_of
from jaga.signals.models import PictureToHash
from jaga.store import vault
from jaga.store.kernel.ledger import actor_name

MAX_UPLOAD_BYTES = 5 * 1024 * 1024
MAX_UPLOADS = 5
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"%PDF-": "application/pdf",
}
_IMAGES = ("image/png", "image/jpeg", "image/webp")


@dataclass(frozen=True)
class Upload:
    """An uploaded file. Its name and declared type are not trusted."""

    content: bytes


def media_type(content: bytes) -> str | None:
    """The media type by content: PNG, JPEG, WebP or PDF; None for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for signature, kind in _SIGNATURES.items() if content.startswith(signature)), None)


def check_uploads(field: str, uploads: tuple[Upload, ...], allowed: tuple[str, ...] = _IMAGES) -> list[FieldError]:
    """Errors for too many or too large uploads, or types not allowed. Nothing is decoded."""
    if len(uploads) > MAX_UPLOADS:
        return [FieldError(field, "too_many", N_("At most %(most)s files."), {"most": MAX_UPLOADS})]
    errors = []
    for upload in uploads:
        if len(upload.content) > MAX_UPLOAD_BYTES:
            errors.append(FieldError(field, "too_large", N_("A file may have at most 5 MB.")))
        elif media_type(upload.content) not in allowed:
            errors.append(
                FieldError(field, "wrong_type", N_("Send a picture as PNG, JPEG or WebP, or a letter as PDF."))
            )
        elif (size := size_of(upload.content)) and size[0] * size[1] > MAX_PIXELS:
            errors.append(
                FieldError(
                    field,
                    "too_many_pixels",
                    N_("A picture may have at most %(most)s million pixels. A screenshot has far fewer."),
                    {"most": MAX_PIXELS // 1_000_000},
                )
            )
    return errors


def seal(
    case: Case,
    report: Report | None,
    kind: EvidenceKind,
    name: str,
    content: bytes,
    *,
    media: str,
    appeal: Appeal | None = None,
    actor: Actor,
) -> Evidence:
    """Seal one original for a case. Idempotent: the same bytes, kind and name return the existing row. `appeal`: the
    one with which an account holder sent it."""
    (row,) = seal_all(case, [(kind, name, content, media)], report=report, appeal=appeal, actor=actor)
    return row


def seal_all(
    case: Case,
    originals: Sequence[tuple[EvidenceKind, str, bytes, str]],
    *,
    report: Report | None = None,
    linked_subject_id: int | None = None,
    appeal: Appeal | None = None,
    actor: Actor,
) -> list[Evidence]:
    """Seal several originals, each given as kind, name, bytes and media type. Idempotent like `seal`.
    `linked_subject_id`: they were preserved from this linked account."""
    named = case.evidence.filter(name__in=[name for _, name, _, _ in originals])
    stored = {(row.sha256, row.kind, row.name): row for row in named}
    sealed, new = [], []
    for kind, name, content, media in originals:
        digest = sha256(content).hexdigest()
        row = stored.get((digest, kind, name))
        if row is None:
            row = stored[digest, kind, name] = Evidence(
                case=case,
                report=report,
                linked_subject_id=linked_subject_id,
                appeal=appeal,
                kind=kind,
                name=name,
                media_type=media,
                sha256=digest,
                size=len(content),
                sealed_at=now(),
                sealed_by=actor_name(actor),
            )
            new.append(row)
        vault.seal(content, row.key_owner())  # Also for an existing row: this repairs a damaged original.
        sealed.append(row)
    Evidence.objects.bulk_create(new)
    PictureToHash.objects.bulk_create(
        PictureToHash(evidence=row) for row in new if row.kind == EvidenceKind.SCREENSHOT and row.media_type in _IMAGES
    )
    return sealed
