// A file of any size to the service, piece by piece (tus 1.0). What breaks off goes on where it was: at once when the
// service answers again, and later when the same file is chosen.
import { call } from "./page.js";

const PIECE_BYTES = 8 * 1024 * 1024;
const KEPT = "augury:upload:";
const PATIENCE_MS = 120_000;
const VERSION = { "Tus-Resumable": "1.0.0" };
const BROKEN = new Set([0, 408, 409, 429, 500, 502, 503, 504]);

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Send a blob. Gives {sha256}, {problem} or {aborted}; *told* hears {sent, total, waiting}; *signal* ends it.
 * *mark* is the same for the same content: by it an upload that broke off is known again. */
export async function upload(blob, name, mark, { told, signal }) {
  const begun = await find(blob, mark) ?? await begin(blob, name, mark);
  if (begun.problem) return begun;
  let at = begun.offset;
  let trouble = null;
  const path = `/v1/uploads/${begun.id}`;
  for (;;) {
    if (signal.aborted) return { aborted: true, path };
    told({ sent: at, total: blob.size, waiting: trouble !== null });
    const sent = await send(path, blob, at, signal, (part) => told({ sent: at + part, total: blob.size, waiting: false }));
    if (signal.aborted) return { aborted: true, path };
    if (sent.ok) {
      at = sent.offset;
      trouble = null;
      if (at === blob.size) break;
      continue;
    }
    trouble ??= performance.now();
    if (!BROKEN.has(sent.status) || performance.now() > trouble + PATIENCE_MS) return { problem: sent.problem };
    told({ sent: at, total: blob.size, waiting: true });
    await pause(1500);
    const now = await call("GET", path, { signal });
    if (now.ok) at = now.body.offset;
    else if (now.status === 404) return { problem: now.problem };
  }
  localStorage.removeItem(KEPT + mark);
  const done = await call("GET", path);
  return done.ok ? { sha256: done.body.sha256 } : { problem: done.problem };
}

/** A mark of files, [{path, file}]: another one where any of their paths, sizes or times differs. */
export function markOf(entries) {
  let [one, other] = [0xdeadbeef, 0x41c6ce57];
  for (const { path, file } of entries) {
    for (const each of `${path}\0${file.size}\0${file.lastModified}\0`) {
      const code = each.codePointAt(0);
      one = Math.imul(one ^ code, 2654435761);
      other = Math.imul(other ^ code, 1597334677);
    }
  }
  return `${(one >>> 0).toString(16)}-${(other >>> 0).toString(16)}`;
}

/** The upload of the same files that broke off, where this browser has begun one that is still there. */
async function find(blob, mark) {
  const id = localStorage.getItem(KEPT + mark);
  if (!id) return null;
  const { ok, body } = await call("GET", `/v1/uploads/${id}`);
  return ok && body.length === blob.size ? { id, offset: body.offset } : null;
}

async function begin(blob, name, mark) {
  const headers = { ...VERSION, "Upload-Length": String(blob.size), "Upload-Metadata": `filename ${base64(name)}` };
  const { ok, body, problem } = await call("POST", "/v1/uploads", { headers });
  if (!ok) return { problem };
  localStorage.setItem(KEPT + mark, body.id);
  return { id: body.id, offset: 0 };
}

/** One piece, by the only interface of browsers that tells how much of it has gone. */
function send(path, blob, at, signal, told) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const end = (result) => { signal.removeEventListener("abort", stop); done(result); };
    signal.addEventListener("abort", stop);
    request.open("PATCH", path);
    for (const [key, value] of Object.entries(VERSION)) request.setRequestHeader(key, value);
    request.setRequestHeader("Content-Type", "application/offset+octet-stream");
    request.setRequestHeader("Upload-Offset", String(at));
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => told(event.loaded);
    request.onload = () => end(request.status === 204
      ? { ok: true, offset: Number(request.getResponseHeader("Upload-Offset")) }
      : { ok: false, status: request.status, problem: problemOf(request) });
    request.onerror = request.onabort = () => end({ ok: false, status: 0, problem: problemOf(request) });
    request.send(blob.slice(at, at + PIECE_BYTES));
  });
}

function problemOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return { detail: "The service does not answer. What has come is kept for a day: drop the same again, and it goes on.", errors: [] };
  }
}
