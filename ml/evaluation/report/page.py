"""Pieces of the page: its shell, tables, sections. Everything that goes in is escaped here or in `plots`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

_STYLE = Path(__file__).parent / "page.css"


@dataclass(frozen=True)
class Cell:
    """A cell of a table with a class of its own, or a share from 0 to 1 as the depth of its colour."""

    text: str
    class_: str = ""
    heat: float | None = None


@dataclass(frozen=True)
class Section:
    """`html` is ready to be put in; `key` is where links lead."""

    key: str
    title: str
    html: str


def paragraph(text: str, class_: str = "") -> str:
    return f"<p{_class(class_)}>{escape(text)}</p>"


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str | Cell]], class_: str = "") -> str:
    """A table whose first column names the rows; it scrolls by itself where the screen is narrow."""
    top = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join(f"<tr>{_cell(row[0], first=True)}{''.join(map(_cell, row[1:]))}</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table{_class(class_)}>'
        f"<caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(cell: str | Cell, first: bool = False) -> str:
    cell = Cell(cell) if isinstance(cell, str) else cell
    heat = f' style="background: rgb(var(--heat) / {cell.heat:.2f})"' if cell.heat else ""
    if first:
        return f'<th scope="row"{_class(cell.class_)}>{escape(cell.text)}</th>'
    return f"<td{_class(cell.class_)}{heat}>{escape(cell.text)}</td>"


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def grid(cards: Sequence[tuple[str, str]]) -> str:
    """Titled pieces of HTML side by side, as many as fit."""
    return (
        '<div class="grid">' + "".join(f"<section><h3>{escape(t)}</h3>{h}</section>" for t, h in cards) + "</div>"
    )


def pair(*parts: str) -> str:
    """Pieces of HTML side by side where the screen is wide."""
    return f'<div class="pair">{"".join(parts)}</div>'


def details(summary: str, html: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{html}</details>"


def document(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The whole page. Nothing in it comes from elsewhere."""
    links = "".join(f'<li><a href="#{s.key}">{escape(s.title)}</a></li>' for s in sections)
    body = "".join(
        f'<section aria-labelledby="{s.key}"><h2 id="{s.key}">{escape(s.title)}</h2>{s.html}</section>'
        for s in sections
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE.read_text()}</style></head><body><header><h1>{escape(title)}</h1>{lead}"
        f'<nav aria-label="Parts of the report"><ul>{links}</ul></nav></header><main>{body}</main></body></html>\n'
    )
