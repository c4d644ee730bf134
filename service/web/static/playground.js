// The playground: a spec by form and as JSON, in step, and what it does, a moment after every change.
import { element, setAddress } from "./page.js";
import { complain, show as showForm, take } from "./playground_form.js";
import { lookAt } from "./playground_look.js";
import { ownImage } from "./playground_image.js";
import { requestOf, showCode, startRunning } from "./playground_run.js";
import { parse, write } from "./spec_json.js";

const PAUSE_MS = 20; // longer than between two looks at a slider that is drawn
const bench = document.getElementById("playground");
const text = document.getElementById("spec");
const fault = document.getElementById("spec-fault");
const look = document.getElementById("look");
const tried = document.querySelector(".tried");

let spec = {};
let timer = 0;
let running = null;
let changedAt = 0;

/** The spec of the text, which is what is right; where it is none, the last one stays, and so does the text. */
function read() {
  try {
    const found = parse(text.value);
    if (found === null || typeof found !== "object" || Array.isArray(found)) throw new SyntaxError("expected an object: { … }");
    fault.hidden = true;
    text.removeAttribute("aria-invalid");
    return found;
  } catch (error) {
    fault.textContent = `This is no JSON: ${error.message}. The form and the pictures are of the last spec that was.`;
    fault.hidden = false;
    text.setAttribute("aria-invalid", "true");
    return null;
  }
}

function asked() {
  const fields = Object.fromEntries(new FormData(look));
  return {
    spec,
    dataset: referenceOf(fields.dataset),
    image: ownImage(),
    dose: Number(fields.dose),
    sheet: {
      count: ownImage() ? 1 : bounded(look.elements.count),
      rounds: bounded(look.elements.rounds),
      seed: bounded(look.elements.seed),
      worst_case: "worst_case" in fields,
      show_parameters: "show_parameters" in fields,
    },
  };
}

function bounded(input) {
  const number = Math.round(Number(input.value));
  return Math.min(Number(input.max), Math.max(Number(input.min), Number.isFinite(number) ? number : Number(input.min)));
}

function referenceOf(value) {
  return value.startsWith("ds_") ? { kind: "dataset", id: value } : { kind: "builtin", name: value };
}

function changed() {
  changedAt = performance.now();
  tried.classList.add("stale");
  clearTimeout(timer);
  timer = setTimeout(act, PAUSE_MS);
}

async function act() {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  const began = changedAt;
  remember();
  const problems = await lookAt(asked(), signal).catch((error) => {
    if (!signal.aborted) throw error;
    return []; // given up in the middle of an answer
  });
  if (signal.aborted) return;
  const left = complain(problems);
  document.getElementById("look-said").replaceChildren(...left.map((each) => element("span", { class: "fault" }, `${each.location}: ${each.message} `)));
  tried.classList.remove("stale");
  bench.dispatchEvent(new CustomEvent("playground:shown", { detail: { milliseconds: performance.now() - began }, bubbles: true }));
  showCode(requestOf(spec, asked().dataset));
}

function remember() {
  const compact = write(spec, "");
  const isShort = compact.length <= Number(bench.dataset.maxSpec);
  document.getElementById("spec-length").hidden = isShort;
  setAddress({ dataset: look.elements.dataset.value, ...(isShort ? { spec: compact } : {}) });
}

/** Have another spec in place of the one that is there. */
export function replaceSpec(other) {
  spec = other;
  text.value = write(spec);
  read();
  showForm(spec);
  changed();
}

document.addEventListener("input", (event) => {
  if (event.target.closest("[data-parameter]")) {
    spec = take(event.target, spec);
    text.value = write(spec);
    read();
    changed();
  } else if (event.target === text) {
    const found = read();
    if (found === null) return;
    spec = found;
    showForm(spec);
    changed();
  } else if (event.target.form === look && event.target.type !== "file") {
    document.getElementById("dose-value").textContent = look.elements.dose.value;
    changed();
  }
});
document.addEventListener("playground:changed", changed); // an image came or went, or how it is trained
document.addEventListener("playground:spec", (event) => replaceSpec(event.detail)); // a remedy of the linter
look.addEventListener("submit", (event) => event.preventDefault());

const first = read();
if (first !== null) {
  spec = first;
  showForm(spec);
}
startRunning(() => requestOf(spec, asked().dataset));
changed();
