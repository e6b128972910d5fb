"""References to cases, notices and referrals in URLs as people write them: K000123, P000123, R000123."""

from jaga.core.errors import NotFound


class CaseReference:
    """A path converter between `K000123` and the case id."""

    regex = r"K[0-9]{6,18}"

    def to_python(self, value: str) -> int:
        """The case id."""
        return int(value[1:])

    def to_url(self, value: int) -> str:
        """The reference of a case id."""
        return f"K{value:06d}"


class NoticeReference:
    """A path converter between `P000123` and the notice id."""

    regex = r"P[0-9]{6,18}"

    def to_python(self, value: str) -> int:
        """The notice id."""
        return int(value[1:])

    def to_url(self, value: int) -> str:
        """The reference of a notice id."""
        return f"P{value:06d}"


class ReferralReference:
    """A path converter between `R000123` and the referral id."""

    regex = r"R[0-9]{6,18}"

    def to_python(self, value: str) -> int:
        """The referral id."""
        return int(value[1:])

    def to_url(self, value: int) -> str:
        """The reference of a referral id."""
        return f"R{value:06d}"


def read_reference(typed: str) -> int:
    """The case id from user input (`k 123`, `K000123`, `123`). Raises NotFound."""
    digits = typed.strip().upper().removeprefix("K").strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise NotFound
    return int(digits)
