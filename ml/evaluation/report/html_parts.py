"""Parts of the report's HTML: the document around it, sections, tables.

All text is escaped here or in `ml.evaluation.report.plots`; parameters called `html` or `parts` are inserted as
they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

_STYLE = Path(__file__).parent / "page.css"


@dataclass(frozen=True)
class Cell:
    """A table cell with a CSS class, or with a share from 0 to 1 (`heat`) as the depth of its colour."""

    text: str
    class_: str = ""
    heat: float | None = None


Row = Sequence[str | Cell]  # its first cell is the heading of the row


@dataclass(frozen=True)
class Section:
    """A part of the page; `key` is the target of links to it."""

    key: str
    title: str
    html: str


def paragraph(text: str, class_: str = "") -> str:
    """A paragraph of text."""
    return f"<p{_class(class_)}>{escape(text)}</p>"


def table(caption: str, head: Sequence[str], rows: Sequence[Row], class_: str = "") -> str:
    """A table whose first column holds the headings of the rows; on a narrow screen it scrolls by itself."""
    top = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = ""
    for row in rows:
        heading, *others = [cell if isinstance(cell, Cell) else Cell(cell) for cell in row]
        body += f'<tr><th scope="row"{_class(heading.class_)}>{escape(heading.text)}</th>'
        body += f"{''.join(map(_data, others))}</tr>"
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table{_class(class_)}>'
        f"<caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _data(cell: Cell) -> str:
    heat = f' style="background: rgb(var(--heat) / {cell.heat:.2f})"' if cell.heat else ""
    return f"<td{_class(cell.class_)}{heat}>{escape(cell.text)}</td>"


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def grid(cards: Sequence[tuple[str, str]]) -> str:
    """Cards, each a title and its HTML, side by side as far as the screen is wide enough."""
    sections = "".join(f"<section><h3>{escape(title)}</h3>{html}</section>" for title, html in cards)
    return f'<div class="grid">{sections}</div>'


def pair(*parts: str) -> str:
    """HTML side by side where the screen is wide."""
    return f'<div class="pair">{"".join(parts)}</div>'


def terms(sentences: Mapping[str, str]) -> str:
    """A list of terms with a sentence on each, "" without any."""
    items = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in sentences.items())
    return f"<dl>{items}</dl>" if items else ""


def details(summary: str, html: str) -> str:
    """HTML that opens with a click on its summary."""
    return f"<details><summary>{escape(summary)}</summary>{html}</details>"


def document(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The whole page, which loads nothing from elsewhere. `lead` is HTML."""
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
