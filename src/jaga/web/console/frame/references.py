"""Numbers of cases, notices and referrals in addresses, as people write and say them: K000123, P000123, R000123."""

from jaga.core.errors import NotFound


class CaseReference:
    """A path converter between `K000123` and the case's number."""

    regex = r"K[0-9]{6,18}"

    def to_python(self, value: str) -> int:
        """The case's number."""
        return int(value[1:])

    def to_url(self, value: int) -> str:
        """The reference of a case's number."""
        return f"K{value:06d}"


class NoticeReference:
    """A path converter between `P000123` and the notice's number."""

    regex = r"P[0-9]{6,18}"

    def to_python(self, value: str) -> int:
        """The notice's number."""
        return int(value[1:])

    def to_url(self, value: int) -> str:
        """The reference of a notice's number."""
        return f"P{value:06d}"


class ReferralReference:
    """A path converter between `R000123` and the referral's number."""

    regex = r"R[0-9]{6,18}"

    def to_python(self, value: str) -> int:
        """The referral's number."""
        return int(value[1:])

    def to_url(self, value: int) -> str:
        """The reference of a referral's number."""
        return f"R{value:06d}"


def read_reference(typed: str) -> int:
    """The number of a case from what a person typed (`k 123`, `K000123`, `123`). Raises NotFound."""
    digits = typed.strip().upper().removeprefix("K").strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise NotFound
    return int(digits)
