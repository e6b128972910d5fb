"""Pictures that observations name: how large they may be, and the answer that one cannot be had."""

LARGEST_PICTURE = 5 * 1024 * 1024
"""Bytes. The same as for a picture that a reporter sends."""


class PictureUnavailable(Exception):
    """The source does not give this picture, now or later; says why in a few words, without its address."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
