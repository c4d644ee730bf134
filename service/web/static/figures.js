// Saving a figure: as it is drawn (SVG), as pixels (PNG), and its numbers (CSV).
import { save, show } from "./page.js";

const PNG_SCALE = 2;

/** Save what a button of a figure asks for. */
export async function saveFigure(button) {
  const figure = button.closest("[data-figure]");
  const name = figure.dataset.figure;
  const kind = button.dataset.save;
  if (kind === "csv") return save(`${name}.csv`, csv(figure.querySelector("table")), "text/csv");
  const drawn = standalone(figure.querySelector("svg"));
  if (kind === "svg") return save(`${name}.svg`, drawn.text, "image/svg+xml");
  try {
    save(`${name}.png`, await pixels(drawn));
  } catch {
    show({ detail: "This browser cannot draw the figure as pixels; save it as SVG instead." });
  }
}

/** The drawing with its colours written into it, as no style sheet goes with a file. */
function standalone(svg) {
  const copy = svg.cloneNode(true);
  const [originals, copies] = [[svg, ...svg.querySelectorAll("*")], [copy, ...copy.querySelectorAll("*")]];
  const properties = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "fill-opacity", "opacity",
    "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline"];
  originals.forEach((original, index) => {
    const style = getComputedStyle(original);
    for (const property of properties) {
      const value = style.getPropertyValue(property);
      if (value) copies[index].setAttribute(property, value);
    }
    copies[index].removeAttribute("class");
  });
  const [, , width, height] = (svg.getAttribute("viewBox") ?? `0 0 ${svg.clientWidth} ${svg.clientHeight}`).split(/[\s,]+/).map(Number);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [key, value] of Object.entries({ width, height, fill: getComputedStyle(document.body).backgroundColor })) {
    paper.setAttribute(key, value);
  }
  copy.prepend(paper);
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

async function pixels({ text, width, height }) {
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await picture.decode();
  const canvas = new OffscreenCanvas(width * PNG_SCALE, height * PNG_SCALE);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/png" });
}

// A cell that begins like a formula would be one to a spreadsheet.
function csv(table) {
  const cell = (each) => {
    const text = each.textContent.trim().replace(/\s+/g, " ").replaceAll("−", "-");
    const safe = /^[=@\t\r]|^[+-](?![\d.])/.test(text) ? `'${text}` : text;
    return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [...table.rows].map((row) => [...row.cells].map(cell).join(",")).join("\r\n") + "\r\n";
}
