// Signing in: the key goes into a header once, and what comes back is a cookie that scripts cannot read.
import { call, show } from "./page.js";

const form = document.getElementById("sign-in");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const key = form.elements.key.value.trim();
  const { ok, problem } = await call("POST", "/v1/session", { headers: { Authorization: `Bearer ${key}` } });
  if (!ok) return show(problem);
  location.assign(form.dataset.next);
});
