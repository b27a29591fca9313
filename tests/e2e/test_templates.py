"""What no browser tells in time: a module that the import map forgot, a style that the content policy drops."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MODULES = sorted((ROOT / "static/js").rglob("*.js"))
BASE = (ROOT / "templates/base.html").read_text()


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_all_that_a_module_imports_is_in_the_import_map(module: Path) -> None:
    imported = re.findall(r'from "([^"]+)"', module.read_text())
    mapped = dict(re.findall(r""""([^"]+)": "\{% static '([^']+)' %\}\"""", BASE))
    assert set(imported) <= set(mapped)
    assert all((ROOT / "static" / mapped[name]).is_file() for name in imported)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_style_and_no_script_stands_in_a_template(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", text)
    for tag in re.findall(r"<script[^>]*>", text):
        assert "nonce=" in tag or "src=" in tag
