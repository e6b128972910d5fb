"""Maps an in-app report's reason to a category.

Pure.

Reasons are defined by the apps' protocols. For an unlisted one the text decides, as in monitoring.
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


def category_of(reason: str, signalled: str | None, categories: Collection[str]) -> str:
    """The report's category: by the app's reason, else by the strongest signal in its text, else `other`.

    A reason that only names a label (pornography) yields to a signal, which is more specific.
    """
    by_reason = CATEGORY_OF_REASON.get(reason)
    if by_reason == "pornography" and signalled:
        by_reason = signalled
    return next((one for one in (by_reason, signalled) if one and one in categories), OTHERWISE)
