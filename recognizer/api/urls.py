from django.urls import path
from rest_framework.routers import SimpleRouter

from recognizer.api.views import LiveView, PredictionViewSet

app_name = "api"
router = SimpleRouter()
router.register("predictions", PredictionViewSet, basename="prediction")
urlpatterns = [*router.urls, path("live/", LiveView.as_view(), name="live")]
