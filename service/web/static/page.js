// What every page can do. Pages work without it as far as they only show something.

const problems = document.getElementById("problems");

/** Ask the interface. A body is sent as JSON. Gives {ok, status, body, problem}; it does not throw. */
export async function call(method, path, { body, headers = {}, signal } = {}) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  if (body !== undefined) headers = { "Content-Type": "application/json", ...headers };
  try {
    const answer = await fetch(path, { method, headers: { Accept: "application/json", ...headers }, signal, ...sent });
    const text = await answer.text();
    const read = text ? JSON.parse(text) : null;
    if (answer.status === 401 && !headers.Authorization) signIn();
    return { ok: answer.ok, status: answer.status, body: read, problem: answer.ok ? null : read, headers: answer.headers };
  } catch (error) {
    if (error.name === "AbortError") return { ok: false, status: 0, body: null, problem: null };
    const detail = "The service does not answer. What was sent may not have arrived; try again in a moment.";
    return { ok: false, status: 0, body: null, problem: { title: "No answer", detail, errors: [] } };
  }
}

/** Show a problem at the top of the page, in place of the last one; null takes it away. */
export function show(problem) {
  problems.replaceChildren();
  if (!problem) return;
  const box = element("div", { class: "problem" }, element("p", {}, problem.detail));
  if (problem.errors?.length) {
    box.append(element("ul", {}, ...problem.errors.map((each) =>
      element("li", {}, element("code", {}, each.location), `: ${each.message}`))));
  }
  if (problem.request_id) box.append(element("p", { class: "quiet" }, `${problem.status} · request ${problem.request_id}`));
  problems.append(box);
  problems.scrollIntoView({ block: "nearest" });
}

/** Say something to who cannot see it happen. */
export function say(text) {
  document.getElementById("said").textContent = text;
}

/** An element with attributes and children; text is never read as markup. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Change parameters of the address; null leaves one out. Nothing is loaded. */
export function setAddress(changes) {
  const url = new URL(location.href);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === "") url.searchParams.delete(key);
    else url.searchParams.set(key, value);
  }
  history.replaceState(history.state, "", url);
}

/** Offer content as a file. */
export function save(name, content, type) {
  const url = content instanceof Blob ? URL.createObjectURL(content) : URL.createObjectURL(new Blob([content], { type }));
  const link = element("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function signIn() {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

// Light, dark, or as the browser is set: in the address, and so in every link of the page.
const THEMES = [null, "light", "dark"];
const NAMES = { null: "as the system", light: "light", dark: "dark" };

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  setAddress({ theme });
  takeTheme();
  labelTheme(theme);
}

/** Have links, and parts that are loaded again, say the theme of the address. */
function takeTheme() {
  const theme = document.documentElement.dataset.theme;
  for (const name of ["href", "hx-get"]) {
    for (const each of document.querySelectorAll(`[${name}^="/"]:not(link)`)) {
      const url = new URL(each.getAttribute(name), location.href);
      if (url.searchParams.get("theme") === (theme ?? null)) continue;
      if (theme) url.searchParams.set("theme", theme);
      else url.searchParams.delete("theme");
      each.setAttribute(name, url.pathname + url.search + url.hash);
    }
  }
}

function labelTheme(theme) {
  const button = document.querySelector("[data-theme-toggle]");
  button.textContent = `Theme: ${NAMES[theme]}`;
}

// When: as so long ago, with the moment itself as a title.
const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function tellTimes(root = document) {
  for (const each of root.querySelectorAll("time[datetime]")) {
    const at = new Date(each.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const seconds = (at - Date.now()) / 1000;
    const [unit, size] = UNITS.find(([, most]) => Math.abs(seconds) >= most) ?? UNITS.at(-1);
    each.textContent = ago.format(Math.round(seconds / size), unit);
    each.title = at.toLocaleString();
  }
}

async function send(button) {
  if (button.dataset.confirm && !confirm(button.dataset.confirm)) return;
  button.disabled = true;
  const sent = button.dataset.body ? { body: JSON.parse(button.dataset.body) } : {};
  const { ok, problem, body } = await call(button.dataset.method ?? "POST", button.dataset.call, sent);
  button.disabled = false;
  show(problem);
  if (!ok) return;
  if (button.dataset.then) location.assign(button.dataset.then.replace("{id}", body?.id ?? ""));
  else document.body.dispatchEvent(new CustomEvent("augury:changed", { bubbles: true }));
}

async function copy(button) {
  await navigator.clipboard.writeText(button.closest(".copyable").querySelector("pre").textContent);
  button.textContent = "Copied";
  say("Copied");
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

document.addEventListener("click", (event) => {
  const found = (selector) => event.target.closest?.(selector);
  if (found("[data-call]")) send(found("[data-call]"));
  else if (found("[data-copy]")) copy(found("[data-copy]"));
  else if (found("[data-theme-toggle]")) {
    const now = document.documentElement.dataset.theme ?? null;
    setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
  } else if (found("[data-sign-out]")) {
    call("DELETE", "/v1/session").then(() => location.assign("/sign-in"));
  } else if (found("[data-save]")) {
    import("./figures.js").then(({ saveFigure }) => saveFigure(found("[data-save]")));
  }
});

document.addEventListener("change", async (event) => {
  if (event.target.matches("[data-project]")) {
    const { ok, problem } = await call("PUT", "/v1/session", { body: { project: event.target.value } });
    if (ok) location.assign("/");
    else show(problem);
  } else if (event.target.matches("form[data-filter] :is(select, input[type=checkbox])")) {
    event.target.form.requestSubmit();
  }
});

// Which sections are open is in the address, so that a link shows what its sender saw.
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("details[data-section]")) return;
  const open = [...document.querySelectorAll("details[data-section][open]")].map((each) => each.dataset.section);
  setAddress({ open: open.join(",") || null });
}, true);

document.addEventListener("htmx:after:swap", () => { takeTheme(); tellTimes(); });
labelTheme(document.documentElement.dataset.theme ?? null);
tellTimes();
setInterval(tellTimes, 15_000);
