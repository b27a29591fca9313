from recognizer.models.drawing import Digit, Drawing, Prediction
from recognizer.models.review import Correction, Review
from recognizer.models.training import ModelVersion

__all__ = ["Correction", "Digit", "Drawing", "ModelVersion", "Prediction", "Review"]
