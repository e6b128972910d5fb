"""Compiles the translations into the package; all else stands in pyproject.toml."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithTranslations(build_py):
    """As usual; and beside each catalogue of the package that is built, its compiled form."""

    def run(self) -> None:
        super().run()
        for source in Path(self.build_lib).glob("jaga/locale/*/LC_MESSAGES/*.po"):
            language = source.parts[-3]
            with source.open("rb") as given, source.with_suffix(".mo").open("wb") as made:
                write_mo(made, read_po(given, locale=language))


setup(cmdclass={"build_py": BuildWithTranslations})
