// Pressed twice, a form is sent once: a second login would be a session that no browser has.

const TWICE = 2_000; // milliseconds; who presses again later means it
let sent = -TWICE;

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  const now = performance.now();
  if (now - sent < TWICE) event.preventDefault();
  else sent = now;
});
