from django.urls import path

from recognizer.views import health, pages

app_name = "recognizer"
urlpatterns = [
    path("", pages.draw, name="draw"),
    path("history/", pages.history, name="history"),
    path("history/<uuid:pk>/", pages.drawing, name="drawing"),
    path("history/<uuid:pk>/image.png", pages.drawing_image, name="drawing_image"),
    path("history/<uuid:pk>/delete/", pages.delete_drawing, name="delete_drawing"),
    path("history/<uuid:pk>/correct/", pages.correct_drawing, name="correct_drawing"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
