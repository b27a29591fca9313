// History and detail: asks before deleting, shows times in the reader's own words, looks again at what still
// waits, and keeps the two answers of a correction apart.
import { localise } from "times";

const LOOK_AGAIN = 3000; // ms

function attachDeletion(form) {
  const dialog = document.querySelector("[data-confirm-deletion]");
  form.addEventListener("submit", (event) => {
    if (dialog.returnValue === "delete") return;
    event.preventDefault();
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "delete") form.requestSubmit();
  });
}

// "Not a number" and a number exclude each other. Enter sends, as in a field of one line; Shift and Enter
// starts the next line of a drawing that has several.
function attachCorrection(form) {
  const text = form.querySelector("[data-correction-text]");
  const none = form.querySelector("[data-correction-none]");
  const follow = () => (text.disabled = none.checked);
  none.addEventListener("change", follow);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  follow();
}

// Not while something is being typed.
function lookAgain() {
  if (document.activeElement?.closest("form")) setTimeout(lookAgain, LOOK_AGAIN);
  else location.reload();
}

for (const form of document.querySelectorAll("[data-deletion]")) attachDeletion(form);
for (const form of document.querySelectorAll("[data-correction]")) attachCorrection(form);
localise();
if (document.querySelector("[data-waiting]")) setTimeout(lookAgain, LOOK_AGAIN);
