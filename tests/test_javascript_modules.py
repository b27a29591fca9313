"""The JavaScript modules and the import map of templates/base.html agree, and modules import only downwards.

A browser tells of a missing entry only on the page that needs it, and there is no build step that would.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = {
    path.relative_to(ROOT / "static/js").with_suffix("").as_posix(): path
    for path in sorted((ROOT / "static/js").rglob("*.js"))
}
ENTRY = re.compile(r"""^ +"([^"]+)": "\{% static '([^']+)' %\}",?$""", re.M)
IMPORT_MAP = ENTRY.findall((ROOT / "templates/base.html").read_text())
# `import ... from "name"` and `export ... from "name"`, also over several lines; `import "name"`.
STATIC_IMPORT = re.compile(r"""^(?:(?:import|export)\b[^;"'()=]*\bfrom|import)\s*"([^"]+)";$""", re.M)
DYNAMIC_IMPORT = re.compile(r'\bimport\(\s*"([^"]+)"')
# The folders from which the modules of a folder may import; "" stands for static/js itself.
MAY_IMPORT = {
    "pages": {"drawing", "reading", "review", ""},
    "review": {"review", "reading", ""},
    "reading": {"reading", ""},
    "drawing": {"drawing", ""},
    "": {""},
}


def imports(module: str) -> set[str]:
    text = MODULES[module].read_text()
    return {*STATIC_IMPORT.findall(text), *DYNAMIC_IMPORT.findall(text)}


def folder(module: str) -> str:
    return module.rpartition("/")[0]


def test_each_entry_of_the_import_map_is_named_as_its_file() -> None:
    assert IMPORT_MAP
    for name, path in IMPORT_MAP:
        assert path == f"js/{name}.js"
        assert name in MODULES


def test_the_import_map_is_sorted_and_names_each_module_once() -> None:
    names = [name for name, _ in IMPORT_MAP]
    assert names == sorted(set(names))


def test_the_import_map_has_all_modules_that_are_imported_and_no_other() -> None:
    imported = set().union(*map(imports, MODULES))
    assert {name for name, _ in IMPORT_MAP} == imported


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_downwards(module: str) -> None:
    allowed = MAY_IMPORT[folder(module)]
    assert {name for name in imports(module) if folder(name) not in allowed} == set()


@pytest.mark.parametrize("module", [name for name in MODULES if folder(name) == "pages"])
def test_a_page_module_is_loaded_by_a_template(module: str) -> None:
    tag = f"""<script type="module" src="{{% static 'js/{module}.js' %}}"></script>"""
    assert any(tag in template.read_text() for template in (ROOT / "templates").rglob("*.html"))
