"""Second factors, sessions and a new address in a real browser, by the mails that the site really sends."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth

from tests.e2e.conftest import DESK, follow
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.redis]

PASSWORD, NEW = "correct horse battery", "a new battery staple"
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def code_of(secret: str) -> str:
    return auth.format_hotp_value(auth.hotp_value(secret, next(auth.yield_hotp_counters_from_time())))


def mailed(site: Site, pattern: str) -> str:
    """What the last mail with it says there; mail goes to the console where no server is set."""
    end = time.monotonic() + 10
    while not (found := re.findall(pattern, site.log.read_text())):
        assert time.monotonic() < end, f"no mail says {pattern}"
        time.sleep(0.1)
    return str(found[-1])


def join(page: Any, email: str = "") -> str:
    name = f"ann-{secrets.token_hex(4)}"
    page.goto("/accounts/signup/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    follow(page.get_by_role("button", name="Sign up"))
    page.locator("[data-signed-in]").wait_for()
    return name


def log_in(page: Any, name: str, password: str = PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Username or email").fill(name)
    page.get_by_label("Password").fill(password)
    follow(page.get_by_role("button", name="Log in", exact=True))


def log_out(page: Any) -> None:
    page.goto("/accounts/")
    page.get_by_role("button", name="Log out").click()
    page.get_by_text("You are logged out").wait_for()


def prove(page: Any) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    follow(page.get_by_role("button", name="Go on"))


def test_an_authenticator_app_and_a_recovery_code(page: Any) -> None:
    name = join(page)
    page.goto("/accounts/2fa/totp/activate/")
    prove(page)
    secret = page.locator(".secret").inner_text()
    assert page.locator(".qr").evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0
    page.get_by_label("code").fill(code_of(secret))
    page.get_by_role("button", name="Use this app").click()
    code = page.locator(".codes code").first.inner_text()
    log_out(page)
    log_in(page, name)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.locator("[data-signed-in]").wait_for()


def test_a_passkey_opens_the_account_alone_and_as_the_second_step(
    open_page: Callable[..., Any], site: Site
) -> None:
    page = open_page(base_url=f"http://localhost:{site.port}")
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    name = join(page)
    page.goto("/accounts/2fa/webauthn/add/")
    prove(page)
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    log_out(page)
    log_in(page, name)
    page.get_by_role("button", name="Use a passkey").click()
    page.locator("[data-signed-in]").wait_for()
    log_out(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    page.locator("[data-signed-in]").wait_for()


def test_why_there_are_no_passkeys_at_an_address_of_numbers(page: Any) -> None:
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("Passkeys need a name in the address").wait_for()


def test_a_new_address_is_confirmed_by_mail(page: Any, site: Site) -> None:
    old, new = [f"{secrets.token_hex(4)}@example.com" for _ in range(2)]
    join(page, old)
    page.goto("/accounts/email/")
    page.get_by_label("Email").fill(new)
    page.get_by_role("button", name="Send a link to it").click()
    prove(page)
    page.get_by_text("waits to be confirmed").wait_for()
    page.goto(mailed(site, rf"(?s)To: {new}.*?(http://\S+/confirm-email/\S+)"))
    page.get_by_role("button", name="Confirm").click()
    mailed(site, f"(changed from {old} to {new})")
    page.goto("/accounts/")
    page.get_by_text(new).wait_for()


def test_another_session_is_seen_and_ended_and_tokens_go_with_the_password(
    page: Any, open_page: Callable[..., Any]
) -> None:
    name = join(page)
    other = open_page(**DESK)
    log_in(other, name)
    other.locator("[data-signed-in]").wait_for()
    page.goto("/accounts/sessions/")
    page.get_by_role("button", name="Log out everywhere else").click()
    page.get_by_text("nowhere else").wait_for()
    other.goto("/history/")
    assert "/accounts/login/" in other.url
    page.goto("/accounts/")
    page.get_by_role("button", name="Make a token").click()
    prove(page)
    page.locator("[data-token]").wait_for()
    for old, new, kept in [(PASSWORD, NEW, True), (NEW, PASSWORD, False)]:
        page.goto("/accounts/password/change/")
        page.get_by_label("Current Password").fill(old)
        page.get_by_label("New Password", exact=True).fill(new)
        page.get_by_label("New Password (again)").fill(new)
        page.get_by_label("Keep my API tokens").set_checked(kept)
        page.get_by_role("button", name="Change password").click()
        page.get_by_text("Your password is changed").wait_for()
        assert page.locator(".tokens li").count() == int(kept)
