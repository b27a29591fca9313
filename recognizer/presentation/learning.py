"""What learns from a user's corrections, and who sees their drawings. Every page that needs it says it alike.

LEARNING must stay true to the code: `recognizer.serving.writer_profiles` uses corrections that no reviewer has
refused, for their writer alone and unless the writer switched that off; training sees only
`Review.objects.trainable`.
STAFF_SEES must stay true to `Drawing.objects.shown_to_staff` and `ReviewItem.objects.shown`.
"""

LEARNING = (
    "What you correct helps at once to read your own next drawings, and nobody else’s, unless you switch "
    "that off; the reader that everybody uses learns from it only if you allow that and a reviewer agrees."
)

STAFF_SEES = (
    "Reviewers and trainers of this site see every drawing that you correct, so that somebody can check the "
    "correction. They see your other drawings only if you let them train the reader: first of all those that were "
    "probably misread, and some that are drawn by lot."
)
