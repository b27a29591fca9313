"""The lists of the admin: pictures, search, a bounded number of queries, nothing that the content policy stops."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts import services
from accounts.models import User
from recognizer.models import DataExport, Drawing, ModelVersion, ShadowReading
from recognizer.services import review_queue
from tests.conftest import drawings_read
from tests.recognizer.course import Role, State, decide, run_of, sample_of

URL = "/admin/recognizer/"
OF_DRAWINGS = ["correction", "prediction", "review", "reviewitem", "shadowreading"]
KINDS = ["drawing", *OF_DRAWINGS, "trainingsample", "dataexport"]


def fill(owner: User, reviewer: User, version: ModelVersion, count: int) -> None:
    """So many rows of each kind."""
    services.allow_training(user=owner, allowed=True)
    drawings_read(owner, version, count, correction="3")
    run = run_of(State.REJECTED)
    for number, drawing in enumerate(Drawing.objects.all()):
        decide(drawing, reviewer, "12")
        sample_of(run, drawing, Role.TRAIN)
        ShadowReading.objects.create(
            drawing=drawing, model_version=version, state="recognised", text="12", confidence=0.5, agrees=True
        )
        DataExport.objects.create(user=User.objects.create(username=f"user-{number}"), total=1)
    review_queue.put_many(drawings=list(Drawing.objects.with_predictions().with_verdicts()))


@pytest.mark.parametrize("kind", KINDS)
def test_it_costs_the_same_however_long_it_is(
    reviewer_client: Client, reviewer: User, owner: User, version, kind: str, django_assert_max_num_queries
) -> None:
    counts = []
    for more in (1, 12):
        fill(owner, reviewer, version, more) if more == 1 else drawings_read(owner, version, 12, correction="3")
        with django_assert_max_num_queries(9) as queries:
            page = reviewer_client.get(f"{URL}{kind}/")
        assert page.status_code == 200
        counts.append(len(queries))
        for query in queries:
            assert not re.search(
                r'"(image|artifact|verdict|glyphs)" (?!IS)[^=]*FROM', query["sql"].split("WHERE")[0]
            )
    assert counts[0] == counts[1]


@pytest.mark.parametrize("kind", KINDS)
def test_no_filter_counts_its_choices_and_no_list_counts_all(
    reviewer_client: Client, reviewer: User, owner: User, version, kind: str, django_assert_max_num_queries
) -> None:
    fill(owner, reviewer, version, 2)
    with django_assert_max_num_queries(9) as queries:
        reviewer_client.get(f"{URL}{kind}/?_facets=True")
    for query in queries:
        assert "COUNT(*)" not in query["sql"] or "LIMIT" in query["sql"]


@pytest.mark.parametrize("kind", ["drawing", *OF_DRAWINGS])
def test_pictures_are_there_and_what_is_searched_is_found(
    reviewer_client: Client, reviewer: User, owner: User, version, kind: str
) -> None:
    fill(owner, reviewer, version, 2)
    for query, count in [("", 2), ("q=12", 2), ("q=3", 2), ("q=owner", 2), ("q=4", 0), ("q=2020-01-01", 0)]:
        answer = reviewer_client.get(f"{URL}{kind}/?{query}")
        assert len(answer.context["cl"].result_list) == count, query
        assert answer.content.decode().count('<svg class="ink"') == count
    drawing = Drawing.objects.first()
    found = reviewer_client.get(f"{URL}{kind}/?q={drawing.pk}").context["cl"].result_list
    assert len(found) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_pages_hold_nothing_that_the_policy_would_stop(
    reviewer_client: Client, reviewer: User, owner: User, version, kind: str
) -> None:
    fill(owner, reviewer, version, 1)
    first = reviewer_client.get(f"{URL}{kind}/").context["cl"].result_list[0]
    for page in [f"{URL}{kind}/", f"{URL}{kind}/{first.pk}/change/"]:
        answer = reviewer_client.get(page)
        assert answer.status_code == 200
        content = answer.content.decode()
        assert not re.search(r"\sstyle=|\son\w+=", content)
        assert 'href="/static/css/admin.css"' in content
        for tag in re.findall(r"<script[^>]*>", content):
            assert "src=" in tag or 'type="application/json"' in tag


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_added_changed_or_deleted(
    reviewer_client: Client, reviewer: User, owner: User, version, kind: str
) -> None:
    fill(owner, reviewer, version, 1)
    first = reviewer_client.get(f"{URL}{kind}/").context["cl"].result_list[0]
    assert reviewer_client.get(f"{URL}{kind}/add/").status_code == 403
    assert reviewer_client.post(f"{URL}{kind}/{first.pk}/change/", {"state": "x"}).status_code == 403
    allowed = 200 if kind == "drawing" else 403
    assert reviewer_client.get(f"{URL}{kind}/{first.pk}/delete/").status_code == allowed


@pytest.mark.parametrize(
    ("kind", "query", "count"),
    [
        ("correction", "in_force=yes", 2),
        ("correction", "in_force=no", 0),
        ("review", "verdict=number", 2),
        ("review", "in_force=nonsense", 2),
        ("prediction", "version=1", None),
        ("prediction", "version=x", 2),
        ("prediction", "state=unsure", 0),
        ("shadowreading", "agrees__exact=1", 2),
        ("reviewitem", "state=decided&reason=corrected", 2),
        ("reviewitem", "o=3", 2),
        ("trainingsample", "role=train", 2),
        ("trainingsample", "role=held_out", 0),
        ("dataexport", "q=user-1", 1),
    ],
)
def test_filters(
    reviewer_client: Client, reviewer: User, owner: User, version, kind: str, query: str, count: int | None
) -> None:
    fill(owner, reviewer, version, 2)
    answer = reviewer_client.get(f"{URL}{kind}/?{query}")
    assert answer.status_code == 200
    if count is not None:
        assert len(answer.context["cl"].result_list) == count
