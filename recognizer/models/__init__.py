"""All models of the product."""

from recognizer.models.data_export import DataExport, DataExportPart
from recognizer.models.drawing import Digit, Drawing, Prediction
from recognizer.models.model_version import ModelVersion, Promotion
from recognizer.models.review import Correction, Review
from recognizer.models.review_item import ReviewItem, SkippedItem
from recognizer.models.shadow_reading import ShadowReading
from recognizer.models.training_run import TrainingRun, TrainingSample

__all__ = [
    "Correction",
    "DataExport",
    "DataExportPart",
    "Digit",
    "Drawing",
    "ModelVersion",
    "Prediction",
    "Promotion",
    "Review",
    "ReviewItem",
    "ShadowReading",
    "SkippedItem",
    "TrainingRun",
    "TrainingSample",
]
