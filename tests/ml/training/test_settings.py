"""Settings of a training are shortened all together."""

from __future__ import annotations

from ml.training.settings import TrainingSettings


def test_all_epochs_are_shortened():
    settings = TrainingSettings(epochs=70, drawn_epochs=40, strip_epochs=80, weak_epochs=4, seed=3).shortened(0.1)
    assert (settings.epochs, settings.drawn_epochs, settings.strip_epochs) == (7, 4, 8)
    assert settings.weak_epochs == 1  # at least one
    assert settings.seed == 3


def test_a_network_that_is_not_trained_stays_so():
    assert TrainingSettings(strip_epochs=0).shortened(0.5).strip_epochs == 0
