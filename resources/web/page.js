// The page: forms for the network's inputs, and its predictions. Text is only ever set as text.

const about = JSON.parse(document.getElementById("network").textContent);
const network = withWeights(about.network, document.getElementById("weights").textContent);
const PAD = 280;
const SHOWN = 10;

/** A sentence of the page with its values. */
const say = (key, values = {}) => about.texts[key].replace(
  /\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
const format = (value) => new Intl.NumberFormat(about.language, { maximumSignificantDigits: 4 }).format(value);
const percent = (part) => new Intl.NumberFormat(about.language, {
  style: "percent", maximumFractionDigits: (part >= 0.985 && part < 0.9995) || (part >= 0.0005 && part < 0.015) ? 1 : 0,
}).format(part);

/** Make an element; `attributes` that begin with "on" are listeners. */
function make(name, attributes = {}, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...inside);
  return element;
}

const button = (key, action, attributes = {}) => make(
  "button", { type: "button", onclick: action, ...attributes }, say(key));
const measure = (value, unit) => {
  if (!unit) return format(value);
  const minus = value < 0 && !unit.startsWith("{") ? "−" : "";
  return minus + unit.replace("{number}", format(minus ? -value : value));
};
const isoDay = (days) => new Date(Math.round(days) * 86400000).toISOString().slice(0, 10);

/** The fields of a table's columns; cells() gives what is written in them, by column. */
function tableForm(columns, changed) {
  const cells = {};
  const fields = columns.map((column, place) => {
    const id = `field${place}`;
    const label = make("label", { for: id }, column.name + (column.unit ? ` (${column.unit})` : ""));
    const list = column.categories;
    const change = (value) => { cells[column.name] = value; changed(); };
    const { low = 0, high = low } = column;
    let start = column.typical ?? (list.length ? list[0] : column.mean ?? (low + high) / 2);
    let field;
    if (list.length) {
      if (column.kind === "boolean" && typeof start === "number") start = list[start > 0.5 ? 1 : 0];
      const options = (column.fill === undefined ? [] : [""]).concat(list);
      field = make("select", { id, onchange: (event) => change(event.target.value) },
        ...options.map((value) => make("option", { value, selected: value === String(start) }, value)));
      cells[column.name] = field.value;
    } else if (column.kind === "date" && column.days) {
      cells[column.name] = isoDay(start);
      field = make("input", {
        id, type: "date", value: cells[column.name], onchange: (event) => change(event.target.value),
      });
    } else {
      start = column.whole ? Math.round(start) : Number(Number(start).toPrecision(4));
      cells[column.name] = String(start);
      const number = make("input", {
        id, type: "number", step: "any", inputmode: "decimal", value: start,
        oninput: () => { if (slider) slider.value = number.value; change(number.value); },
      });
      const slider = high > low && make("input", {
        type: "range", min: low, max: high, value: start, "aria-label": column.name,
        step: column.whole ? 1 : (high - low) / 200,
        oninput: () => {
          number.value = column.whole ? slider.value : Number(Number(slider.value).toPrecision(4));
          change(number.value);
        },
      });
      field = make("div", { class: "both" }, number, ...(slider ? [slider] : []));
    }
    return make("div", { class: "field" }, label, field);
  });
  return { cells, element: make("fieldset", {}, ...fields) };
}

/** A text or lines of numbers. */
function textForm(entry, changed, id) {
  const area = make("textarea", {
    id, rows: entry.kind === "numbers" ? 8 : 5, class: entry.kind === "numbers" ? "steps" : "",
    spellcheck: "false", oninput: changed,
  });
  area.value = entry.start || "";
  const element = make("fieldset", {}, make("div", { class: "field" },
    make("label", { for: id }, entry.help), area));
  if (entry.kind === "tokens") {
    element.append(make("div", { class: "buttons" }, button("go_on", () => {
      if (area.value.trim() === "") return;
      const [answer] = predict(rawInputs());
      const best = about.outputs[0].classes[answer.data.indexOf(Math.max(...answer.data))];
      const blank = Object.keys(BLANK_MARKS).find((key) => BLANK_MARKS[key] === best);
      const tight = entry.level === "character" || blank || /^[.,;:!?)]/.test(best) || /\s$/.test(area.value);
      area.value += (tight ? "" : " ") + (blank || best);
      changed();
    })));
  }
  return { element, text: () => area.value };
}

/** A picture: drawn, from a file, or by the camera; pixels() gives its raw values. Where the data are
 * photos (`entry.drawn` is false), nothing is drawn: a click on the square chooses a file. */
function pictureForm(entry, changed) {
  const pad = make("canvas", {
    class: entry.drawn ? "pad" : "pad drop", width: PAD, height: PAD, role: "img",
    "aria-label": say(entry.drawn ? "pad" : "picture"), tabindex: entry.drawn && 0,
  });
  const ink = pad.getContext("2d", { willReadFrequently: true });
  const [height, width] = entry.shape;
  const seen = make("canvas", { class: "seen", width, height, role: "img", "aria-label": say("seen") });
  const video = make("video", { playsinline: true, muted: true, hidden: true });
  const colours = entry.dark || !entry.drawn ? ["#fff", "#000"] : ["#000", "#fff"];
  let picture = null;
  let pen = null;
  let [drawn, stream] = [false, null];

  const clear = () => {
    [picture, drawn] = [null, false];
    ink.fillStyle = colours[0];
    ink.fillRect(0, 0, PAD, PAD);
  };
  const line = (x, y) => {
    if (picture) clear();
    drawn = true;
    [ink.strokeStyle, ink.lineWidth, ink.lineCap, ink.lineJoin] = [colours[1], PAD / 12, "round", "round"];
    ink.beginPath();
    ink.moveTo(...(pen || [x, y]));
    ink.lineTo(x, y + 0.01);
    ink.stroke();
    pen = [x, y];
    changed();
  };
  const at = (event) => {
    const box = pad.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * PAD, ((event.clientY - box.top) / box.height) * PAD];
  };
  const begin = (event) => {
    pad.setPointerCapture(event.pointerId);
    pen = null;
    line(...at(event));
  };
  // Without a pointer: arrows move the pen, and draw while Shift is held.
  const step = (event) => {
    const move = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] }[event.key];
    if (!move) return;
    event.preventDefault();
    const from = pen || [PAD / 2, PAD / 2];
    const to = from.map((value, axis) => clip(value + move[axis], 0, PAD));
    pen = from;
    if (event.shiftKey) line(...to);
    pen = to;
  };
  if (entry.drawn) {
    pad.addEventListener("pointerdown", begin);
    pad.addEventListener("pointermove", (event) => { if (event.buttons) line(...at(event)); });
    pad.addEventListener("keydown", step);
  } else {
    pad.addEventListener("click", () => file.click());
  }

  const invert = button("invert", () => {
    picture.inverted = !picture.inverted;
    changed();
  }, { hidden: true });
  /** Take over a picture: on white, at most 1,024 pixels wide or high. */
  const take = (source, width, height) => {
    const scale = Math.min(1, 1024 / Math.max(width, height));
    const page = make("canvas", {
      width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)),
    });
    const paper = page.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, page.width, page.height);
    paper.imageSmoothingQuality = "high";
    paper.drawImage(source, 0, 0, page.width, page.height);
    const { data } = paper.getImageData(0, 0, page.width, page.height);
    picture = { rgba: data, width: page.width, height: page.height, inverted: otherWayRound(data, page) };
    const fit = Math.min(PAD / page.width, PAD / page.height);
    ink.fillStyle = colours[0];
    ink.fillRect(0, 0, PAD, PAD);
    ink.drawImage(page, (PAD - page.width * fit) / 2, (PAD - page.height * fit) / 2, page.width * fit, page.height * fit);
    changed();
  };
  /** Whether a grey picture's edge is bright where the training pictures' is dark, or dark where
   * theirs is bright. */
  const otherWayRound = (rgba, { width, height }) => {
    if (entry.shape[2] !== 1 || entry.dark === null) return false;
    const edge = [];
    for (let i = 0; i < width * height; i++) {
      const [x, y] = [i % width, Math.floor(i / width)];
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) edge.push(rgba[4 * i + 1] / 255);
    }
    const middle = edge.sort((a, b) => a - b)[edge.length >> 1];
    return (middle < 0.35 || middle > 0.65) && (middle > 0.5) !== entry.dark;
  };
  const open = (file) => {
    if (!file) return;
    const image = new Image();
    const address = URL.createObjectURL(file);
    image.onload = () => { take(image, image.naturalWidth, image.naturalHeight); URL.revokeObjectURL(address); };
    image.onerror = () => showNote(say("no_picture", { name: file.name }));
    image.src = address;
  };
  const chooser = (attributes) => {
    const input = make("input", {
      type: "file", accept: "image/*", hidden: true, ...attributes,
      onchange: () => { open(input.files[0]); input.value = ""; },
    });
    return input;
  };
  const [file, shot] = [chooser({}), chooser({ capture: "environment" })];
  const stop = () => {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    [stream, video.hidden, pad.hidden, video.srcObject] = [null, true, false, null];
    camera.textContent = say("camera");
  };
  // Where the browser gives a page from a file no camera, a phone's own takes the picture.
  const camera = button("camera", async () => {
    if (stream) {
      take(video, video.videoWidth, video.videoHeight);
      stop();
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      [video.hidden, pad.hidden] = [false, true];
      await video.play();
      camera.textContent = say("take_picture");
    } catch {
      stop();
      if (matchMedia("(pointer: coarse)").matches) shot.click();
      else showNote(say("no_camera", { button: opener.textContent }));
    }
  });
  clear();
  const opener = button(entry.drawn ? "open_picture" : "choose_picture", () => file.click());
  const clearer = button("clear", () => { clear(); stop(); changed(); }, { hidden: !entry.drawn });
  const element = make("fieldset", {},
    ...[entry.help, entry.knows].filter((words) => words).map((words, i) => (
      make("p", { class: "hint", id: i ? "pad_classes" : "pad_help" }, words))),
    make("div", { class: "pictures" }, pad, video, make("figure", {}, seen, make("figcaption", {}, say("seen")))),
    make("div", { class: "buttons" },
      clearer, opener, camera, invert, file, shot));
  element.addEventListener("dragover", (event) => event.preventDefault());
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    open(event.dataTransfer.files[0]);
  });
  pad.setAttribute("aria-describedby", "pad_help");
  const pixels = () => {
    const wanted = picture && entry.shape[2] === 1;
    invert.hidden = !wanted;
    if (picture) {
      invert.setAttribute("aria-pressed", String(picture.inverted));
      return picturePixels(entry, picture.rgba, picture.width, picture.height, picture.inverted);
    }
    if (!entry.drawn) throw new Told("nothing_chosen", {});
    const rgba = ink.getImageData(0, 0, PAD, PAD).data;
    const strokes = Float32Array.from({ length: PAD * PAD }, (_, i) => (
      drawn ? Math.abs(rgba[4 * i] / 255 - (entry.dark ? 1 : 0)) : 0));
    return drawingPixels(entry, strokes, PAD);
  };
  return {
    element,
    pixels: () => {
      seen.getContext("2d").clearRect(0, 0, seen.width, seen.height);
      const raw = pixels();
      showPixels(seen, raw, entry.shape, entry.low, entry.high);
      return raw;
    },
  };
}

function showPixels(canvas, raw, [height, width, channels], low, high) {
  [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 4; c++) {
      image.data[4 * i + c] = c === 3 ? 255
        : (255 * (raw[i * channels + (channels === 3 ? c : 0)] - low)) / (high - low || 1);
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

const output = document.getElementById("prediction");
const forms = [];
let notes = [];

const showNote = (text, kind = "note") => output.replaceChildren(make("p", { class: kind }, text));

/** Raw values of all inputs, as the person gave them. */
function rawInputs() {
  notes = [];
  return about.inputs.map((entry, i) => forms[i](entry));
}

const told = (columns, raw, width) => outOfRange(columns, raw, width).forEach(({ column, value }) => {
  notes.push(say("out_of_range", {
    column: column.name, value: format(value), low: format(column.low), high: format(column.high),
  }));
});

/** Outputs of the network for raw values, one array an input. */
function predict(raw) {
  const answers = run(network, raw.map((values, i) => {
    const { shape } = about.inputs[i];
    const known = size(shape.filter((side) => side !== null));
    return tensor(shape.map((side) => side ?? values.length / known), Float32Array.from(values));
  }));
  const hidden = answers.splice(about.outputs.length);
  if (network.novelty && isUnlike(network.novelty, hidden)) notes.push(say("unlike"));
  return answers.map((answer, i) => {
    const { then } = about.outputs[i];
    return then ? tensor(answer.shape, activate(Float32Array.from(answer.data), then, last(answer.shape))) : answer;
  });
}

const bars = (rows) => make("ul", { class: "bars" }, ...rows.map(([name, part]) => {
  const inside = make("div");
  inside.style.width = `${clip(100 * part, 0, 100)}%`;
  return make("li", {}, make("span", {}, name), make("span", { class: "number" }, percent(part)),
    make("div", { class: "bar", "aria-hidden": "true" }, inside));
}));

function showAnswer(target, answer) {
  const values = [...answer.data];
  const title = make("h2", {}, target.title);
  if (values.some((value) => !Number.isFinite(value))) {
    return make("div", {}, title, make("p", { class: "note" }, say("not_finite")));
  }
  if (target.task === "regression") {
    if (target.picture) {
      const canvas = make("canvas", { class: "seen", role: "img", "aria-label": target.title });
      showPixels(canvas, values, target.picture, Math.min(...values), Math.max(...values));
      return make("div", {}, title, canvas);
    }
    if (values.length === 1) {
      return make("div", {}, title, make("div", { class: "answer" }, measure(values[0], target.units[0])));
    }
    return make("div", {}, title, make("ul", { class: "bars" }, ...values.map((value, i) => make("li", {},
      make("span", {}, target.columns[i] ?? String(i + 1)),
      make("span", { class: "number" }, measure(value, target.units[i]))))));
  }
  const name = (i) => target.classes[i] ?? String(i);
  const both = target.task !== "multi_label" && values.length === 1;
  const parts = both ? [1 - values[0], values[0]] : values;
  if (target.task === "multi_label") {
    const on = parts.map((part, i) => (part >= 0.5 ? name(i) : "")).filter((label) => label);
    return make("div", {}, title, make("div", { class: "answer" }, on.join(", ") || say("no_label")),
      bars(parts.map((part, i) => [name(i), part])));
  }
  const best = both ? Number(values[0] >= 0.5) : parts.indexOf(Math.max(...parts));
  const order = parts.map((part, i) => [name(i), part]).sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
  const sum = parts.reduce((a, b) => a + b, 0);
  const probable = Math.min(...parts) > -1e-4 && Math.abs(sum - 1) < 1e-2;
  return make("div", {}, title, make("div", { class: "answer" }, name(best)), ...(probable ? [bars(order)] : []));
}

/** Show the predictions for what the forms hold. */
function update() {
  try {
    const answers = predict(rawInputs());
    const shown = answers.map((answer, i) => showAnswer(about.outputs[i], answer));
    const said = notes.map((note) => make("p", { class: "note" }, note));
    // Above the bars, which a small screen may cut off.
    const word = shown.length === 1 ? shown[0].querySelector(".answer") : null;
    if (word) word.after(...said);
    output.replaceChildren(...shown, ...(word ? [] : said));
  } catch (error) {
    if (!(error instanceof Told)) throw error;
    const early = ["nothing_drawn", "nothing_chosen", "no_text"].includes(error.key);
    showNote(say(error.key, error.values), early ? "hint" : "note");
  }
}

let waiting = 0;
/** Predict once, after the last of several changes. */
function changed() {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(update);
}

function begin() {
  const home = document.getElementById("inputs");
  home.addEventListener("submit", (event) => event.preventDefault());
  const known = new Map();
  about.inputs.forEach((entry) => (entry.kind === "table" ? entry.columns : []).forEach(
    (column) => known.set(column.name, known.get(column.name) || column)));
  const table = known.size ? tableForm([...known.values()], changed) : null;
  if (table) home.append(table.element);
  about.inputs.forEach((entry, number) => {
    if (entry.kind === "table") {
      forms.push(() => {
        const raw = rowFeatures(entry.columns, table.cells);
        told(entry.columns, raw, raw.length);
        return raw;
      });
      return;
    }
    const form = entry.kind === "picture" ? pictureForm(entry, changed) : textForm(entry, changed, `input${number}`);
    if (about.inputs.length > 1) form.element.prepend(make("legend", {}, entry.name));
    home.append(form.element);
    if (entry.kind === "picture") {
      forms.push(form.pixels);
    } else if (entry.kind === "numbers") {
      forms.push(() => {
        const raw = lineNumbers(entry, form.text());
        told(entry.columns || [], raw, last(entry.shape) || 1);
        return raw;
      });
    } else {
      forms.push(() => {
        if (form.text().trim() === "") throw new Told("no_text", {});
        const { numbers, unknown, known: any } = textNumbers(entry, form.text());
        if (!any) notes.push(say("no_known"));
        else if (unknown.length) notes.push(say("unknown_words", { words: unknown.slice(0, 8).join(", ") }));
        return numbers;
      });
    }
  });
  update();
}

begin();
