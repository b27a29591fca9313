"""What every page tells the browser it may not do, and the API's description of itself."""

import re

import pytest
from django.test import Client

PAGES = ["/", "/history/", "/accounts/", "/accounts/login/", "/admin/", "/nowhere/"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_runs_foreign_or_inline_code(reviewer_client: Client, path: str) -> None:
    policy = reviewer_client.get(path, follow=True)["Content-Security-Policy"]
    assert "unsafe" not in policy
    for rule in ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]:
        assert rule in policy


@pytest.mark.parametrize("path", PAGES)
def test_no_page_carries_inline_styles_or_handlers(reviewer_client: Client, path: str) -> None:
    page = reviewer_client.get(path, follow=True).content.decode()
    assert not re.search(r"\sstyle=", page)
    assert not re.search(r"\son\w+=", page)
    for tag in re.findall(r"<script[^>]*>", page):
        assert "src=" in tag or "nonce=" in tag or 'type="application/json"' in tag


def test_the_documentation_needs_no_other_site(client: Client, db: None) -> None:
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.content.decode())
    script_rule = re.search(r"script-src ([^;]*)", page["Content-Security-Policy"])
    assert script_rule
    assert "unsafe" not in script_rule[1]


def test_the_schema_names_what_clients_rely_on(client: Client, db: None) -> None:
    schema = client.get("/api/schema/", headers={"Accept": "application/json"}).json()
    assert {"/api/v1/predictions/", "/api/v1/predictions/{id}/", "/api/v1/live/"} <= set(schema["paths"])
    fields = schema["components"]["schemas"]["Prediction"]["properties"]
    assert {"id", "url", "state", "text", "confidence", "digits", "model_version", "created_at"} <= set(fields)
    post = schema["paths"]["/api/v1/predictions/"]["post"]
    assert {"201", "202", "400", "401", "413", "429"} <= set(post["responses"])
    assert set(post["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
    assert "problem+json" in schema["info"]["description"]


def test_cookies_and_transport_are_strict_when_the_site_is_for_others(settings) -> None:
    import os
    import subprocess
    import sys

    code = (
        "from django.conf import settings as s; import django; django.setup();"
        "print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT)"
    )
    env = {**os.environ, "HTTPS": "on", "DJANGO_SETTINGS_MODULE": "digitsite.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__Host-sessionid", "True", "True", "True"]
