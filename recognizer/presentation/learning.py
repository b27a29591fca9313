"""The sentence that says what learns from a user's corrections. Every page that needs it shows the same one.

It must stay true to the code: `recognizer.serving.writer_profiles` uses corrections that no reviewer has refused,
for their writer alone and unless the writer switched that off; training sees only `Review.objects.trainable`.
"""

LEARNING = (
    "What you correct helps at once to read your own next drawings, and nobody else’s, unless you switch "
    "that off; the reader that everybody uses learns from it only if you allow that and a reviewer agrees."
)
