"""What learns from what, in one sentence that is said wherever somebody asks."""

# `recognizer.serving.personalization` reads with claims that no reviewer has refused, for their writer alone and
# unless switched off; `Review.objects.trainable` is all that a training sees.
LEARNING = (
    "What you correct helps at once to read your own next drawings, and nobody else’s, unless you switch "
    "that off; the reader that everybody uses learns from it only if you allow that and a reviewer agrees."
)
