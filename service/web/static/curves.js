// Learning curves of a job's trials: a thin line a seed, a thick one an arm. They grow as trials end.
import { call, element } from "./page.js";

const MAX_SERIES = 8;
const PAUSE = 3_000;
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]; // epochs between ticks

let shown = null; // what is drawn, and where: {section, plot, trials, done}

/** Draw the curves of the section that the page has, and again when more trials are over. */
export function watchCurves() {
  const section = document.querySelector("[data-curves]");
  if (!section || shown?.section === section) return;
  shown?.plot?.destroy();
  shown = { section, plot: null, trials: [], done: -1, at: 0 };
  load();
}

async function load() {
  const now = shown;
  now.at = Date.now();
  const { ok, body } = await call("GET", now.section.dataset.curves);
  if (!ok || now !== shown) return;
  now.trials = body.items.filter((trial) => trial.result);
  if (now.trials.length === now.done) return;
  now.done = now.trials.length;
  draw();
}

// The stream says how many are done; what they have measured is asked for when that changes.
document.addEventListener("progress", (event) => {
  if (!shown?.section.isConnected || !event.detail?.data) return;
  const { trials_done: done } = JSON.parse(event.detail.data).progress;
  if (done !== shown.done && Date.now() - shown.at > PAUSE) load();
});

function draw() {
  const { section, trials } = shown;
  if (!trials.length) return;
  section.hidden = false;
  const arms = [...new Set(trials.map((trial) => trial.arm))].slice(0, MAX_SERIES + 1);
  section.querySelector(".legend").replaceChildren(...arms.map((arm) =>
    element("li", { class: `${styleOf(arm, arms)}${arm === "baseline" ? " dashed" : ""}` }, arm)));
  const lines = arms.flatMap((arm) => linesOf(arm, arms));
  const longest = Math.max(...lines.map((line) => line.values.length));
  const epochs = Array.from({ length: longest }, (_, index) => index + 1);
  tabulate(arms, lines);
  plot(section.querySelector(".canvas"), epochs, lines);
}

function styleOf(arm, arms) {
  if (arm === "baseline") return "curve-0";
  return `curve-${arms.filter((each) => each !== "baseline").indexOf(arm) % MAX_SERIES + 1}`;
}

function linesOf(arm, arms) {
  const curves = shown.trials.filter((trial) => trial.arm === arm).map((trial) => trial.result.curves.validation_accuracy);
  const longest = Math.max(...curves.map((curve) => curve.length));
  const mean = Array.from({ length: longest }, (_, epoch) => {
    const known = curves.map((curve) => curve[epoch]).filter((value) => value != null);
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
  });
  const own = { arm, colour: colourOf(styleOf(arm, arms)), dash: arm === "baseline" ? [6, 4] : [] };
  const thin = curves.length > 1 ? curves.map((values) => ({ ...own, values, isMean: false })) : [];
  return [...thin, { ...own, values: mean, isMean: true, seeds: curves.length }];
}

/** A custom property may say one colour for light and one for dark; an element says which holds. */
function colourOf(style) {
  const swatch = element("i", { class: `swatch ${style}` });
  shown.section.append(swatch);
  const { color } = getComputedStyle(swatch);
  swatch.remove();
  return color;
}

function tabulate(arms, lines) {
  const row = (name, ...cells) => element("tr", {}, element("th", { scope: "row" }, name),
    ...cells.map((cell) => element("td", { class: "number" }, cell)));
  const head = element("tr", {}, ...["Arm", "Trials", "Epochs", "Mean accuracy at the end"].map((name, index) =>
    element("th", { scope: "col", ...(index ? { class: "number" } : {}) }, name)));
  const rows = lines.filter((line) => line.isMean).map((line) =>
    row(line.arm, String(line.seeds), String(line.values.length), percent(line.values.at(-1))));
  const caption = element("caption", {}, "Mean accuracy of each arm's finished trials after their last epoch");
  shown.section.querySelector("table").replaceChildren(caption, element("thead", {}, head), element("tbody", {}, ...rows));
}

const percent = (value) => (value == null ? "–" : `${(100 * value).toFixed(1)}%`);

function plot(place, epochs, lines) {
  shown.plot?.destroy();
  const [ink, grid] = ["--quiet", "--line"].map(property);
  const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "12px system-ui, sans-serif" };
  const pad = (values) => epochs.map((_, index) => values[index] ?? null);
  shown.plot = new window.uPlot({
    width: place.clientWidth,
    height: place.clientHeight,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: { x: { time: false } },
    axes: [
      { ...axis, label: "epoch", labelSize: 18, labelFont: axis.font, size: 34, incrs: WHOLE },
      { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => `${+(100 * tick).toFixed(1)}%`) },
    ],
    series: [{}, ...lines.map((line) => ({
      stroke: line.colour, width: line.isMean ? 2.5 : 0.8, dash: line.dash, points: { show: epochs.length < 3 },
    }))],
  }, [epochs, ...lines.map((line) => pad(line.values))], place);
}

function property(name) {
  const probe = element("i", { class: "swatch" });
  shown.section.append(probe);
  probe.style.setProperty("--own", `var(${name})`);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

addEventListener("resize", () => {
  const place = shown?.section.querySelector(".canvas");
  if (shown?.plot && place) shown.plot.setSize({ width: place.clientWidth, height: place.clientHeight });
});
new MutationObserver(() => shown?.plot && draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shown?.plot && draw());
