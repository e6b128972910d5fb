"""The invented officers of a practice installation are registered, can sign in, and their authenticator code can be
shown.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
from allauth.mfa.models import Authenticator

from jaga.core.actors import CLI
from jaga.core.clock import frozen
from jaga.core.terms.people import OrganisationKind, RegistrationStatus, Role
from jaga.people.models import OfficerRegistration
from jaga.people.reads.roster import registration_status
from jaga.people.verbs import people
from jaga.people.verbs.people import NewPerson, create_organisation
from jaga.store.models import LedgerEntry
from jaga_practice import app_codes, registered


def test_an_invented_officer_is_registered_once(db: None, tmp_path: Path) -> None:
    """A second run changes nothing."""
    police = create_organisation("Polisi Contoh", OrganisationKind.POLICE, practice=True, actor=CLI)
    for name in ("budi", "tono"):
        officer = people.create_person(NewPerson(name, name.title(), police.pk, (Role.OFFICER,)), actor=CLI)
        registered.register(officer, tmp_path, "seekor-kucing-di-atas-meja")
        officer.refresh_from_db()
        assert registration_status(officer.pk) is RegistrationStatus.ACTIVE
        assert officer.check_password("seekor-kucing-di-atas-meja")
        assert OfficerRegistration.objects.get(person=officer).keeper
        assert app_codes.secret_of(name, tmp_path).stat().st_mode & 0o077 == 0
        before = LedgerEntry.objects.count()
        registered.register(officer, tmp_path, "lain")
        assert LedgerEntry.objects.count() == before
        code, row = app_codes.code_now(name, tmp_path), Authenticator.objects.get(user=officer, type="totp")
        assert code is not None
        row.data.pop("last_step")  # the code that set it up is used up
        row.save()
        assert row.wrap().validate_code(code)
    assert app_codes.code_now("wulan", tmp_path) is None


def test_setting_up_the_app_spends_no_code_that_a_story_needs() -> None:
    """Each code counts once. Early in a half minute the one before it is spent; at its very end the present one."""
    secret = pyotp.random_base32()
    begun = datetime(2026, 11, 2, 2, 0, 30, tzinfo=UTC)
    for seconds, spent in ((0, -30), (15, -30), (27, -30), (28.5, 0), (29.9, 0)):
        with frozen(begun + timedelta(seconds=seconds)):
            assert registered._spare_code(secret) == pyotp.TOTP(secret).at(begun + timedelta(seconds=spent)), seconds
