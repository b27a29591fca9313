"""Unknown fields and query parameters are refused instead of ignored.

A client that sends an option which does not exist (`store: false`) would otherwise believe that it works.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

# Limits of the names that an error repeats: a name may be as long as the body, and escaping makes it four times
# longer.
MAX_CHARACTERS = 40  # of a name
MAX_NAMES = 10


def refuse_unknown(said: Iterable[str], known: Collection[str], what: str) -> None:
    """Raise ValidationError if one of the names `said` is not among `known`; `what` is "field" or "parameter"."""
    unknown = sorted(set(said) - set(known))
    if unknown:
        hint = f"Known: {', '.join(sorted(known))}." if known else "There are none here."
        shown = [str(name)[:MAX_CHARACTERS] for name in unknown[:MAX_NAMES]]
        raise serializers.ValidationError({name: f"There is no {what} {name!r}. {hint}" for name in shown})


class RequestSerializer(serializers.Serializer[Any]):
    """A serializer of requests: it refuses fields that it does not have."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            refuse_unknown(data, self.fields, "field")
        return super().to_internal_value(data)


class KnownParameters:
    """A mixin for views: `parameters` lists the query parameters of each action; all others are refused."""

    parameters: Mapping[str, Collection[str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        action = getattr(self, "action", None) or ""
        refuse_unknown(request.query_params, self.parameters.get(action, ()), "parameter")
