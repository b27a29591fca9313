"""The user, ours from the first migration so that it can grow."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Somebody who draws, reviews or calls the API."""
