"""The labels of training examples, and the array types that all packages share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Glyphs = NDArray[np.uint8]  # (n, 28, 28), ink 255 on paper 0
Labels = NDArray[np.int64]  # (n,), 0 to 9 or one of the labels below
Floats = NDArray[np.float64]  # of any shape

NOT_A_DIGIT = 10
UNCLEAR = 11  # ink that some people take for a digit, such as O, l or Z
UNFINISHED = 20  # added to the label of a digit whose last stroke is missing
