"""The addresses of the pages and health checks."""

from django.urls import path

from recognizer.views import (
    drawing_pages,
    health,
    review_pages,
    review_progress,
    review_wall,
    training_pages,
)

app_name = "recognizer"
urlpatterns = [
    path("", drawing_pages.draw, name="draw"),
    path("history/", drawing_pages.history, name="history"),
    path("history/<uuid:pk>/", drawing_pages.drawing, name="drawing"),
    path("history/<uuid:pk>/picture/", drawing_pages.drawing_image, name="drawing_image"),
    path("history/<uuid:pk>/thumbnail/", drawing_pages.drawing_thumbnail, name="drawing_thumbnail"),
    path("history/<uuid:pk>/delete/", drawing_pages.delete_drawing, name="delete_drawing"),
    path("history/<uuid:pk>/correct/", drawing_pages.correct_drawing, name="correct_drawing"),
    path("review/", review_pages.review, name="review"),
    path("review/drawings/<uuid:pk>/", review_pages.review_drawing, name="review_drawing"),
    path("review/grid/", review_wall.review_grid, name="review_grid"),
    path("review/progress/", review_progress.progress, name="review_progress"),
    path("review/reviewers/", review_progress.reviewers, name="review_reviewers"),
    path("training/", training_pages.overview, name="training"),
    path("training/start/", training_pages.start, name="start_training"),
    path("training/schedule/", training_pages.schedule, name="training_schedule"),
    path("training/workers/", training_pages.workers, name="training_workers"),
    path("training/rollback/", training_pages.rollback, name="rollback"),
    path("training/versions/", training_pages.all_versions, name="training_versions"),
    path("training/runs/<int:pk>/", training_pages.run, name="training_run"),
    path("training/runs/<int:pk>/progress/", training_pages.progress, name="training_progress"),
    path("training/runs/<int:pk>/drawings/", training_pages.run_drawings, name="training_drawings"),
    path("training/runs/<int:pk>/frozen/", training_pages.run_frozen, name="training_frozen"),
    path("training/runs/<int:pk>/set-aside/", training_pages.run_set_aside, name="training_set_aside"),
    path("training/runs/<int:pk>/live/", training_pages.run_shadow, name="training_shadow"),
    path("training/runs/<int:pk>/promote/", training_pages.promote, name="promote_run"),
    path("training/runs/<int:pk>/dismiss/", training_pages.dismiss, name="dismiss_run"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
