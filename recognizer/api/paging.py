from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Pages that stay right while new drawings come in."""

    ordering = "-created_at"
    page_size = 50
