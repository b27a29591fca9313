"""What the documents name exists: files, links, headings, modules, make targets, management commands, settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [
    path.relative_to(ROOT).as_posix()
    for path in [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md")), ROOT / "ml" / "base" / "README.md"]
    if path.name != "CHANGELOG.md"  # it tells of what has been
]
FOLDERS = (
    "accounts",
    "bench",
    "clients",
    "deploy",
    "digitsite",
    "docs",
    "ml",
    "recognizer",
    "static",
    "templates",
)
PACKAGES = ("accounts", "bench", "clients", "deploy", "digitsite", "ml", "recognizer", "tests")
SUFFIXES = "py|md|toml|txt|lock|conf|json|js|mjs|css|html|png|svg|yml|yaml"
PLACEHOLDERS = {"DIR", "FILE", "FOLDER", "IMAGE", "NUMBER", "PATH", "TOKEN", "USERNAME", "VERSION"}

SPAN = re.compile(r"(?<!`)`((?:[^`\n]|\n(?!\s*\n))+)`(?!`)")  # may run over a line
BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(rf"[\w.-]+(?:/[\w.-]+)*(?:\.(?:{SUFFIXES})|/)|\.ci/run|Makefile")
PATH_IN_BLOCK = re.compile(rf"(?<![\w./])(?:{'|'.join((*FOLDERS, 'tests'))})(?:/[\w.-]+)*\.(?:{SUFFIXES})\b")
DOTTED = re.compile(r"[a-z_]\w*(?:\.\w+)+")
MODULE = re.compile(r"python3? -m ([\w.]+)")
MAKE = re.compile(r"^(?:\w+=\S+ )*make((?: [a-z][\w-]*)+)")
COMMAND = re.compile(r"manage\.py ([a-z]\w+)")
VARIABLE = re.compile(r"[A-Z][A-Z_]{2,}")


def spans(text: str) -> Iterator[str]:
    """What stands in backticks, outside of code blocks."""
    yield from (" ".join(span.split()) for span in SPAN.findall(BLOCK.sub("", text)))


def code(text: str) -> Iterator[str]:
    """What stands in backticks, and each line of the code blocks without its comment."""
    yield from spans(text)
    for block in BLOCK.findall(text):
        yield from (line.partition(" #")[0].strip() for line in block.splitlines())


@cache
def files() -> frozenset[str]:
    """All files of the project, "/" before their paths; files that are made are not among them."""
    folders = [ROOT / name for name in (*FOLDERS, "tests", ".ci", ".github")]
    inner = (path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return frozenset(
        f"/{path.relative_to(ROOT).as_posix()}" for path in [*ROOT.iterdir(), *inner] if path.is_file()
    )


@cache
def folders() -> frozenset[str]:
    return frozenset(f"{parent.as_posix()}/" for file in files() for parent in Path(file).parents)


def is_there(path: str) -> bool:
    """Whether a file or folder has this path, or one that ends with it."""
    return any(known.endswith(f"/{path}") for known in (folders() if path.endswith("/") else files()))


@cache
def names_of(module: str) -> frozenset[str]:
    """What a module (a path from the root) defines or imports, and the attributes of its classes."""
    tree = ast.parse((ROOT / module.lstrip("/")).read_text())
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
    return frozenset(names)


def is_module(name: str) -> bool:
    path = name.replace(".", "/")
    return f"/{path}.py" in files() or f"/{path}/__init__.py" in files()


def resolves(dotted: str) -> bool:
    """Whether `package.module.name` is a module, or a name in one; `module.name` of any module of that name."""
    if is_module(dotted):
        return True
    module, _, name = dotted.rpartition(".")
    if not module:
        return False
    homes = [file for file in files() if file.endswith(f"/{module.replace('.', '/')}.py")]
    homes += [file for file in files() if file.endswith(f"/{module.replace('.', '/')}/__init__.py")]
    if homes:
        return any(name in names_of(home) for home in homes)
    return resolves(module)  # an attribute of a class


def is_ours(dotted: str) -> bool:
    first = dotted.partition(".")[0]
    return first in PACKAGES or any(file.endswith(f"/{first}.py") for file in files() if "/tests/" not in file)


def slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def headings(path: Path) -> set[str]:
    return {slug(line.lstrip("#")) for line in path.read_text().splitlines() if line.startswith("#")}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@cache
def settings_text() -> str:
    sources = [*ROOT.glob("digitsite/*.py"), *ROOT.glob("deploy/*"), *ROOT.glob("ml/**/*.py"), ROOT / "Makefile"]
    return "\n".join(path.read_text() for path in [*sources, *ROOT.glob("tests/*.py")] if path.is_file())


pytestmark = pytest.mark.parametrize("document", DOCUMENTS)


@pytest.fixture
def text(document: str) -> str:
    return (ROOT / document).read_text()


def test_links_lead_somewhere(document: str, text: str) -> None:
    here = (ROOT / document).parent
    broken = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue  # another site
        path, _, anchor = link.partition("#")
        target = (here / path) if path else ROOT / document
        if not target.exists() or (anchor and anchor not in headings(target)):
            broken.append(link)
    assert not broken


def test_paths_are_there(text: str) -> None:
    made = {"var/", ".venv/", "node_modules/"}
    named = {span for span in spans(text) if PATH.fullmatch(span) and not span.startswith(("/", "..."))} - made
    named |= {path for block in BLOCK.findall(text) for path in PATH_IN_BLOCK.findall(block)}
    assert not {path for path in named if not is_there(path)}


def test_modules_and_what_is_in_them_are_there(text: str) -> None:
    dotted = {s for s in spans(text) if DOTTED.fullmatch(s) and not PATH.fullmatch(s) and is_ours(s)}
    assert not {name for name in dotted if not resolves(name)}


def test_modules_that_are_run_are_there(text: str) -> None:
    run = {name for line in code(text) for name in MODULE.findall(line) if name.partition(".")[0] in PACKAGES}
    assert not {name for name in run if not is_module(name)}


def test_make_has_the_targets(text: str) -> None:
    named = {name for line in code(text) for words in MAKE.findall(line) for name in words.split()}
    assert not named - targets()


def test_manage_has_the_commands(text: str) -> None:
    named = {name for line in code(text) for name in COMMAND.findall(line)}
    assert not named - get_commands().keys()


def test_variables_are_read_somewhere(text: str) -> None:
    named = {span for span in spans(text) if VARIABLE.fullmatch(span)} - PLACEHOLDERS
    assert not {name for name in named if not re.search(rf"\b{name}\b", settings_text())}
