// Pages with drawings that wait to be read: they are loaded again until all are read.

const INTERVAL = 3000; // ms

export function reloadWhileWaiting() {
  if (document.querySelector("[data-waiting]")) setTimeout(reload, INTERVAL);
}

// Not while somebody types into a form: the words would be lost.
function reload() {
  if (document.activeElement?.closest("form")) setTimeout(reload, INTERVAL);
  else location.reload();
}
