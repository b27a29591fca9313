"""Read handwritten numbers: strokes, pictures and paths in, frozen dataclasses out. Knows nothing of Django."""
