"""Every address of the site, and how to fill its arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


def routes(patterns: list, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, f"{entry.namespace}:" if entry.namespace else namespace)
        elif isinstance(entry, URLPattern) and entry.name:
            yield namespace + entry.name, entry


def is_of_allauth(route: URLPattern) -> bool:
    return route.callback.__module__.startswith("allauth.")


EVERYWHERE = dict(routes(get_resolver().url_patterns))
OF_ADMIN = {name: route for name, route in EVERYWHERE.items() if name.startswith("admin:")}
# Their addresses come and go with releases: none is named here, each has to keep a rule.
OF_ALLAUTH = {name: route for name, route in EVERYWHERE.items() if is_of_allauth(route)}
OURS = {name: route for name, route in EVERYWHERE.items() if name not in OF_ADMIN | OF_ALLAUTH}


def arguments(route: URLPattern) -> list[str]:
    """The names of its arguments."""
    return list(getattr(route.pattern, "converters", None) or route.pattern.regex.groupindex)


def filled(route: URLPattern, values: dict[str, Any], otherwise: Any = "1") -> dict[str, Any]:
    """Its arguments, from `values` by their names."""
    return {name: values.get(name, otherwise) for name in arguments(route)}
