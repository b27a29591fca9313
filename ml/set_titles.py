"""The titles of the sets on which champion and challenger are compared.

The sentences of gates and the pages of training runs use the same ones. Standard library only: the web process
imports it. Names of sets are stored with training runs; their titles may change.
"""

from __future__ import annotations

SET_TITLES = {
    "mnist": "MNIST digits of held-out writers",
    "pen": "Pen digits",
    "digits": "Drawn digits",
    "numbers": "Drawn numbers",
    "photos": "Photographed numbers",
    "junk": "Signs that are no digits",
    "golden": "Golden cases",
    "held_out": "Drawings of held-out writers",
}


def set_title(name: str) -> str:
    """The title of the set called `name`; for an unknown one its name in words."""
    return SET_TITLES.get(name, name.replace("_", " ").capitalize())
