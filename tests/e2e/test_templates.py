"""What no browser tells in time: a style or a script that the content security policy drops."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_style_and_no_script_stands_in_a_template(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", text)
    for tag in re.findall(r"<script[^>]*>", text):
        assert "nonce=" in tag or "src=" in tag
