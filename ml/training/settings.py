"""The settings of a training from scratch."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that a training depends on besides its data. The field names are stored in artifacts.

    Fields without a prefix are of the glyph network, `drawn_` ones of the trajectory network, `strip_` ones of the
    line network; what the others have no field for is the same for all three.
    """

    seed: int = 1
    epochs: int = 90
    examples: int = 60_000  # an epoch, digits and negatives together
    batch: int = 128
    rate: float = 2e-3  # the peak: one epoch of warm-up leads to it, then a cosine goes down to 1e-5
    decay: float = 1e-4  # of the kernels
    average: float = 0.999  # exponential moving average of the weights; worth about as much as an ensemble of two
    drawn_epochs: int = 56
    strip_epochs: int = 80  # 0: no line network
    strip_examples: int = 25_600
    strip_batch: int = 64
    rows: int = 60_000  # lines that are composed of single digits for the line network
    weak_epochs: int = 4  # at the end, with hardly any deformation
    validation: float = 0.1  # share of the writers who are held out
    pool: int = 20_000  # synthetic digits, and as many signs

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch."""
        return max(1, self.examples // self.batch)

    def for_trajectories(self) -> TrainingSettings:
        """The settings of the trajectory network in the fields without a prefix."""
        return replace(self, epochs=self.drawn_epochs)

    def for_lines(self) -> TrainingSettings:
        """The settings of the line network in the fields without a prefix."""
        return replace(self, epochs=self.strip_epochs, examples=self.strip_examples, batch=self.strip_batch)

    def shortened(self, share: float) -> TrainingSettings:
        """The settings of a run with this share of all epochs, and at least one of each but those that are 0."""
        names = ("epochs", "drawn_epochs", "strip_epochs", "weak_epochs")
        epochs = {name: getattr(self, name) for name in names}
        return replace(self, **{name: max(1, round(n * share)) if n else 0 for name, n in epochs.items()})
