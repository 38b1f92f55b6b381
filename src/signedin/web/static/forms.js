// What forms have more with scripts; without this file all of them work.

// Pressed twice, a form is sent once: a second login would be a session that no browser has.
const TWICE = 2_000; // milliseconds; who presses again later means it
let sent = -TWICE;

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  const now = performance.now();
  if (now - sent < TWICE) event.preventDefault();
  else sent = now;
});

// A password can be shown while it is typed.
for (const button of document.querySelectorAll("[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.children[0].hidden = shown;
    button.children[1].hidden = !shown;
  };
  button.hidden = false;
  button.addEventListener("click", () => show(input.type === "password"));
  input.form.addEventListener("submit", () => show(false)); // browsers keep only what is hidden
}
