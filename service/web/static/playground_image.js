// An image of one's own: opened by the browser, made small there, and handed on as pixels.
import { show } from "./page.js";

const bench = document.getElementById("playground");
const input = document.querySelector("#look [name=own]");
const away = document.querySelector("[data-own-away]");
const drop = document.getElementById("drop");
let own = null;

/** The image as the interface takes it; null where there is none. */
export function ownImage() {
  return own;
}

async function open(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return show({ detail: `This browser cannot open ${file.name} as an image.` });
  }
  const scale = Math.min(1, Number(bench.dataset.maxSide) / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const pen = new OffscreenCanvas(width, height).getContext("2d");
  pen.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  own = { height, width, pixels: base64(pen.getImageData(0, 0, width, height).data) };
  show(null);
  changed();
}

/** Red, green and blue of pixels that have transparency, too. */
function base64(rgba) {
  const bytes = new Uint8Array(rgba.length / 4 * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) bytes.set(rgba.subarray(from, from + 3), to);
  let text = "";
  for (let first = 0; first < bytes.length; first += 0x8000) text += String.fromCharCode(...bytes.subarray(first, first + 0x8000));
  return btoa(text);
}

function changed() {
  document.getElementById("own-said").hidden = own === null;
  away.hidden = own === null;
  document.querySelector("#look [name=count]").disabled = own !== null;
  document.dispatchEvent(new CustomEvent("playground:changed"));
}

input.addEventListener("change", () => { if (input.files.length) open(input.files[0]); });
away.addEventListener("click", () => {
  own = null;
  input.value = "";
  changed();
  input.focus();
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  bench.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) open(event.dataTransfer.files[0]);
  });
}
