from recognizer.models.drawing import Digit, Drawing, Prediction
from recognizer.models.export import DataExport, DataExportPart
from recognizer.models.review import Correction, Review
from recognizer.models.shadow import ShadowReading
from recognizer.models.training import TrainingRun, TrainingSample
from recognizer.models.version import ModelVersion, Promotion

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
    "ShadowReading",
    "TrainingRun",
    "TrainingSample",
]
