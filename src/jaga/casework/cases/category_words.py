"""Maps the category column of uploaded files to policy categories: by key, label or a common synonym.

Only whole words match, and only if all parts mean the same category; nothing is guessed. Categories that concern
children match their own names only. A text that shares a word with the name of an urgent category is never mapped to
another one.
"""

import re
import unicodedata
from collections.abc import Mapping

from jaga.core.terms.cases import Severity
from jaga.policy import PolicyRelease

_WORDS: Mapping[str, str] = {
    "gambling": "judi, judi online, judi daring, judi slot, judi bola, judol, slot, slot online, togel, "
    "perjudian online, perjudian daring, konten perjudian, situs judi, promosi judi, online gambling",
    "fraud": "penipuan online, penipuan daring, tipu, scam, phishing, investasi bodong, investasi ilegal, "
    "konten penipuan",
    "prostitution_advertising": "prostitusi, prostitusi online, prostitusi daring, open bo, iklan prostitusi online, "
    "konten prostitusi, prostitution",
    "pornography": "porno, konten pornografi, konten porno, asusila, konten asusila, pornografi dewasa",
    "trafficking": "tppo, perdagangan manusia, tindak pidana perdagangan orang, trafficking",
    "extortion": "pemerasan online, pengancaman, pemerasan dan pengancaman, sekstorsi, sextortion, blackmail",
    "violence": "konten kekerasan",
    "defamation": "pencemaran nama baik, fitnah dan pencemaran nama baik",
    "intellectual_property": "hki, haki, hak cipta, pelanggaran hak cipta, pelanggaran kekayaan intelektual, copyright",
    "false_news": "hoaks, hoax, berita palsu, disinformasi, misinformasi",
    "terrorism": "terorisme, radikalisme, terorisme/radikalisme, konten radikal, ekstremisme, terrorism",
    "sara": "ujaran kebencian, sara/ujaran kebencian, hate speech",
    "other": "lain-lain, lain lain, dll",
}
_SEPARATORS = re.compile(r"[\s_\-]+")
_PARTS = re.compile(r"[/;,&+|]|\bdan\b|\band\b")


class CategoryWords:
    """The known words of one policy release. Categories that it lacks match nothing."""

    def __init__(self, release: PolicyRelease) -> None:
        self._keys: dict[str, str] = {}
        for key, words in _WORDS.items():
            if key in release.by_key:
                self._keys.update({_plain(word): key for word in words.split(",")})
        for category in release.categories:
            self._keys.update(
                {_plain(name): category.key for name in (category.label.id, category.label.en, category.key)}
            )

        self._urgent = {
            word
            for category in release.categories
            if category.victim_first or category.severity >= Severity.CRITICAL
            for label in (category.label.id, category.label.en)
            for word in _plain(label).split()
            if len(word) > 3
        }

    def may_be_urgent(self, written: str) -> bool:
        """Whether an unmatched text might mean a category that must not wait."""
        return bool(self._urgent & set(_PARTS.sub(" ", _plain(written)).split()))

    def key_for(self, written: str) -> str | None:
        """The key of the category that the text means; None if it means none or several."""
        whole = self._keys.get(_plain(written))
        if whole is not None:
            return whole
        meant = {self._keys.get(_plain(part)) for part in _PARTS.split(written.casefold()) if part.strip()}
        return meant.pop() if len(meant) == 1 else None


def _plain(written: str) -> str:
    folded = unicodedata.normalize("NFKC", written).casefold().strip(" .:*\"'")
    return _SEPARATORS.sub(" ", folded)
