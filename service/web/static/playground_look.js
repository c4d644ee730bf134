// What a spec does, asked of the interface: the sheet of pictures, its numbers, and the linter's findings.
import { call, element } from "./page.js";
import { write } from "./spec_json.js";

const sheet = document.getElementById("sheet");
const drawn = document.getElementById("drawn");
const said = document.getElementById("look-said");
const MAX_WAIT_MS = 3_000;

/** Ask for everything, and show what comes; gives the problems of fields. An aborted look shows nothing more. */
export async function lookAt(asked, signal) {
  const [shown, linted] = await Promise.all([showSheet(asked, signal), lint(asked, signal)]);
  return unique([...linted, ...shown]);
}

async function showSheet(asked, signal) {
  const { spec, problems } = await dosed(asked, signal);
  if (problems) return problems;
  const body = { spec, ...asked.sheet, ...(asked.image ? { image: asked.image } : { dataset: asked.dataset }) };
  const numbers = drawn.open ? showNumbers(body, signal) : null;
  const found = await picture(JSON.stringify(body), signal);
  await numbers;
  return found;
}

async function picture(body, signal) {
  for (;;) {
    const answer = await fetch("/v1/previews", {
      method: "POST", body, signal, headers: { "Content-Type": "application/json", Accept: "image/png" },
    }).catch((error) => (error.name === "AbortError" ? null : undefined));
    if (answer === null || signal.aborted) return [];
    if (answer === undefined) return [{ location: "preview", message: "the service does not answer" }];
    if (answer.ok) {
      await put(await answer.blob(), signal);
      return [];
    }
    const problem = await answer.json();
    if (answer.status !== 409) return problem.errors?.length ? problem.errors : [{ location: "preview", message: problem.detail }];
    said.textContent = problem.detail; // the images are being read
    await new Promise((resolve) => { setTimeout(resolve, Math.min(MAX_WAIT_MS, 1000 * Number(answer.headers.get("Retry-After") ?? 1))); });
  }
}

async function put(blob, signal) {
  const next = new Image();
  next.src = URL.createObjectURL(blob);
  await next.decode();
  if (signal.aborted) return URL.revokeObjectURL(next.src);
  const last = sheet.src;
  sheet.width = next.naturalWidth;
  sheet.height = next.naturalHeight;
  sheet.src = next.src;
  sheet.alt = "Rows of images: each as it is, then what the spec makes of it. The numbers are below.";
  if (last) URL.revokeObjectURL(last);
}

async function dosed({ spec, dose }, signal) {
  const told = document.getElementById("dose-said");
  if (dose === 1) {
    told.textContent = "The spec as it is.";
    return { spec };
  }
  const { ok, body, problem } = await call("GET", `/playground/dose?${new URLSearchParams({ spec: write(spec, ""), dose })}`, { signal });
  if (!ok) return { problems: (problem?.errors ?? []).map((each) => ({ ...each, location: each.location.replace(/^body/, "body.spec") })) };
  told.textContent = body.sentence;
  return { spec: body.spec };
}

async function lint({ spec, dataset, image }, signal) {
  const { ok, body, problem } = await call("POST", "/v1/lint", { body: image ? { spec } : { spec, dataset }, signal });
  if (!ok) return problem?.errors ?? [];
  const items = body.findings.map(findingOf);
  document.getElementById("findings").replaceChildren(
    ...(items.length ? items : [element("p", {}, "Nothing to say against it.")]),
    element("p", { class: "quiet" }, `About ${body.basis}.`),
  );
  return [];
}

function findingOf({ severity, message, remedy, changed_spec: changed }) {
  const box = element("div", { class: `finding ${severity}` }, element("p", {}, element("b", {}, `${severity}: `), message), element("p", { class: "quiet" }, remedy));
  if (changed) {
    const button = element("button", { type: "button" }, "Do so");
    button.addEventListener("click", () => document.dispatchEvent(new CustomEvent("playground:spec", { detail: changed })));
    box.append(button);
  }
  return box;
}

async function showNumbers(body, signal) {
  const { ok, body: preview } = await call("POST", "/v1/previews", { body, signal });
  if (!ok) return;
  const names = Object.keys(preview.rows[0]?.cells[0]?.parameters ?? {});
  const rows = preview.rows.flatMap((row) => row.cells.map((cell) => element("tr", {},
    element("td", { class: "number" }, String(row.index)), element("td", {}, row.class_name), element("td", {}, cell.title),
    ...names.map((name) => element("td", { class: "number" }, inWords(cell.parameters[name]))))));
  const head = ["image", "class", "column", ...names].map((each) => element("th", { scope: "col" }, each));
  drawn.querySelector("div").replaceChildren(element("table", {},
    element("caption", {}, "What was drawn for each image"), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)));
}

function inWords(value) {
  if (value === null) return "–";
  return typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value);
}

function unique(problems) {
  return [...new Map(problems.map((each) => [`${each.location} ${each.message}`, each])).values()];
}

drawn.addEventListener("toggle", () => { if (drawn.open) document.dispatchEvent(new CustomEvent("playground:changed")); });
