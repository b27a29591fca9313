"""Authenticator app, recovery codes and passkeys, and where somebody is logged in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.accounts.test_addresses import prove

PASSWORD = "correct horse battery"


def code_of(secret: str) -> str:
    return auth.format_hotp_value(auth.hotp_value(secret, next(auth.yield_hotp_counters_from_time())))


def enrol(user: User) -> str:
    """Give the user an app, and return its secret."""
    secret = auth.generate_totp_secret()
    auth.TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def log_in(client: Client, name: str = "owner", then: str = "") -> Any:
    return client.post("/accounts/login/" + then, {"login": name, "password": PASSWORD})


def inside(client: Client) -> bool:
    return client.get("/history/").status_code == 200


@pytest.mark.django_db(transaction=True)  # the mail goes out at the end of a transaction
def test_setting_up_an_app(owner: User, owner_client: Client, mailoutbox: Any) -> None:
    path = "/accounts/2fa/totp/activate/"
    assert owner_client.get(path)["Location"].startswith("/accounts/reauthenticate/")
    prove(owner_client)
    page = owner_client.get(path).content.decode()
    assert 'src="data:image/svg+xml' in page
    found = re.search(r'class="secret">([A-Z2-7]{32})<', page)
    assert found
    owner_client.post(path, {"code": "000000"})
    assert not Authenticator.objects.exists()
    owner_client.post(path, {"code": code_of(found[1])})
    assert {row.type for row in Authenticator.objects.filter(user=owner)} == {"totp", "recovery_codes"}
    assert {mail.subject for mail in mailoutbox} >= {"[Numeral] An authenticator app was added"}
    assert "you are asked for its code" in owner_client.get("/accounts/2fa/").content.decode()


def test_the_password_alone_no_longer_opens(owner: User, client: Client) -> None:
    secret = enrol(owner)
    assert log_in(client)["Location"] == "/accounts/2fa/authenticate/"
    assert not inside(client)
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert not inside(client)
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert inside(client)


def test_a_code_opens_once(owner: User) -> None:
    code = code_of(enrol(owner))
    for opened in [True, False]:
        client = Client()
        log_in(client)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert inside(client) is opened


def test_a_recovery_code_opens_once(owner: User) -> None:
    enrol(owner)
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    for opened in [True, False]:
        client = Client()
        log_in(client)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert inside(client) is opened


def test_guessing_codes_is_stopped(owner: User, client: Client) -> None:
    secret = enrol(owner)
    log_in(client)
    for _ in range(5):
        assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).status_code == 429
    assert not inside(client)


def test_staff_are_asked_on_the_way_to_the_admin_too(reviewer: User, client: Client) -> None:
    secret = enrol(reviewer)
    sign_in = client.get("/admin/", follow=True).redirect_chain[-1][0]
    assert sign_in == "/accounts/login/?next=/admin/"
    log_in(client, "reviewer", then="?next=/admin/")
    assert client.get("/admin/").status_code == 302
    done = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert done["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_reset_password_does_not_get_round_it(owner: User, client: Client, mailoutbox: Any) -> None:
    from tests.accounts.test_passwords import NEW, reset

    enrol(owner)
    reset(client, mailoutbox)
    client.post("/accounts/login/", {"login": "owner", "password": NEW})
    assert not inside(client)


@pytest.mark.parametrize(
    "path", ["totp/deactivate/", "recovery-codes/", "recovery-codes/generate/", "webauthn/add/"]
)
def test_a_stolen_session_neither_removes_it_nor_sees_codes(owner: User, owner_client: Client, path: str) -> None:
    enrol(owner)
    before = list(Authenticator.objects.values())
    for answer in [owner_client.get(f"/accounts/2fa/{path}"), owner_client.post(f"/accounts/2fa/{path}")]:
        assert answer.status_code == 405 or answer["Location"].startswith("/accounts/reauthenticate/")
    assert list(Authenticator.objects.values()) == before


def test_removing_it_is_told(owner: User, owner_client: Client, mailoutbox: Any) -> None:
    enrol(owner)
    prove(owner_client)
    owner_client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()
    assert mailoutbox[0].to == ["owner@example.com"]


def test_what_codes_are_made_of_is_not_stored_in_clear(owner: User) -> None:
    secret = enrol(owner)
    assert secret not in str(list(Authenticator.objects.values()))
    assert "seed" in str(list(Authenticator.objects.values()))


def test_a_secret_that_was_replaced_still_opens_it_and_a_foreign_one_does_not(
    owner: User, client: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    secret = enrol(owner)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another one " * 5
    stored = Authenticator.objects.get(type="totp").data["secret"]
    log_in(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).status_code == 200
    assert not inside(client)
    assert "Name it in SECRET_KEY_FALLBACKS" in caplog.text
    settings.SECRET_KEY_FALLBACKS = [old]
    assert get_adapter().decrypt(stored) == secret


@pytest.mark.parametrize(
    "path",
    ["", "totp/activate/", "totp/deactivate/", "recovery-codes/", "recovery-codes/generate/", "webauthn/",
     "webauthn/add/", "../sessions/", "../email/", "../password/change/"],
)  # fmt: skip
def test_its_pages_wear_the_sites_look(owner: User, owner_client: Client, path: str) -> None:
    if path != "totp/activate/":
        enrol(owner)
    prove(owner_client)
    answer = owner_client.get(f"/accounts/2fa/{path}".replace("2fa/../", ""))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "css/site" in page
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert not re.search(r"\sstyle=|\son\w+=", page)
    for tag in re.findall(r"<script[^>]*>", page):
        assert "src=" in tag or "nonce=" in tag or 'type="application/json"' in tag


def test_the_account_page_leads_to_all_of_it(owner_client: Client) -> None:
    page = owner_client.get("/accounts/").content.decode()
    for path in ["email", "2fa", "sessions", "password/change"]:
        assert f'href="/accounts/{path}/"' in page


def test_sessions_are_listed_and_ended_elsewhere(owner: User) -> None:
    here, there = Client(headers={"user-agent": "Here"}), Client(headers={"user-agent": "There"})
    for client in [here, there]:
        log_in(client)
    page = here.get("/accounts/sessions/").content.decode()
    assert "Here" in page
    assert "There" in page
    here.post("/accounts/sessions/")
    assert inside(here)
    assert not inside(there)
    assert "nowhere else" in here.get("/accounts/sessions/").content.decode()


def test_nobody_ends_the_sessions_of_another(owner: User, stranger_client: Client) -> None:
    client = Client()
    log_in(client)
    stranger_client.post("/accounts/sessions/")
    assert inside(client)


def test_the_list_follows_a_change_of_password(owner: User, client: Client) -> None:
    from tests.accounts.test_passwords import change

    log_in(client)
    log_in(Client())
    change(client)
    assert "nowhere else" in client.get("/accounts/sessions/").content.decode()


def test_without_redis_a_code_still_opens(owner: User, client: Client, settings: Any) -> None:
    from digitsite.settings import CACHES

    settings.CACHES = CACHES
    cache.clear()
    secret = enrol(owner)
    log_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert inside(client)
