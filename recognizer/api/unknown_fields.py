"""What a request may say: a field or a parameter that nobody knows is refused, and not passed over in silence.

Else a client that asks for what there is not (`store: false`) believes that it has it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

# Of what is repeated in an answer: a name may be as long as its body, and becomes four times as long in it.
LONGEST, MOST = 40, 10  # characters, names


def refuse_unknown(said: Iterable[str], known: Collection[str], what: str) -> None:
    """Raise ValidationError that names each of `said` that is not among `known`."""
    unknown = sorted(set(said) - set(known))
    if unknown:
        there_are = f"Known: {', '.join(sorted(known))}." if known else "There are none here."
        shown = [str(name)[:LONGEST] for name in unknown[:MOST]]
        raise serializers.ValidationError({name: f"There is no {what} {name!r}. {there_are}" for name in shown})


class RequestSerializer(serializers.Serializer[Any]):
    """What a request asks for, in its body or its query."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            refuse_unknown(data, self.fields, "field")
        return super().to_internal_value(data)


class KnownParameters:
    """A view with the query parameters of each action; those of an action that it does not name are none."""

    parameters: Mapping[str, Collection[str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        action = getattr(self, "action", None) or ""
        refuse_unknown(request.query_params, self.parameters.get(action, ()), "parameter")
