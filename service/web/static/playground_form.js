// The form of a spec: from its controls to parameters, and back. What is at its default is left out.
import { numberOf, parse, write } from "./spec_json.js";

const controls = new Map([...document.querySelectorAll("[data-parameter]")].map((each) => [each.dataset.parameter, each]));
const part = (control, name) => control.querySelector(`[data-${name}]`);

/** What a number may be typed as: as JSON, or as a fraction. */
function typed(text) {
  const share = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)\s*$/.exec(text);
  if (share && Number(share[2])) return Number(share[1]) / Number(share[2]);
  try {
    return parse(text);
  } catch {
    return text.trim(); // what is wrong with it the service says, at the field
  }
}

const READ = {
  flag: (control) => part(control, "value").checked,
  choice: (control) => JSON.parse(part(control, "value").value),
  number: readAny,
  any: readAny,
  pair(control) {
    const ends = [part(control, "low"), part(control, "high")].map((each) => each.value.trim());
    if (ends.every((each) => each === "")) return null;
    return ends.map((each) => (each === "" ? 1 : typed(each)));
  },
};

function readAny(control) {
  const text = part(control, "value").value;
  return text.trim() === "" ? JSON.parse(control.dataset.default) : typed(text);
}

const SHOW = {
  flag: (control, value) => { part(control, "value").checked = value === true; },
  choice: (control, value) => { part(control, "value").value = JSON.stringify(value); },
  number: showAny,
  any: showAny,
  pair(control, value) {
    ["low", "high"].forEach((end, index) => put(part(control, end), Array.isArray(value) ? write(value[index] ?? "") : ""));
  },
};

function showAny(control, value) {
  put(part(control, "value"), value === null ? "" : typeof value === "string" ? value : write(value, ""));
  slide(control, value);
}

function slide(control, value) {
  const slider = part(control, "slider");
  if (slider) slider.value = Number.isNaN(numberOf(value)) ? 0 : numberOf(value);
}

// Whoever types "0." into a field is not to have it taken for "0" under their fingers.
function put(input, text) {
  if (input !== document.activeElement) input.value = text;
}

/** Take what one control says into a spec; gives the changed spec. */
export function take(input, spec) {
  const control = input.closest("[data-parameter]");
  const { parameter, kind } = control.dataset;
  if (input.matches("[data-slider]")) part(control, "value").value = input.value;
  const value = READ[kind](control);
  if (!input.matches("[data-slider]")) slide(control, value);
  const changed = { ...spec };
  if (same(value, JSON.parse(control.dataset.default))) delete changed[parameter];
  else changed[parameter] = value;
  mark(control, parameter in changed);
  return changed;
}

/** Show a spec in the form. */
export function show(spec) {
  for (const [name, control] of controls) {
    const value = name in spec ? spec[name] : JSON.parse(control.dataset.default);
    SHOW[control.dataset.kind](control, value);
    mark(control, name in spec);
  }
}

/** Say at each field what is wrong with it; gives the problems that belong to no field. */
export function complain(errors) {
  const left = [];
  const said = new Map();
  for (const each of errors) {
    const name = /^body\.spec\.(\w+)/.exec(each.location)?.[1];
    if (controls.has(name)) said.set(name, [...(said.get(name) ?? []), each.message]);
    else left.push(each);
  }
  for (const [name, control] of controls) {
    const fault = control.querySelector(".fault");
    const text = (said.get(name) ?? []).join("; ");
    if (fault.textContent !== text) fault.textContent = text;
    fault.hidden = !text;
    for (const input of control.querySelectorAll("input, select")) {
      if (text) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }
  return left;
}

function mark(control, isSet) {
  control.classList.toggle("set", isSet);
}

function same(one, other) {
  return write(one, "") === write(other, "") || (numberOf(one) === numberOf(other));
}
