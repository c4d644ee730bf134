// The comparison that a spec is tried in: what it would take, running it, and copies to take along.
import { call, element, show } from "./page.js";
import { complain } from "./playground_form.js";

const form = document.getElementById("run");
const faults = document.getElementById("run-faults");
const plan = document.getElementById("plan");
const code = document.getElementById("code");
const section = code.closest("details");
const AT = { "body.candidates[0].name": "name", "body.model": "model", "body.training": "epochs", "body.evaluation.metric": "metric" };
let copied = "";
let latest = null;
let timer = 0;

/** The request for a comparison of a spec on a dataset. */
export function requestOf(spec, dataset) {
  const { name, model, metric, epochs } = Object.fromEntries(new FormData(form));
  return {
    kind: "comparison",
    dataset,
    candidates: [{ name: name.trim(), spec }],
    model: { name: model },
    training: { epochs: /^\d+$/.test(epochs.trim()) ? Number(epochs) : epochs.trim() },
    evaluation: { metric: metric.trim() },
  };
}

/** Show the copies of a request, once they are looked at. */
export function showCode(request) {
  latest = request;
  if (!section.open) return;
  clearTimeout(timer);
  timer = setTimeout(fetchCode, 300);
}

function fetchCode() {
  const text = JSON.stringify(latest);
  if (text === copied) return;
  const max = Number(document.getElementById("playground").dataset.maxRequest);
  if (text.length > max) {
    code.replaceChildren(element("p", {}, "The spec is too long to be made into copies here; take the JSON above."));
    return;
  }
  copied = text;
  window.htmx.ajax("GET", `/playground/parts/code?${new URLSearchParams({ request: text })}`, { target: "#code" });
}

function refuse(problem) {
  const errors = problem?.errors ?? [];
  for (const input of form.elements) input.removeAttribute("aria-invalid");
  const ofSpec = errors.map((each) => ({ ...each, location: each.location.replace("body.candidates[0].spec", "body.spec") }));
  const left = complain(ofSpec);
  for (const each of left) {
    const name = Object.entries(AT).find(([location]) => each.location.startsWith(location))?.[1];
    if (name) form.elements[name].setAttribute("aria-invalid", "true");
  }
  faults.replaceChildren(...left.map((each) => element("li", {}, `${each.location.replace(/^body\./, "")}: ${each.message}`)));
  faults.hidden = !left.length;
  show(problem && !errors.length ? problem : null);
}

const fact = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "not known: nothing like it was timed";
  const minutes = Math.round(seconds / 60);
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s`;
  return minutes < 90 ? `about ${minutes} min` : `about ${(minutes / 60).toFixed(1)} h`;
}

function showPlan(body) {
  const facts = element("dl", { class: "facts panel" },
    fact("Trainings", `${body.trials}, at most ${body.trials_most} if verdicts stay open`),
    fact("Of these trained already", String(body.trials_reusable)),
    fact("Epochs", body.epochs === null ? "found by training, or by the dataset's size" : String(body.epochs)),
    fact("Time of one worker for the rest", duration(body.estimated_seconds)));
  const notes = [body.waiting_for, body.epochs_rule, body.baseline_rule, ...body.warnings].filter(Boolean);
  plan.replaceChildren(facts, element("ul", { class: "quiet" }, ...notes.map((each) => element("li", {}, each))));
}

/** Listen to the form; *request* gives what is to be run. */
export function startRunning(request) {
  form.querySelector("[data-plan]").addEventListener("click", async () => {
    const { ok, body, problem } = await call("POST", "/v1/jobs?validate_only=true", { body: request() });
    refuse(problem);
    if (ok) showPlan(body);
    else plan.replaceChildren();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    if (!button) return;
    button.disabled = true;
    const key = [...crypto.getRandomValues(new Uint32Array(4))].join("-");
    const { ok, body, problem } = await call("POST", "/v1/jobs", { body: request(), headers: { "Idempotency-Key": key } });
    button.disabled = false;
    refuse(problem);
    if (ok) location.assign(`/jobs/${body.id}${theme()}`);
  });
  form.addEventListener("input", () => showCode(request()));
  section.addEventListener("toggle", () => { if (section.open) showCode(request()); });
}

function theme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? `?theme=${chosen}` : "";
}
