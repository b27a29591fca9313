"""The reads of the review desk."""
