from django.urls import path
from rest_framework.routers import SimpleRouter

from recognizer.api.training import TrainingRunViewSet
from recognizer.api.versions import ModelVersionViewSet
from recognizer.api.views import LiveView, PredictionViewSet

app_name = "api"
router = SimpleRouter()
router.register("predictions", PredictionViewSet, basename="prediction")
router.register("training-runs", TrainingRunViewSet, basename="training-run")
router.register("model-versions", ModelVersionViewSet, basename="model-version")
urlpatterns = [*router.urls, path("live/", LiveView.as_view(), name="live")]
