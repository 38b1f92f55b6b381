// Before the idle limit: a warning, and a way to stay (WCAG 2.2.1). Loaded only where the limit
// is short. A use in another tab counts for all of them; nothing is kept in the browser.

const warning = document.getElementById("idle");
const { seconds, ahead, api, login } = warning.dataset;
const tabs = new BroadcastChannel("signedin-use");
let timers = [];

function begin(left) {
  timers.forEach(clearTimeout);
  warning.hidden = true;
  timers = [
    setTimeout(warn, left - 1000 * ahead, left),
    setTimeout(() => location.assign(login), left),
  ];
}

function warn(left) {
  const ends = new Date(Date.now() + Math.min(left, 1000 * ahead));
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium" });
  warning.querySelector("[data-slot]").textContent = time.format(ends);
  warning.hidden = false;
  // What is put into a live region is spoken; what only becomes visible need not be.
  const words = warning.querySelector("[role=alert]");
  words.replaceChildren(...[...words.childNodes].map((node) => node.cloneNode(true)));
}

async function stay() {
  const response = await fetch(api, { credentials: "same-origin", signal: AbortSignal.timeout(10_000) });
  if (response.status === 401) return location.assign(login);
  if (!response.ok) throw new Error(response.statusText);
  begin(1000 * seconds);
  tabs.postMessage(seconds);
}

warning.querySelector("button").addEventListener("click", () => {
  warning.querySelector("[data-failed]").hidden = true;
  stay().catch(() => { warning.querySelector("[data-failed]").hidden = false; });
});
tabs.addEventListener("message", ({ data }) => begin(1000 * data));
tabs.postMessage(seconds);
begin(1000 * seconds);
