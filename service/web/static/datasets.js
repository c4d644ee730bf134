// Adding datasets: what is dropped or chosen is sent, what is elsewhere is referred to.
import { call, element, say, show } from "./page.js";
import { tarOf } from "./tar.js";
import { markOf, upload } from "./uploading.js";

const drop = document.getElementById("drop");
const options = document.getElementById("options");
const reference = document.getElementById("reference");
const NOT_IMAGES = /(^|\/)(\.|__MACOSX|Thumbs\.db$|desktop\.ini$)/;
const MEGABYTE = 2 ** 20;

/** What was said of how images are stored, as a reference has it; null where it makes no sense. */
function chosenOptions() {
  const said = Object.fromEntries([...new FormData(options)].filter(([, value]) => value !== ""));
  const { height, width, ...rest } = said;
  if (Boolean(height) !== Boolean(width)) {
    show({ detail: "An image size is a height and a width: say both, or neither.", errors: [] });
    return null;
  }
  return height ? { ...rest, image_size: [Number(height), Number(width)] } : rest;
}

async function register(body) {
  const { ok, body: dataset, problem } = await call("POST", "/v1/datasets", { body });
  show(problem);
  if (!ok) return false;
  say(`Dataset ${dataset.id} is ${dataset.state}`);
  document.body.dispatchEvent(new CustomEvent("augury:changed", { bubbles: true }));
  return true;
}

/** All files below what was dropped, each with its path; folders are read as far as there is anything in them. */
async function filesOf(entry, path = "") {
  const name = path + entry.name;
  if (NOT_IMAGES.test(name)) return [];
  if (entry.isFile) return [{ path: name, file: await new Promise((done, fail) => { entry.file(done, fail); }) }];
  const reader = entry.createReader();
  const found = [];
  for (;;) { // a reader gives a hundred at a time
    const some = await new Promise((done, fail) => { reader.readEntries(done, fail); });
    if (!some.length) return (await Promise.all(found.map((each) => filesOf(each, `${name}/`)))).flat();
    found.push(...some);
  }
}

/** Send files: one as it is, several as one tar, whose name is the folder's. */
async function send(entries) {
  const files = entries.filter(({ path }) => !NOT_IMAGES.test(path));
  if (!files.length) return show({ detail: "There is no file in that. Drop a folder with a folder of images for each class.", errors: [] });
  const isOne = files.length === 1 && !files[0].path.includes("/");
  files.sort((one, other) => (one.path < other.path ? -1 : 1));
  const blob = isOne ? files[0].file : tarOf(files);
  const name = isOne ? files[0].path : `${files[0].path.split("/")[0] || "files"}.tar`;
  if (blob.size > Number(drop.dataset.maxBytes)) {
    return show({ detail: `${name} has ${megabytes(blob.size)}, more than this service takes. Make the images smaller, or have the service read them from where they are.`, errors: [] });
  }
  const chosen = chosenOptions();
  if (!chosen) return;
  await sendShown(blob, name, markOf(files), isOne ? "" : `${files.length.toLocaleString("en")} files`, chosen);
}

const megabytes = (bytes) => `${(bytes / MEGABYTE).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;

async function sendShown(blob, name, mark, what, chosen) {
  const stop = new AbortController();
  const bar = element("progress", { max: "1", value: "0", "aria-label": `How much of ${name} is sent` });
  const told = element("p", { class: "quiet" });
  const cancel = element("button", { type: "button" }, "Cancel");
  const box = element("div", { class: "upload" }, element("b", {}, name), ` ${what}`, bar, told, element("p", { class: "actions" }, cancel));
  document.getElementById("uploads").append(box);
  cancel.addEventListener("click", () => stop.abort());
  show(null);
  const result = await upload(blob, name, mark, {
    signal: stop.signal,
    told: ({ sent, total, waiting }) => {
      bar.value = total ? sent / total : 0;
      told.textContent = waiting ? "The service does not answer; it goes on when it does." : `${megabytes(sent)} of ${megabytes(total)}`;
    },
  });
  if (result.aborted) await call("DELETE", result.path);
  else if (result.problem) show(result.problem);
  else await register({ kind: "upload", sha256: result.sha256, ...chosen });
  box.remove();
}

if (drop) {
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    const entries = [...event.dataTransfer.items].map((each) => each.webkitGetAsEntry?.()).filter(Boolean);
    const plain = [...event.dataTransfer.files].map((file) => ({ path: file.name, file }));
    try {
      await send(entries.length ? (await Promise.all(entries.map((each) => filesOf(each)))).flat() : plain);
    } catch {
      show({ detail: "The browser cannot read what was dropped. Choose the folder or the files by the buttons instead.", errors: [] });
    }
  });
  for (const kind of ["folder", "files"]) {
    const input = document.getElementById(`pick-${kind}`);
    drop.querySelector(`[data-pick=${kind}]`).addEventListener("click", () => input.click());
    input.addEventListener("change", async () => {
      const chosen = [...input.files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
      input.value = "";
      if (chosen.length) await send(chosen);
    });
  }
  const kind = document.getElementById("kind");
  const showKind = () => {
    for (const each of reference.querySelectorAll("fieldset")) each.hidden = each.disabled = each.dataset.kind !== kind.value;
  };
  kind.addEventListener("change", showKind);
  showKind();
  reference.addEventListener("submit", async (event) => {
    event.preventDefault();
    const shaped = "shaped" in reference.querySelector("fieldset:not([hidden])").dataset;
    const chosen = shaped ? chosenOptions() : {};
    if (!chosen) return;
    const said = Object.fromEntries([...new FormData(reference)].filter(([, value]) => value !== ""));
    if (await register({ ...said, ...chosen })) reference.reset(), showKind();
  });
}
