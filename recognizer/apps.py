"""The Django app of the product."""

from django.apps import AppConfig


class RecognizerConfig(AppConfig):
    name = "recognizer"

    def ready(self) -> None:
        from recognizer import checks  # noqa: F401  (registers itself)
