// "Change and run again": a request as JSON, checked by the interface before it is sent.
import { call, element, say, show } from "./page.js";

let form = null;
let key = null; // of the request as it was last sent: a second click on Run is not a second job
let keyOf = null;

/** Prepare the editor, where the page has it. */
export function prepareEditor() {
  const found = document.getElementById("again");
  if (!found || found === form) return;
  form = found;
  form.addEventListener("submit", (event) => { event.preventDefault(); check(); });
  form.querySelector("[data-run]")?.addEventListener("click", run);
}

/** The request, or null where the text is no JSON, and that is said. */
function read() {
  const area = form.elements.request;
  try {
    const request = JSON.parse(area.value);
    tell([]);
    return request;
  } catch (error) {
    tell([element("p", {}, `This is not JSON: ${error.message}`)]);
    return null;
  }
}

function tell(children) {
  const box = form.querySelector("#again-problems");
  const area = form.elements.request;
  box.replaceChildren(...(children.length ? [element("div", { class: "problem" }, ...children)] : []));
  if (children.length) area.setAttribute("aria-invalid", "true");
  else area.removeAttribute("aria-invalid");
}

function tellProblem(problem) {
  const errors = problem.errors ?? [];
  const list = errors.map((each) =>
    element("li", {}, element("code", {}, each.location.replace(/^body\.?/, "") || "request"), `: ${each.message}`));
  tell([element("p", {}, problem.detail), ...(list.length ? [element("ul", {}, ...list)] : [])]);
}

async function check() {
  const request = read();
  const plan = form.querySelector("#plan");
  plan.replaceChildren();
  if (request === null) return;
  const { ok, body, problem } = await call("POST", `${form.dataset.path}?validate_only=true`, { body: request });
  if (!ok) return tellProblem(problem);
  plan.replaceChildren(element("h2", {}, "What it would be"), facts(body), ...notes(body));
  say("The request is valid");
}

function facts(plan) {
  const rows = plan.kind === "augmentation"
    ? [["Images", plan.images ?? "known once the dataset is read"], ["Parts", plan.chunks ?? "–"]]
    : [
        ["Trials", plan.trials_most > plan.trials ? `${plan.trials}, at most ${plan.trials_most}` : plan.trials],
        ["Of these reused", plan.trials_reusable],
        ["Epochs each", plan.epochs ?? "found by training"],
        ["Training still to do", seconds(plan.estimated_seconds)],
      ];
  return element("dl", { class: "facts" }, ...rows.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, String(value)))));
}

function seconds(value) {
  if (value == null) return "nothing like it was timed yet";
  if (value < 60) return `${value.toFixed(1)} s of one worker`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s of one worker`;
}

function notes(plan) {
  const said = [
    ...(plan.waiting_for ? [plan.waiting_for] : []),
    ...(plan.warnings ?? []),
    ...Object.entries(plan.findings ?? {}).flatMap(([name, found]) => found.map((each) => `${name}: ${each.message} ${each.remedy}`)),
  ];
  return said.length ? [element("h3", {}, "To know before"), element("ul", {}, ...said.map((each) => element("li", {}, each)))] : [];
}

async function run() {
  const request = read();
  if (request === null) return;
  const text = JSON.stringify(request);
  if (keyOf !== text) [key, keyOf] = [crypto.randomUUID?.() ?? String(Date.now() + Math.random()), text];
  const { ok, body, problem } = await call("POST", form.dataset.path, { body: request, headers: { "Idempotency-Key": key } });
  if (!ok) return problem.errors ? tellProblem(problem) : show(problem);
  location.assign(`/jobs/${body.id}${location.search.match(/[?&]theme=\w+/)?.[0].replace("&", "?") ?? ""}`);
}
