from __future__ import annotations

import json

import numpy as np
import pytest

from ml.segmentation.separator_odds import (
    FEATURES,
    KINDS,
    SHIPPED_SEPARATORS,
    FoundSeparator,
    SeparatorOdds,
    shipped_separators,
)


def test_what_is_stored_is_what_was_fitted():
    stored = json.loads(SHIPPED_SEPARATORS.read_text())
    assert set(stored) == set(KINDS)
    assert shipped_separators().as_json() == stored


def test_odds_belong_to_places_whatever_the_kind():
    found = [FoundSeparator((place,), kind, np.full(FEATURES, 0.3)) for place, kind in enumerate(KINDS)]
    odds = shipped_separators().log_odds(found)
    assert list(odds) != []
    for separator in found:
        assert odds[separator.places] == shipped_separators().log_odds([separator])[separator.places]


@pytest.mark.parametrize(
    "damage", [{}, {"bar": {"mean": [], "spread": [], "hidden": [], "output": []}}, {"bar": 1}]
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    file = tmp_path / "separators.json"
    file.write_text(json.dumps(damage))
    with pytest.raises(ValueError, match="weights"):
        SeparatorOdds.open(file)
