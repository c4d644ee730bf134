// A job's page: what its report can be saved as, more seeds, and the modules of its tabs.
import { call, element, save, show } from "./page.js";
import { watchCurves } from "./curves.js";
import { prepareEditor } from "./again.js";

/** Give figures and tables of the report what pages have beside theirs. */
function addSaves() {
  const report = document.querySelector(".report:not([data-saves])");
  if (!report) return;
  report.dataset.saves = "";
  report.querySelectorAll("figure.plot").forEach((figure, index) => {
    figure.dataset.figure ??= `figure-${index + 1}`;
    figure.append(saves(figure, "svg", "png"));
  });
  report.querySelectorAll("table").forEach((table, index) => {
    const box = table.closest(".scroll").parentElement;
    box.dataset.figure ??= `table-${index + 1}`;
    box.append(saves(table, "csv"));
  });
}

function saves(of, ...kinds) {
  const name = of.querySelector("figcaption, caption")?.textContent.trim().slice(0, 80) ?? "this";
  return element("p", { class: "save", role: "group", "aria-label": `Save: ${name}` }, ...kinds.map((kind) =>
    element("button", { type: "button", "data-save": kind }, kind.toUpperCase())));
}

async function download(link) {
  const answer = await fetch(link.getAttribute("href").split("?")[0], { headers: { Accept: link.dataset.accept } });
  if (!answer.ok) return show(await answer.json());
  save(link.dataset.download, await answer.blob());
}

async function extend(form) {
  const { ok, problem } = await call("POST", form.dataset.extend, { body: { seeds: form.elements.seeds.valueAsNumber } });
  show(problem);
  if (ok) document.body.dispatchEvent(new CustomEvent("augury:changed", { bubbles: true }));
}

/** A link into what is closed opens it. */
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let each = target.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
  target.scrollIntoView();
}

function begin() {
  addSaves();
  watchCurves();
  prepareEditor();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-download]");
  if (!link) return;
  event.preventDefault();
  download(link);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-extend]")) return;
  event.preventDefault();
  extend(event.target);
});
addEventListener("hashchange", openTarget);
document.addEventListener("htmx:after:swap", begin);
begin();
openTarget();
