// Operations: looking again while somebody looks, making things, and what is shown once.
import { call, element, say, show } from "./page.js";

const once = document.getElementById("once");

// Every few seconds, as the page says, and only while it can be seen.
const looking = document.querySelector("[data-looks-every]");
const look = () => document.body.dispatchEvent(new CustomEvent("operations:look"));
if (looking) {
  setInterval(() => { if (!document.hidden) look(); }, 1000 * Number(looking.dataset.looksEvery));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
}

/** What a form says, as the interface takes it: boxes are lists, and what is empty is left out. */
function bodyOf(form) {
  const body = {};
  for (const input of form.elements) {
    if (!input.name) continue;
    if (input.type === "checkbox") {
      if (input.checked) (body[input.name] ??= []).push(input.value);
    } else if (input.value.trim() !== "") {
      body[input.name] = input.type === "number" ? Number(input.value) : input.value.trim();
    }
  }
  return body;
}

/** Ask, show what is shown once, and have the lists look again; gives the problem, if there is one. */
async function ask(method, path, body, name) {
  const { ok, body: made, problem } = await call(method, path, { body });
  if (!ok) return problem;
  if (name) showOnce(made, name);
  document.body.dispatchEvent(new CustomEvent("augury:changed", { bubbles: true }));
  return null;
}

function showOnce(made, name) {
  once.replaceChildren(element("div", { class: "notice once" },
    element("p", {}, `This is the ${name}${made.name ? ` of “${made.name}”` : ""}. It is shown here and never again.`),
    element("div", { class: "copyable" }, element("button", { type: "button", "data-copy": "" }, "Copy"), element("pre", { tabindex: "0", "aria-label": `The ${name}` }, made[name]))));
  once.scrollIntoView({ block: "nearest" });
  once.querySelector("button").focus();
  say(`The ${name} is shown once`);
}

function complain(form, problem) {
  const left = [];
  const places = [...form.querySelectorAll("[data-fault]")];
  for (const place of places) place.hidden = true;
  for (const each of problem?.errors ?? []) {
    const place = places.find(({ dataset }) => each.location.startsWith(`body.${dataset.fault}`));
    if (!place) left.push(each);
    else Object.assign(place, { textContent: each.message, hidden: false });
  }
  show(problem && (left.length || !problem.errors?.length) ? { ...problem, errors: left } : null);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-create]")) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const problem = await ask("POST", form.dataset.create, bodyOf(form), form.dataset.once);
  button.disabled = false;
  complain(form, problem);
  if (!problem) form.reset();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-ask]");
  if (!button) return;
  const { ask: path, method, body, once: name, confirm: question } = button.dataset;
  if (question && !confirm(question)) return;
  button.disabled = true;
  show(await ask(method ?? "POST", path, JSON.parse(body), name));
  button.disabled = false;
});
