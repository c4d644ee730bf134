// Several files as one: a tar that is put together as it is read, so that no photograph is in memory before its turn.

const BLOCK = 512;
const encode = (text) => new TextEncoder().encode(text);

/** A tar of files, [{path, file}], as a Blob whose parts are the files themselves; the same files in the same order give the same bytes. */
export function tarOf(entries) {
  const parts = [];
  for (const { path, file } of entries) {
    const name = encode(path);
    if (name.length > 100 || name.some((each) => each > 127)) parts.push(...extended(name));
    parts.push(header(name.slice(0, 100), file.size, "0"), file, padding(file.size));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return new Blob(parts);
}

/** A record of POSIX's pax format with the name of the next entry, which is too long for a header, or not ASCII. */
function extended(name) {
  const said = encode(" path=");
  let length = said.length + name.length + 1;
  while (String(length).length + said.length + name.length + 1 !== length) {
    length = String(length).length + said.length + name.length + 1;
  }
  const record = new Blob([String(length), said, name, "\n"]);
  return [header(encode("pax"), record.size, "x"), record, padding(record.size)];
}

function header(name, size, kind) {
  const block = new Uint8Array(BLOCK);
  const write = (text, at) => block.set(typeof text === "string" ? encode(text) : text, at);
  const octal = (number, digits) => number.toString(8).padStart(digits, "0");
  write(name, 0);
  write("0000644\0", 100);
  write("0000000\0", 108);
  write("0000000\0", 116);
  write(`${octal(size, 11)}\0`, 124);
  write("00000000000\0", 136);
  write(" ".repeat(8), 148);
  write(kind, 156);
  write("ustar\0" + "00", 257);
  write(`${octal(block.reduce((sum, each) => sum + each, 0), 6)}\0 `, 148);
  return block;
}

function padding(size) {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}
