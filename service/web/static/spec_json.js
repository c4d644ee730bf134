// JSON of specs, as it was written: to Keras 2 and 2.0 are different shifts, and to a browser the same number.

/** A number with the digits that it came with. */
class Written {
  constructor(source) { this.source = source; }

  toJSON() { return JSON.rawJSON(this.source); } // whoever gives sources of numbers has this, too
}

/** What a text stands for; numbers that a browser would write otherwise keep their digits. Throws SyntaxError. */
export function parse(text) {
  return JSON.parse(text, (_key, value, context) => {
    const source = context?.source;
    return typeof value === "number" && source !== undefined && String(value) !== source ? new Written(source) : value;
  });
}

/** The text of a value. Lists of numbers stay in a line; *indent* is of objects, "" for none. */
export function write(value, indent = "  ", margin = "") {
  if (value instanceof Written) return value.source;
  if (Array.isArray(value)) return `[${value.map((each) => write(each, "")).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = margin + indent;
  const fields = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${write(each, indent, inner)}`);
  if (!fields.length) return "{}";
  return indent ? `{\n${inner}${fields.join(`,\n${inner}`)}\n${margin}}` : `{${fields.join(", ")}}`;
}

/** As a number to draw a slider by; NaN where it is none. */
export function numberOf(value) {
  return value instanceof Written ? Number(value.source) : typeof value === "number" ? value : NaN;
}
