from django.urls import path

from recognizer.views import health, pages, training

app_name = "recognizer"
urlpatterns = [
    path("", pages.draw, name="draw"),
    path("history/", pages.history, name="history"),
    path("history/<uuid:pk>/", pages.drawing, name="drawing"),
    path("history/<uuid:pk>/picture/", pages.drawing_image, name="drawing_image"),
    path("history/<uuid:pk>/thumbnail/", pages.drawing_thumbnail, name="drawing_thumbnail"),
    path("history/<uuid:pk>/delete/", pages.delete_drawing, name="delete_drawing"),
    path("history/<uuid:pk>/correct/", pages.correct_drawing, name="correct_drawing"),
    path("training/", training.overview, name="training"),
    path("training/start/", training.start, name="start_training"),
    path("training/rollback/", training.rollback, name="rollback"),
    path("training/versions/", training.all_versions, name="training_versions"),
    path("training/runs/<int:pk>/", training.run, name="training_run"),
    path("training/runs/<int:pk>/progress/", training.progress, name="training_progress"),
    path("training/runs/<int:pk>/drawings/", training.run_drawings, name="training_drawings"),
    path("training/runs/<int:pk>/frozen/", training.run_frozen, name="training_frozen"),
    path("training/runs/<int:pk>/set-aside/", training.run_set_aside, name="training_set_aside"),
    path("training/runs/<int:pk>/live/", training.run_shadow, name="training_shadow"),
    path("training/runs/<int:pk>/promote/", training.promote, name="promote_run"),
    path("training/runs/<int:pk>/dismiss/", training.dismiss, name="dismiss_run"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
