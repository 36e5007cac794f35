// Numbers of one sample: a tensor is {shape, data, mask}, without the batch axis.

const size = (shape) => shape.reduce((product, side) => product * side, 1);
const tensor = (shape, data, mask = null) => ({
  shape, data: data || new Float32Array(size(shape)), mask,
});
const last = (list) => list[list.length - 1];
const pair = (value) => (Array.isArray(value) ? value : [value, value]);

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clip = (x, low, high) => Math.min(Math.max(x, low), high);

function erf(x) {
  // Abramowitz and Stegun 7.1.26: at most 1.5e-7 off.
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t
    + 0.254829592) * t;
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

const ACTIVATIONS = {
  linear: (x) => x,
  relu: (x) => (x < 0 ? 0 : x),
  relu6: (x) => clip(x, 0, 6),
  leaky_relu: (x) => (x < 0 ? 0.2 * x : x),
  elu: (x) => (x < 0 ? Math.expm1(x) : x),
  celu: (x) => (x < 0 ? Math.expm1(x) : x),
  selu: (x) => 1.0507009873554805 * (x < 0 ? 1.6732632423543772 * Math.expm1(x) : x),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  sigmoid,
  hard_sigmoid: (x) => clip(x + 3, 0, 6) / 6,
  log_sigmoid: (x) => -softplus(-x),
  tanh: Math.tanh,
  hard_tanh: (x) => clip(x, -1, 1),
  tanh_shrink: (x) => x - Math.tanh(x),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  soft_shrink: (x) => Math.sign(x) * Math.max(Math.abs(x) - 0.5, 0),
  hard_shrink: (x) => (Math.abs(x) > 0.5 ? x : 0),
  silu: (x) => x * sigmoid(x),
  swish: (x) => x * sigmoid(x),
  hard_silu: (x) => (x * clip(x + 3, 0, 6)) / 6,
  hard_swish: (x) => (x * clip(x + 3, 0, 6)) / 6,
  mish: (x) => x * Math.tanh(softplus(x)),
  exponential: Math.exp,
  squareplus: (x) => (x + Math.sqrt(x * x + 4)) / 2,
  softmax: null,  // along the last axis: see softmax()
  log_softmax: null,
};

function softmax(values, start, count, log) {
  let top = -Infinity;
  let sum = 0;
  for (let i = start; i < start + count; i++) top = Math.max(top, values[i]);
  for (let i = start; i < start + count; i++) sum += Math.exp(values[i] - top);
  for (let i = start; i < start + count; i++) {
    const power = values[i] - top;
    values[i] = log ? power - Math.log(sum) : Math.exp(power) / sum;
  }
}

/** Apply an activation in place; the last axis of the values has `width` entries. */
function activate(values, name, width) {
  if (name === "softmax" || name === "log_softmax") {
    for (let i = 0; i < values.length; i += width) softmax(values, i, width, name !== "softmax");
  } else if (name && name !== "linear") {
    const f = ACTIVATIONS[name];
    for (let i = 0; i < values.length; i++) values[i] = f(values[i]);
  }
  return values;
}

const map = (x, f) => tensor(x.shape, x.data.map((value) => f(value)), x.mask);

/** Numbers of 16 bits (IEEE 754) as numbers of 32 bits. */
function fromHalves(halves) {
  const found = new Float32Array(halves.length);
  const powers = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (exponent - 25));
  for (let i = 0; i < halves.length; i++) {
    const exponent = (halves[i] >> 10) & 31;
    const fraction = halves[i] & 1023;
    const value = exponent ? (1024 + fraction) * powers[exponent] : fraction * powers[1];
    found[i] = halves[i] & 0x8000 ? -value : value;
  }
  return found;
}

/** What a·W + b is for one row of numbers; sums are kept in 64 bits. */
function product(row, start, kernel, bias, inputs, units, sums = new Float64Array(units)) {
  for (let j = 0; j < units; j++) sums[j] = bias ? bias[j] : 0;
  for (let i = 0; i < inputs; i++) {
    const value = row[start + i];
    if (value !== 0) for (let j = 0, at = i * units; j < units; j++) sums[j] += value * kernel[at + j];
  }
  return sums;
}

/** Combine two tensors number by number; sides of 1 are repeated as NumPy does. */
function broadcast(a, b, f) {
  if (String(a.shape) === String(b.shape)) {
    return tensor(a.shape, a.data.map((value, i) => f(value, b.data[i])));
  }
  const rank = Math.max(a.shape.length, b.shape.length);
  const wide = (shape) => [...Array(rank - shape.length).fill(1), ...shape];
  const [left, right] = [wide(a.shape), wide(b.shape)];
  const shape = left.map((side, axis) => (side === 1 ? right[axis] : side));
  const found = tensor(shape);
  for (let place = 0; place < found.data.length; place++) {
    let [rest, i, j, iStep, jStep] = [place, 0, 0, 1, 1];
    for (let axis = rank - 1; axis >= 0; axis--) {
      const at = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
      if (left[axis] > 1) i += at * iStep;
      if (right[axis] > 1) j += at * jStep;
      iStep *= left[axis];
      jStep *= right[axis];
    }
    found.data[place] = f(a.data[i], b.data[j]);
  }
  return found;
}

/** The number of places along an axis, and how much padding stands before it. */
function sliding(side, window, stride, dilation, padding) {
  const reach = (window - 1) * dilation + 1;
  if (padding === "causal") return [Math.ceil(side / stride), reach - 1];
  if (padding !== "same") return [Math.floor((side - reach) / stride) + 1, 0];
  const count = Math.ceil(side / stride);
  return [count, Math.floor(Math.max((count - 1) * stride + reach - side, 0) / 2)];
}

/** Sum over all letters of an equation such as "abc,cd->abd"; its letter of the batch is left out. */
function einsum(equation, a, b) {
  const [inputs, output] = equation.replace(/ /g, "").split("->");
  const [first, second] = inputs.split(",");
  const [left, right, wanted] = [first.slice(1), second, output.slice(1)];
  const sides = {};
  [...left].forEach((letter, axis) => { sides[letter] = a.shape[axis]; });
  [...right].forEach((letter, axis) => { sides[letter] = b.shape[axis]; });
  const letters = Object.keys(sides);
  const strides = (word) => letters.map((letter) => (
    word.includes(letter) ? size([...word.slice(word.indexOf(letter) + 1)].map((l) => sides[l])) : 0));
  const steps = [left, right, wanted].map(strides);
  const shape = [...wanted].map((letter) => sides[letter]);
  const sums = new Float64Array(size(shape));
  const total = size(Object.values(sides));
  for (let place = 0; place < total; place++) {
    let rest = place;
    const at = [0, 0, 0];
    for (let n = letters.length - 1; n >= 0; n--) {
      const index = rest % sides[letters[n]];
      rest = Math.floor(rest / sides[letters[n]]);
      for (let word = 0; word < 3; word++) at[word] += index * steps[word][n];
    }
    sums[at[2]] += a.data[at[0]] * b.data[at[1]];
  }
  return tensor(shape, Float32Array.from(sums));
}
