// What a person gives as the raw numbers that the network takes, as NetBuilder makes them.

/** Something to tell the person: a key of the page's sentences and its values. */
class Told extends Error {
  constructor(key, values) {
    super(key);
    Object.assign(this, { key, values });
  }
}

/** The features of one row: numbers, 0 or 1 a category; an empty cell takes the column's fill. */
function rowFeatures(columns, cells) {
  return columns.flatMap((column) => {
    let cell = String(cells[column.name] ?? "").trim();
    if (cell === "") {
      if (column.fill === undefined) throw new Told("empty", { column: column.name });
      if (column.kind !== "category") return [column.fill];
      cell = String(column.fill);
    }
    if (column.kind === "category") {
      const place = column.categories.indexOf(cell);
      if (place < 0) throw new Told("unknown", { column: column.name, value: cell });
      return column.categories.map((_, i) => (i === place ? 1 : 0));
    }
    if (column.kind === "boolean" && column.categories.includes(cell)) {
      return [column.categories.indexOf(cell)];
    }
    const number = column.kind === "date" && column.days && cell.includes("-", 1)
      ? Math.round(Date.parse(`${cell}T00:00:00Z`) / 86400000) : Number(cell);
    if (!Number.isFinite(number)) throw new Told("number", { column: column.name, value: cell });
    return [number];
  });
}

/** The columns whose number is far from the training rows: a tenth of their range beyond its ends. */
function outOfRange(columns, features, width) {
  const found = [];
  let place = 0;
  for (const column of columns) {
    if (column.kind === "number" && column.low !== undefined && column.high !== undefined) {
      const room = 0.1 * (column.high - column.low);
      let worst = 0;
      let value = 0;
      for (let at = place; at < features.length; at += width) {
        const off = Math.max(column.low - room - features[at], features[at] - column.high - room);
        if (off > worst) [worst, value] = [off, features[at]];
      }
      if (worst > 0) found.push({ column, value });
    }
    place += column.kind === "category" ? column.categories.length : 1;
  }
  return found;
}

// Python's blanks and word letters: JavaScript's \s and \w are others.
const BLANKS = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const EACH = "\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff";
const LETTER = `(?:(?![${EACH}])[\\p{L}\\p{N}_])+`;
const WORDS = new RegExp(`\\n|[${EACH}]|${LETTER}(?:['’]${LETTER})*|[^\\p{L}\\p{N}_${BLANKS}]`, "gu");
const PUNCTUATION = /[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~']/g;
const BLANK_MARKS = { " ": "␣", "\n": "↵", "\t": "⇥" };

/** The words of a text: lower case, without punctuation, cut at blanks or by character. */
function words(text, split) {
  const bare = text.toLowerCase().replace(PUNCTUATION, "");
  if (split === "character") return [...bare];
  return bare.split(new RegExp(`[${BLANKS}]+`, "u")).filter((word) => word !== "");
}

/** The tokens of a text that is to go on: its characters, or words, marks and line ends. */
function tokens(text, level, lowercase) {
  const plain = (lowercase ? text.toLowerCase() : text)
    .replace(new RegExp(`(?![\\n\\t ])[${BLANKS}]`, "gu"), " ");
  const found = level === "character" ? [...plain] : plain.match(WORDS) || [];
  return found.map((token) => BLANK_MARKS[token] || token);
}

/** Numbers of the words of a text, and the words that the network does not know. */
function textNumbers(entry, text) {
  entry.places ||= new Map(entry.vocabulary.map((word, place) => [word, place]).slice(2));
  const length = entry.shape[0];
  const pieces = entry.level ? tokens(text, entry.level, entry.lowercase) : words(text, entry.split);
  const numbers = pieces.map((word) => entry.places.get(word) ?? 1);
  const unknown = [...new Set(pieces.filter((word) => !entry.places.has(word)))];
  const kept = entry.level ? numbers.slice(-length) : numbers.slice(0, length);
  const found = new Float32Array(length);
  // A text to go on from ends at the last place; padding stands before it.
  found.set(kept, entry.level ? length - kept.length : 0);
  return { numbers: found, unknown, known: numbers.some((number) => number > 1) };
}

/** Numbers in lines: one step a line where there are columns, else all of them in order. */
function lineNumbers(entry, text) {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const width = size(entry.shape.slice(1)) || 1;
  const names = (entry.columns || []).map((column) => column.name);
  const found = lines.flatMap((line) => {
    const cells = line.split(/[;,\t]|\s+/).map((cell) => cell.trim()).filter((cell) => cell !== "");
    if (!names.length) {
      return cells.map((cell) => {
        if (!Number.isFinite(Number(cell))) throw new Told("not_number", { value: cell });
        return Number(cell);
      });
    }
    if (cells.length !== names.length) throw new Told("cells", { line, count: names.length });
    return rowFeatures(entry.columns, Object.fromEntries(names.map((name, i) => [name, cells[i]])));
  });
  const whole = entry.shape[0] === null ? Math.floor(found.length / width) * width : size(entry.shape);
  if (found.length !== whole || !found.length) {
    const wanted = whole || width;
    throw new Told(wanted === 1 ? "count_one" : "count", { found: found.length, wanted });
  }
  return Float32Array.from(found);
}

/** Bring one plane of pixels to another size, as Pillow does: each new pixel is the mean of what
 * it covers ("box"), or weighted by how near it is ("bilinear"). */
function resized(pixels, width, height, newWidth, newHeight, filter) {
  const pass = (values, lines, from, to, at, put) => {
    const scale = from / to;
    const wide = Math.max(scale, 1);
    const support = (filter === "box" ? 0.5 : 1) * wide;
    const weight = filter === "box"
      ? (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) : (x) => Math.max(0, 1 - Math.abs(x));
    for (let i = 0; i < to; i++) {
      const centre = (i + 0.5) * scale;
      const first = Math.max(Math.trunc(centre - support + 0.5), 0);
      const end = Math.min(Math.trunc(centre + support + 0.5), from);
      const weights = [];
      for (let x = first; x < end; x++) weights.push(weight((x - centre + 0.5) / wide));
      const total = weights.reduce((a, b) => a + b, 0);
      for (let line = 0; line < lines; line++) {
        let sum = 0;
        for (let x = first; x < end; x++) sum += weights[x - first] * values[at(line, x)];
        put(line, i, Math.round(sum / total));
      }
    }
  };
  const across = new Float32Array(newWidth * height);
  pass(pixels, height, width, newWidth, (y, x) => y * width + x,
    (y, x, value) => { across[y * newWidth + x] = value; });
  const found = new Float32Array(newWidth * newHeight);
  pass(across, newWidth, height, newHeight, (x, y) => y * newWidth + x,
    (x, y, value) => { found[y * newWidth + x] = value; });
  return found;
}

/** Raw values of a picture, from RGBA pixels. */
function picturePixels(entry, rgba, width, height, inverted) {
  const [rows, columns, channels] = entry.shape;
  const found = new Float32Array(rows * columns * channels);
  for (let c = 0; c < channels; c++) {
    const plane = new Float32Array(width * height);
    for (let i = 0; i < plane.length; i++) {
      const [r, g, b] = [rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]];
      const value = channels === 1 ? (r * 19595 + g * 38470 + b * 7471 + 32768) >> 16 : [r, g, b][c % 3];
      plane[i] = inverted ? 255 - value : value;
    }
    const small = resized(plane, width, height, columns, rows, "bilinear");
    small.forEach((value, i) => {
      found[i * channels + c] = entry.low + (value / 255) * (entry.high - entry.low);
    });
  }
  return found;
}

/** A drawing as large as fits, its proportions kept, in the middle of a page. */
function fitted(ink, side, height, width) {
  const [rows, columns] = [[], []];
  ink.forEach((value, i) => {
    if (value > 0.1) { rows.push(Math.floor(i / side)); columns.push(i % side); }
  });
  const reach = (list) => list.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [side, 0]);
  const [[top, bottom], [left, right]] = [reach(rows), reach(columns)];
  const [high, wide] = [bottom - top + 1, right - left + 1];
  const cut = new Float32Array(high * wide);
  cut.forEach((_, i) => {
    cut[i] = Math.trunc(255 * ink[(top + Math.floor(i / wide)) * side + left + (i % wide)]);
  });
  const scale = Math.min(height / high, width / wide);
  const newHeight = Math.min(Math.max(1, Math.round(high * scale)), height);
  const newWidth = Math.min(Math.max(1, Math.round(wide * scale)), width);
  const small = resized(cut, wide, high, newWidth, newHeight, "box");
  const page = new Float32Array(height * width);
  const [down, over] = [(height - newHeight) >> 1, (width - newWidth) >> 1];
  small.forEach((value, i) => {
    page[(down + Math.floor(i / newWidth)) * width + over + (i % newWidth)] = value / 255;
  });
  return page;
}

/** Raw values of a drawing (side × side, 0 the page, 1 the pen), prepared as the digits of
 * scikit-learn (8×8) and MNIST (28×28) were; of other sizes as it is. */
function drawingPixels(entry, ink, side) {
  if (!ink.some((value) => value > 0.1)) throw new Told("nothing_drawn", {});
  const [height, width, channels] = entry.shape;
  let small;
  if (height === 8 && width === 8) {
    const page = fitted(ink, side, 32, 32);
    small = new Float32Array(64);
    page.forEach((value, i) => {
      if (value > 0.5) small[(i >> 7) * 8 + ((i & 31) >> 2)] += 1 / 16;
    });
  } else if (height === 28 && width === 28) {
    const digit = fitted(ink, side, 20, 20);
    let [mass, y, x] = [0, 0, 0];
    digit.forEach((value, i) => {
      mass += value;
      y += value * (Math.floor(i / 20) + 0.5);
      x += value * ((i % 20) + 0.5);
    });
    const [down, over] = [y, x].map((sum) => clip(Math.round(14 - sum / mass), 0, 8));
    small = new Float32Array(784);
    digit.forEach((value, i) => { small[(down + Math.floor(i / 20)) * 28 + over + (i % 20)] = value; });
  } else {
    const pixels = Float32Array.from(ink, (value) => Math.trunc(value * 255));
    small = resized(pixels, side, side, width, height, "box").map((value) => value / 255);
  }
  const found = new Float32Array(height * width * channels);
  small.forEach((value, i) => {
    const shade = entry.low + (entry.dark ? 1 - value : value) * (entry.high - entry.low);
    found.fill(shade, i * channels, (i + 1) * channels);
  });
  return found;
}
