"""The pages of training and the switches of the account, in a browser. Nothing trains: rows play the trainer."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import PHONE
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.redis]

PASSWORD = "correct horse battery"
MAKE = """
from django.contrib.auth.models import Group
from accounts.models import User
user = User.objects.create_user({name!r}, password={password!r})
user.groups.add(Group.objects.get(name="trainers"))
"""
# It is marked as taken, so that the site's own trainer lets it alone.
BEGIN = """
from tests.recognizer.course import run_of, State
step = dict(stage="fine-tuning", epoch=1, epochs=8, loss=0.9, seconds_left=70)
print("run", run_of(State.RUNNING, stage="training", progress=step, losses=[["fine-tuning", 1, 0.9]]).pk)
"""
GO_ON = """
from recognizer.models import TrainingRun
TrainingRun.objects.filter(pk={pk}).update(stage="storing",
    progress=dict(stage="fine-tuning", epoch=7, epochs=8, loss=0.2, seconds_left=10))
"""
END = """
from recognizer.services import training_runs
training_runs.end_run(run_id={pk}, state="rejected", reason="Not better: it misreads nines.")
"""
JUDGED = """
from recognizer.models import ModelVersion
from tests.recognizer.course import Role, State, compared, judged_run, sample_of
run = judged_run(State.CANDIDATE, ModelVersion.objects.get(active=True))
for _ in range(3):
    sample_of(run, None, Role.TRAIN, **compared("1", "7"))
print("run", run.pk)
"""
FORGET = """
from recognizer.models import TrainingRun, ModelVersion
versions = list(TrainingRun.objects.filter(pk={pk}).values_list("version", flat=True))
TrainingRun.objects.filter(pk={pk}).delete()
ModelVersion.objects.filter(pk__in=versions, active=False).delete()
"""


@dataclass
class Rows:
    """Rows of the site's database, made and changed beside the site."""

    site: Site

    def do(self, code: str, **values: Any) -> None:
        self.site.manage("shell", "-c", code.format(**values) if values else code)

    def make(self, code: str) -> int:
        """Run code that makes a run and prints its number."""
        found = re.search(r"^run (\d+)$", self.site.manage("shell", "-c", code), re.M)
        assert found
        return int(found[1])


@pytest.fixture(scope="module")
def rows(site: Site) -> Rows:
    return Rows(site)


@pytest.fixture(scope="module")
def name(rows: Rows) -> str:
    """Somebody who may train."""
    made = f"trainer-{secrets.token_hex(4)}"
    rows.do(MAKE, name=made, password=PASSWORD)
    return made


@pytest.fixture
def judged(rows: Rows) -> Iterator[int]:
    """A run that is over; its version waits for promotion."""
    pk = rows.make(JUDGED)
    yield pk
    rows.do(FORGET, pk=pk)


@pytest.fixture
def enter(open_page: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Opens a page as the trainer."""

    def enter(path: str, **options: Any) -> Any:
        page = open_page(f"/accounts/login/?next={path}", **options)
        page.get_by_label("Username or email").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"**{path}")
        return page

    return enter


def test_the_button_starts_a_run_and_the_page_sees_it_end(enter: Callable[..., Any]) -> None:
    from playwright.sync_api import expect

    page = enter("/training/")
    expect(page.get_by_role("heading", name=re.compile(r"Version \d+ reads"))).to_be_visible()
    page.get_by_label("Also if little is new").check()
    page.get_by_role("button", name="Train now").click()
    page.wait_for_url(re.compile(r"/training/runs/\d+/"))
    # The site's trainer takes it, finds nothing that was reviewed, and says so.
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("skipped"), timeout=60_000)
    expect(page.get_by_text(re.compile("of what was reviewed can train"))).to_be_visible()


def test_progress_is_followed_and_said_until_it_is_over(enter: Callable[..., Any], rows: Rows) -> None:
    from playwright.sync_api import expect

    pk = rows.make(BEGIN)
    page = enter(f"/training/runs/{pk}/")
    expect(page.get_by_text("epoch 1 of 8")).to_be_visible()
    rows.do(GO_ON, pk=pk)
    expect(page.get_by_text("epoch 7 of 8")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "7")
    expect(page.locator("[data-announce]")).to_have_text("Storing")
    rows.do(END, pk=pk)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Run {pk}: rejected")
    expect(page.get_by_text("Not better: it misreads nines.")).to_be_visible()


def test_without_scripts_the_page_looks_again_by_itself(enter: Callable[..., Any], rows: Rows) -> None:
    from playwright.sync_api import expect

    pk = rows.make(BEGIN)
    page = enter(f"/training/runs/{pk}/", java_script_enabled=False)
    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    assert page.locator('meta[http-equiv="refresh"]').count() == 1
    rows.do(END, pk=pk)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Run {pk}: rejected")


def test_a_version_is_dismissed_with_the_keyboard_alone(enter: Callable[..., Any], judged: int) -> None:
    from playwright.sync_api import expect

    page = enter(f"/training/runs/{judged}/")
    expect(page.get_by_text("All 4 gates let it pass")).to_be_visible()
    expect(page.get_by_text("Fixes 3, breaks 0 of 3 reviewed drawings")).to_be_visible()
    page.get_by_text("Dismiss it").press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("no better at nines")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"Version \d+ is dismissed"))).to_be_visible()
    expect(page.get_by_text("no better at nines")).to_be_visible()


@pytest.mark.parametrize("options", [PHONE, {"viewport": {"width": 320, "height": 700}}, {}])
def test_no_page_of_training_is_wider_than_its_window(
    enter: Callable[..., Any], judged: int, options: dict[str, Any]
) -> None:
    page = enter("/training/", **options)
    parts = ["", "drawings/", "frozen/", "set-aside/", "live/"]
    for path in ["/training/", "/training/versions/", *(f"/training/runs/{judged}/{part}" for part in parts)]:
        page.goto(path)
        width = page.evaluate("window.innerWidth")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_switches_of_the_account(enter: Callable[..., Any]) -> None:
    from playwright.sync_api import expect

    page = enter("/accounts/")
    training = page.get_by_role("switch", name="My drawings may train the reader")
    adapting = page.get_by_role("switch", name="Learn my handwriting at once")
    expect(training).to_have_attribute("aria-checked", "false")
    training.click()
    expect(training).to_have_attribute("aria-checked", "true")
    expect(page.get_by_text("Thank you. What you correct helps at once")).to_be_visible()
    expect(adapting).to_have_attribute("aria-checked", "true")
    training.press("Space")
    expect(training).to_have_attribute("aria-checked", "false")
    expect(page.get_by_text("from now on, except those that you correct")).to_be_visible()


def test_consent_can_be_given_at_sign_up(open_page: Callable[..., Any]) -> None:
    from playwright.sync_api import expect

    page = open_page("/accounts/signup/")
    page.get_by_label("Username").fill(f"eve-{secrets.token_hex(4)}")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    box = page.get_by_label("My drawings may train the reader")
    expect(box).not_to_be_checked()
    box.check()
    page.get_by_role("button", name="Sign up").click()
    page.goto("/accounts/")
    expect(page.get_by_role("switch", name="My drawings may train")).to_have_attribute("aria-checked", "true")
