"""Every address of the site, and how to fill its arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Route:
    """What answers, and the names of the arguments."""

    callback: Callable[..., Any]
    arguments: tuple[str, ...]

    def filled(self, values: dict[str, Any]) -> dict[str, Any]:
        """The arguments from `values` by their names; "1" where there is none."""
        return {name: values.get(name, "1") for name in self.arguments}


def routes(patterns: list, namespace: str = "", outer: tuple[str, ...] = ()) -> Iterator[tuple[str, Route]]:
    for entry in patterns:
        arguments = (*outer, *(getattr(entry.pattern, "converters", None) or entry.pattern.regex.groupindex))
        if isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else namespace
            yield from routes(entry.url_patterns, inner, arguments)
        elif isinstance(entry, URLPattern) and entry.name:
            yield namespace + entry.name, Route(entry.callback, arguments)


def is_of_allauth(route: Route) -> bool:
    return route.callback.__module__.startswith("allauth.")


EVERYWHERE = dict(routes(get_resolver().url_patterns))
OF_ADMIN = {name: route for name, route in EVERYWHERE.items() if name.startswith("admin:")}
# Their addresses come and go with releases: none is named here, each has to keep a rule.
OF_ALLAUTH = {name: route for name, route in EVERYWHERE.items() if is_of_allauth(route)}
OURS = {name: route for name, route in EVERYWHERE.items() if name not in OF_ADMIN | OF_ALLAUTH}
