"""The addresses of the API, below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from recognizer.api.live import LiveView
from recognizer.api.model_versions import ModelVersionViewSet
from recognizer.api.predictions import PredictionViewSet
from recognizer.api.reviews import ReviewViewSet
from recognizer.api.training_runs import TrainingRunViewSet

app_name = "api"
router = SimpleRouter()
router.register("predictions", PredictionViewSet, basename="prediction")
router.register("reviews", ReviewViewSet, basename="review")
router.register("training-runs", TrainingRunViewSet, basename="training-run")
router.register("model-versions", ModelVersionViewSet, basename="model-version")
urlpatterns = [*router.urls, path("live/", LiveView.as_view(), name="live")]
