// The page of one saved drawing: asks before it deletes, keeps the two answers of a correction apart, explains the
// reading, shows times in the time zone of the reader, and reloads while the drawing waits to be read.

import { ExplanationPanel } from "reading/explanation";
import { reloadWhileWaiting } from "reading/waiting";
import { showLocalTimes } from "times";

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

// A number and "It is not a number" exclude each other. Enter sends the form, as in a field of one line; Shift and
// Enter begin the next line, for a drawing that has several.
function attachCorrection(form) {
  const text = form.querySelector("[data-correction-text]");
  const none = form.querySelector("[data-correction-none]");
  const disableText = () => {
    text.disabled = none.checked;
  };
  none.addEventListener("change", disableText);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  disableText();
}

for (const form of document.querySelectorAll("[data-deletion]")) attachDeletion(form);
for (const form of document.querySelectorAll("[data-correction]")) attachCorrection(form);
for (const root of document.querySelectorAll("[data-why]")) new ExplanationPanel(root);
showLocalTimes();
reloadWhileWaiting();
