// Menus, questions before acts, and times that move. Every word comes from the page;
// without this file each act has a page of its own.

const page = document.querySelector("[data-now]"); // or a part of an app's page
const find = (id) => page.querySelector(`#${id}`);
const all = (selector) => page.querySelectorAll(selector);

// Times: the server's clock and words, floored (ui.md 3.5).

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const UNITS = [["day", DAY], ["hour", 60 * MINUTE], ["minute", MINUTE]];
const serverStart = Date.parse(page.dataset.now) - performance.now();
const relative = new Intl.RelativeTimeFormat(page.lang, { numeric: "always" });
const dates = (options) => new Intl.DateTimeFormat(page.lang, options);
const inFull = dates({ dateStyle: "long", timeStyle: "long" });
const dayThisYear = dates({ month: "short", day: "numeric" });
const dayOtherYear = dates({ year: "numeric", month: "short", day: "numeric" });

function day(at, now) {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? dayThisYear : dayOtherYear).format(at);
}

function ago(at, now, justNow) {
  const age = now - at;
  if (age <= 3 * MINUTE) return justNow;
  if (age >= 7 * DAY) return day(at, now);
  const [unit, length] = UNITS.find(([, length]) => age >= length);
  return relative.format(-Math.floor(age / length), unit);
}

function refreshTimes() {
  const now = serverStart + performance.now();
  for (const time of all("time[data-live]")) {
    const words = ago(Date.parse(time.dateTime), now, time.dataset.live);
    if (time.textContent !== words) time.textContent = words;
  }
}

function toReadersZone(time) {
  const at = Date.parse(time.dateTime);
  const full = inFull.format(at);
  if (time.textContent === time.title) time.textContent = full;
  else if (!time.dataset.live) time.textContent = day(at, Date.parse(page.dataset.now));
  time.title = full;
}

all("time").forEach(toReadersZone);
refreshTimes();
setInterval(refreshTimes, MINUTE);
document.addEventListener("visibilitychange", refreshTimes);

// Menus: popovers, and what an ARIA menu button has more.

const letters = new Intl.Collator(page.lang, { usage: "search", sensitivity: "base" });

function upgradeMenu(menu) {
  const buttons = all(`[popovertarget="${menu.id}"]`);
  const items = [...menu.querySelectorAll("a")];
  let opener = buttons[0];

  const back = () => {
    menu.hidePopover();
    opener.focus();
  };
  const outOfView = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting) menu.hidePopover();
  });
  const keys = {
    ArrowDown: (at) => items[(at + 1) % items.length].focus(),
    ArrowUp: (at) => items.at(at - 1).focus(),
    Home: () => items[0].focus(),
    End: () => items.at(-1).focus(),
    " ": (at) => items[at].click(),
    Escape: back,
  };

  menu.role = "menu";
  menu.setAttribute("aria-label", opener.getAttribute("aria-label"));
  for (const item of items) {
    item.parentElement.role = "none";
    item.role = "menuitem";
    item.tabIndex = -1;
  }
  items[0].autofocus = true; // as it opens: the next key may come before the toggle event
  for (const button of buttons) {
    button.setAttribute("aria-haspopup", "menu");
    button.setAttribute("aria-controls", menu.id);
    button.addEventListener("click", () => { opener = button; });
    button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      button.click();
      if (event.key === "ArrowUp") items.at(-1).focus();
    });
  }
  menu.addEventListener("beforetoggle", () => outOfView.disconnect()); // toggle would be too late
  menu.addEventListener("toggle", ({ newState }) => {
    if (newState === "open") outOfView.observe(menu);
  });
  menu.addEventListener("click", back);
  menu.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Tab") return back(); // and the browser moves on from there
    const at = items.indexOf(document.activeElement);
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      return act(at);
    }
    const following = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    const begins = (item) => !letters.compare([...item.textContent.trim()][0], event.key);
    following.find(begins)?.focus();
  });
}

if ("popover" in page) all("ul[popover]").forEach(upgradeMenu);

// The question before an act.

const dialog = find("confirm");
const plural = new Intl.PluralRules(page.lang);
const NAMED = 10; // devices that a question names; the rest is counted
const TIMEOUT = 30_000;
let asked = null;
let sending = false;

const otherRows = () => [...all("[data-session]:not([aria-current])")];
const others = () => otherRows().length + Number(find("unseen")?.dataset.n ?? 0);

function fill(node, values) {
  for (const form of node.querySelectorAll("[data-form]")) {
    if (form.dataset.form !== plural.select(values[form.dataset.of])) form.remove();
  }
  for (const slot of node.querySelectorAll("[data-slot]")) {
    slot.textContent = values[slot.dataset.slot];
  }
  return node;
}

function drawn(id, values) {
  return fill(find(id).content.cloneNode(true), values);
}

function ask(control) {
  const name = control.dataset.ask;
  const row = control.closest("tr");
  const rows = name === "others" ? otherRows() : [...all("[data-session]")];
  const n = others() + (name === "others" ? 0 : 1);
  const more = Math.max(0, n - NAMED);
  const words = drawn(`ask-${name}`, { device: row?.dataset.spoken, n, more });
  const list = words.querySelector("[data-devices]");
  list?.append(...rows.slice(0, NAMED).map(asItem));
  if (!more) words.querySelector("[data-more]")?.remove();
  const [title, ...text] = words.children;
  asked = { name, row, page: control.href ?? control.form.action, ...find(`ask-${name}`).dataset };
  find("confirm-title").replaceChildren(...title.childNodes);
  find("confirm-text").replaceChildren(...text);
  find("confirm-act").textContent = asked.act;
  find("confirm-error").textContent = "";
  find("sidebar")?.hidePopover?.(); // or the way back leads into what is hidden
  dialog.showModal();
  find("confirm-cancel").focus();
  if (list?.scrollHeight > list?.clientHeight) list.tabIndex = 0; // for keys to scroll it
}

function asItem(row) {
  const item = document.createElement("li");
  item.dir = "auto";
  item.textContent = row.dataset.spoken;
  return item;
}

function setSending(now) {
  sending = now;
  const act = find("confirm-act");
  act.textContent = now ? asked.busy : asked.act;
  for (const button of [act, find("confirm-cancel")]) {
    button.setAttribute("aria-disabled", now);
  }
}

async function act() {
  const [request, then] = {
    terminate: [() => call("DELETE", `/${asked.row.dataset.session}`), terminated],
    others: [() => call("POST", "/end", { scope: "others" }), othersEnded],
    everywhere: [() => call("POST", "/end", { scope: "all" }), () => location.assign(dialog.dataset.everywhere)],
  }[asked.name];
  try {
    const response = await request();
    if (response.status === 401) return location.assign(dialog.dataset.login);
    if (response.status === 403) { // the page of the act takes the password, and goes on
      return Object.assign(find("confirm-act").form, { action: asked.page }).submit();
    }
    if (!response.ok) throw new Error(response.statusText);
    then(await response.json());
  } catch {
    setSending(false);
    find("confirm-error").textContent = asked.failed;
    find("confirm-act").focus();
  }
}

function call(method, path, body) {
  return fetch(dialog.dataset.api + path, {
    method,
    credentials: "same-origin",
    headers: { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT),
  });
}

function terminated(receipt) {
  const { row } = asked;
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  const device = row.querySelector(".device").textContent;
  const notice = receipt.ended ? "done-terminated" : "done-already";
  finish([row], notice, { device }, receipt, neighbour.ariaCurrent ? null : neighbour);
}

function othersEnded(receipt) {
  find("unseen")?.remove();
  finish(otherRows(), "done-others", { n: receipt.ended }, receipt, null);
}

function finish(rows, notice, values, receipt, neighbour) {
  setSending(false);
  dialog.close();
  if (receipt.ended) find("ended-sessions").tBodies[0].prepend(...rows.map(asEnded));
  find("ended").hidden = !find("ended-sessions").tBodies[0].rows.length;
  for (const row of rows) row.remove();
  find("bulk").hidden = !others();
  find("only").hidden = !find("bulk").hidden;
  find("notice").replaceChildren(drawn(notice, { ...values, time: upToTheSecond(receipt) }));
  announce(find("notice").querySelector(".notice-title").textContent);
  (neighbour?.querySelector(".kebab") ?? find("sessions-h")).focus();
}

// A receipt never names a time before it was true.
function upToTheSecond(receipt) {
  const at = Math.ceil(Date.parse(receipt.effective_at) / 1000) * 1000;
  return dates({ timeStyle: "medium" }).format(at);
}

function asEnded(row) {
  const values = {
    device: row.querySelector(".device").textContent,
    place: row.querySelector(".place").textContent,
  };
  const ended = drawn("ended-row", values);
  const time = ended.querySelector("time");
  time.dateTime = new Date(serverStart + performance.now()).toISOString();
  toReadersZone(time);
  return ended;
}

let emptying;

function announce(text) {
  find("status").textContent = text.trim();
  clearTimeout(emptying);
  emptying = setTimeout(() => { find("status").textContent = ""; }, 10_000);
}

page.addEventListener("click", (event) => {
  const control = event.target.closest("[data-ask]");
  if (!control || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  ask(control);
});

if (dialog) {
  const close = () => { if (!sending) dialog.close(); };
  find("confirm-cancel").addEventListener("click", close);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
  dialog.addEventListener("cancel", (event) => { if (sending) event.preventDefault(); });
  // Browsers let a second Escape through.
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && sending) event.preventDefault();
  });
  dialog.querySelector("form").addEventListener("submit", (event) => {
    if (sending || asked.name !== "log-out") event.preventDefault();
    if (sending) return;
    setSending(true);
    if (asked.name !== "log-out") act(); // log out is the form itself
  });
  // A page from before a log-out must not come back (security.md X-14).
  addEventListener("pagehide", ({ persisted }) => { document.body.hidden = persisted; });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });
}

// The small rest.

page.addEventListener("submit", (event) => {
  const notice = event.target.closest(".notice");
  if (!notice) return;
  event.preventDefault();
  notice.remove();
  (find("sessions-h") ?? find("main"))?.focus();
});

// What was done is told once.
if (page.querySelector(".notice")) {
  const url = new URL(location);
  url.searchParams.delete("done");
  history.replaceState(null, "", url);
}

page.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && event.target.closest(".what[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// Not before: the fragment takes the focus.
addEventListener("pageshow", () => {
  if (location.hash === "#active-sessions") find("sessions-h")?.focus();
});
