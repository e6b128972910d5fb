"""What a report from inside an app is about, in our terms. Pure.

The apps' terms for reasons are those of their protocols; a term that is not listed says nothing, and then the words
decide, as for what a watch sees.
"""

from collections.abc import Collection

_ATPROTO = "com.atproto.moderation.defs#reason"
_OZONE = "tools.ozone.report.defs#reason"

CATEGORY_OF_REASON = {
    f"{_ATPROTO}Sexual": "pornography",
    f"{_ATPROTO}Misleading": "fraud",
    f"{_OZONE}SexualUnlabeled": "pornography",
    f"{_OZONE}SexualSextortion": "extortion",
    f"{_OZONE}ViolenceTrafficking": "trafficking",
    f"{_OZONE}ViolenceThreats": "violence",
    f"{_OZONE}ViolenceExtremistContent": "terrorism",
    f"{_OZONE}MisleadingScam": "fraud",
    f"{_OZONE}MisleadingImpersonation": "fraud",
    f"{_OZONE}ChildSafetyCSAM": "child_protection",
    f"{_OZONE}ChildSafetyGroom": "child_protection",
    f"{_OZONE}ChildSafetyPrivacy": "child_protection",
    f"{_OZONE}ChildSafetyHarassment": "child_protection",
    f"{_OZONE}ChildSafetyOther": "child_protection",
}
OTHERWISE = "other"


def category_of(reason: str, signalled: str | None, known: Collection[str]) -> str:
    """The category of a report: by the app's reason, else by the strongest signal in its words, else `other`.

    A reason of the app that only names a label (pornography) gives way to a signal, which says more.
    """
    by_reason = CATEGORY_OF_REASON.get(reason)
    if by_reason == "pornography" and signalled:
        by_reason = signalled
    return next((one for one in (by_reason, signalled) if one and one in known), OTHERWISE)
