"""What the pages of all models share: nothing is edited, lists stay quick, no link leads astray."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

LISTED = 2000  # rows that a list leads to: counting all of a million takes longer than the page


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of the first LISTED rows; it looks whether there are more, and counts no further."""

    bound = LISTED

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list[: LISTED + 1]
        return len(rows) if isinstance(rows, list) else rows.values("pk").count()

    @cached_property
    def count(self) -> int:
        return min(self._found, LISTED)

    @property
    def has_more(self) -> bool:
        return self._found > LISTED


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that are shown and not edited. A subclass says who may look with `may_look` and what with `rows`."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each choice of each filter would be counted
    list_per_page = 50
    view_on_site: Any = False

    class Media:
        css = {"all": ["css/admin.css"]}

    def rows(self) -> QuerySet[Any]:
        """What there is to see, without long columns."""
        found: QuerySet[Any] = self.model._default_manager.all()
        return found

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.rows()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row of a page, with the request as `viewed_in`: `link` asks it what its user may see."""
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None:
            found.viewed_in = request
        return found

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


def link(row: Any, target: Model | None) -> str | SafeString:
    """The name of `target`, as a link to its page in the admin if whoever looks at `row` may open that."""
    if target is None:
        return "-"
    request, model_admin = row.viewed_in, admin.site._registry.get(type(target))
    if model_admin is None or not model_admin.has_view_permission(request, target):
        return str(target)
    if not model_admin.get_queryset(request).filter(pk=target.pk).exists():
        return str(target)
    meta = target._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[quote(target.pk)])
    return format_html('<a href="{}">{}</a>', address, str(target))


def linked(field: str, title: str = "") -> Any:
    """A column of a page: the link to what the foreign key `field` leads to."""

    @admin.display(description=title or field.replace("_", " "))
    def column(row: Any) -> str | SafeString:
        return link(row, getattr(row, field))

    return column


def table(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> str | SafeString:
    """A table in place of a value; "-" without rows."""
    body = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows)
    )
    if not body:
        return "-"
    head = format_html_join("", '<th scope="col">{}</th>', ((name,) for name in heads))
    return format_html('<table class="facts"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', head, body)


def percent(confidence: float | None) -> str:
    """As everywhere: rounded, and never 100."""
    return "-" if confidence is None else f"{min(99, round(100 * confidence))} %"
