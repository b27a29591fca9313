from __future__ import annotations

import numpy as np
import pytest

from ml.segmentation.quadratic_form import QuadraticForm, fit_quadratic_form


def fitted(rng) -> QuadraticForm:
    features = rng.normal(size=(2000, 2))
    is_true = features[:, 0] * features[:, 1] > 0
    return fit_quadratic_form(features, is_true, np.ones(2000), decay=1e-3)


def test_products_of_features_are_fitted(rng):
    odds = fitted(rng).log_odds(np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]]))
    assert (odds[:2] > 1).all()
    assert odds[2] < -1


def test_stored_and_read_again(rng):
    form = fitted(rng)
    again = QuadraticForm.parse(form.as_json(), 2)
    x = rng.normal(size=(5, 2))
    assert again.log_odds(x) == pytest.approx(form.log_odds(x), abs=0.01)


@pytest.mark.parametrize("name", ["mean", "spread", "form"])
def test_numbers_that_are_missing_or_not_finite_are_refused(rng, name):
    stored = fitted(rng).as_json()
    for values in (stored[name][:-1], [np.nan, *stored[name][1:]]):
        with pytest.raises(ValueError, match="coefficients"):
            QuadraticForm.parse({**stored, name: values}, 2)
