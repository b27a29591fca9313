"""The admin: staff look at all rows and decide about drawings. Every write goes through the services."""

from recognizer.admin import data_exports, drawings, model_versions, predictions, reviews, training_runs

__all__ = ["data_exports", "drawings", "model_versions", "predictions", "reviews", "training_runs"]
