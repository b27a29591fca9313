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
    features = {kind: np.full(FEATURES, 0.3) for kind in KINDS}
    found = [FoundSeparator((place,), kind, features[kind]) for place, kind in enumerate(KINDS) if kind != "mark"]
    odds = shipped_separators().log_odds(found)
    for separator in found:
        assert odds[separator.places] == shipped_separators().log_odds([separator])[separator.places]


def test_a_slash_is_less_likely_where_the_line_has_a_point():
    slash = np.array([0.55, 0.62, 0.08, 0.03, 0, 1, 0.75, 0.1, 0, 0.4, 0.2, 1, 1, 0, 0, 0, 0, 1])
    bar = FoundSeparator((0,), "bar", slash)
    [alone] = shipped_separators().log_odds([bar]).values()
    point = np.array([0, 0, 0, 0, 0, 0.14, 0.16, -0.94, 0.1, 0.02, 0.34, 1, 1, 0, 0, 0, 0, 0])
    for is_point, features in ((True, point), (False, np.full(FEATURES, 0.3))):
        odds = shipped_separators().log_odds([bar, FoundSeparator((1,), "mark", features)])
        assert (odds[(1,)] > 0) == is_point
        assert odds[(0,)] == pytest.approx(alone - 3 * is_point)


@pytest.mark.parametrize(
    "damage", [{}, {"bar": {"mean": [], "spread": [], "hidden": [], "output": []}}, {"bar": 1}]
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    file = tmp_path / "separators.json"
    file.write_text(json.dumps(damage))
    with pytest.raises(ValueError, match="weights"):
        SeparatorOdds.open(file)
