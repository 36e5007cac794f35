// What each layer of Keras computes for one sample, and how a network runs.

/** Go over a picture with a window; `visit(out, into, ky, kx)` gets places of pixels. */
function slide(x, window, strides, dilation, padding, visit) {
  const [height, width] = x.shape;
  const [rows, top] = sliding(height, window[0], strides[0], dilation[0], padding);
  const [columns, left] = sliding(width, window[1], strides[1], dilation[1], padding);
  for (let y = 0; y < rows; y++) {
    for (let x0 = 0; x0 < columns; x0++) {
      for (let ky = 0; ky < window[0]; ky++) {
        const row = y * strides[0] + ky * dilation[0] - top;
        if (row < 0 || row >= height) continue;
        for (let kx = 0; kx < window[1]; kx++) {
          const column = x0 * strides[1] + kx * dilation[1] - left;
          if (column >= 0 && column < width) {
            visit(y * columns + x0, row * width + column, ky, kx);
          }
        }
      }
    }
  }
  return [rows, columns];
}

function places(x, window, strides, dilation, padding) {
  return [0, 1].map(
    (axis) => sliding(x.shape[axis], window[axis], strides[axis], dilation[axis], padding)[0],
  );
}

/** Write what sums hold as a tensor, with bias and activation. */
function finished(sums, shape, bias, activation) {
  const width = last(shape);
  if (bias) for (let i = 0; i < sums.length; i++) sums[i] += bias[i % width];
  return tensor(shape, new Float32Array(activate(sums, activation, width)));
}

/** Add a row of numbers times a matrix to sums; four rows of the matrix at a time. */
function addProduct(sums, row, start, count, kernel, from, width) {
  let c = 0;
  for (; c + 3 < count; c += 4) {
    const at = start + c;
    const [v0, v1, v2, v3] = [row[at], row[at + 1], row[at + 2], row[at + 3]];
    if (v0 === 0 && v1 === 0 && v2 === 0 && v3 === 0) continue;
    let k0 = from + c * width;
    let [k1, k2, k3] = [k0 + width, k0 + 2 * width, k0 + 3 * width];
    for (let f = 0; f < width; f++) {
      sums[f] += v0 * kernel[k0++] + v1 * kernel[k1++] + v2 * kernel[k2++] + v3 * kernel[k3++];
    }
  }
  for (; c < count; c++) {
    const value = row[start + c];
    let k0 = from + c * width;
    if (value !== 0) for (let f = 0; f < width; f++) sums[f] += value * kernel[k0++];
  }
}

function convolution(x, config, [kernel, bias]) {
  const { strides, dilation_rate: dilation, padding, groups = 1 } = config;
  const [kh, kw, inside, filters] = kernel.shape;
  const channels = x.shape[2];
  const each = filters / groups;
  const [rows, columns] = places(x, [kh, kw], strides, dilation, padding);
  const sums = new Float64Array(rows * columns * filters);
  slide(x, [kh, kw], strides, dilation, padding, (out, into, ky, kx) => {
    const from = (ky * kw + kx) * inside * filters;
    if (groups === 1) {
      const own = sums.subarray(out * filters, (out + 1) * filters);
      addProduct(own, x.data, into * channels, channels, kernel.data, from, filters);
      return;
    }
    for (let c = 0; c < channels; c++) {
      const value = x.data[into * channels + c];
      if (value === 0) continue;
      const first = Math.floor(c / inside) * each;
      for (let f = first; f < first + each; f++) {
        sums[out * filters + f] += value * kernel.data[from + (c % inside) * filters + f];
      }
    }
  });
  return finished(sums, [rows, columns, filters], bias && bias.data, config.activation);
}

function depthwise(x, config, [kernel, bias]) {
  const { strides, dilation_rate: dilation, padding } = config;
  const [kh, kw, channels, many] = kernel.shape;
  const [rows, columns] = places(x, [kh, kw], strides, dilation, padding);
  const filters = channels * many;
  const sums = new Float64Array(rows * columns * filters);
  slide(x, [kh, kw], strides, dilation, padding, (out, into, ky, kx) => {
    let [at, from] = [out * filters, (ky * kw + kx) * filters];
    for (let c = into * channels; c < (into + 1) * channels; c++) {
      const value = x.data[c];
      for (let m = 0; m < many; m++) sums[at++] += value * kernel.data[from++];
    }
  });
  return finished(sums, [rows, columns, filters], bias && bias.data, config.activation);
}

function separable(x, config, [kernel, pointwise, bias]) {
  const between = depthwise(x, { ...config, activation: "linear" }, [kernel]);
  const still = { strides: [1, 1], dilation_rate: [1, 1], padding: "valid" };
  return convolution(between, { ...still, activation: config.activation }, [pointwise, bias]);
}

function transposed(x, config, [kernel, bias]) {
  const { strides, dilation_rate: dilation, padding } = config;
  const [height, width, channels] = x.shape;
  const [kh, kw, filters] = kernel.shape;
  const side = (axis, k) => {
    const reach = (k - 1) * dilation[axis] + 1;
    const over = Math.max(reach - strides[axis], 0);
    const whole = x.shape[axis] * strides[axis];
    return padding === "same" ? [whole, Math.floor(over / 2)] : [whole + over, 0];
  };
  const [[rows, top], [columns, left]] = [side(0, kh), side(1, kw)];
  const sums = new Float64Array(rows * columns * filters);
  for (let y = 0; y < height; y++) {
    for (let x0 = 0; x0 < width; x0++) {
      for (let ky = 0; ky < kh; ky++) {
        const row = y * strides[0] + ky * dilation[0] - top;
        if (row < 0 || row >= rows) continue;
        for (let kx = 0; kx < kw; kx++) {
          const column = x0 * strides[1] + kx * dilation[1] - left;
          if (column < 0 || column >= columns) continue;
          for (let f = 0; f < filters; f++) {
            const from = ((ky * kw + kx) * filters + f) * channels;
            let sum = 0;
            for (let c = 0; c < channels; c++) {
              sum += x.data[(y * width + x0) * channels + c] * kernel.data[from + c];
            }
            sums[(row * columns + column) * filters + f] += sum;
          }
        }
      }
    }
  }
  return finished(sums, [rows, columns, filters], bias && bias.data, config.activation);
}

function pooling(x, config, largest) {
  const [window, strides] = [pair(config.pool_size), pair(config.strides || config.pool_size)];
  const channels = x.shape[2];
  const [rows, columns] = places(x, window, strides, [1, 1], config.padding);
  const sums = new Float64Array(rows * columns * channels).fill(largest ? -Infinity : 0);
  const counts = new Float64Array(rows * columns);
  slide(x, window, strides, [1, 1], config.padding, (out, into) => {
    counts[out]++;
    for (let c = 0; c < channels; c++) {
      const [at, value] = [out * channels + c, x.data[into * channels + c]];
      sums[at] = largest ? Math.max(sums[at], value) : sums[at] + value;
    }
  });
  if (!largest) for (let i = 0; i < sums.length; i++) sums[i] /= counts[Math.floor(i / channels)];
  return finished(sums, [rows, columns, channels]);
}

function global(x, config, largest) {
  const channels = last(x.shape);
  const count = x.data.length / channels;
  const sums = new Float64Array(channels).fill(largest ? -Infinity : 0);
  const mask = largest ? null : x.mask;
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < channels; c++) {
      const value = x.data[i * channels + c];
      if (largest) sums[c] = Math.max(sums[c], value);
      else if (!mask || mask[i]) sums[c] += value;
    }
  }
  const divisor = mask ? mask.reduce((a, b) => a + b, 0) : count;
  const data = Float32Array.from(sums, (value) => (largest ? value : value / divisor));
  return tensor(config.keepdims ? [...x.shape.slice(0, -1).map(() => 1), channels] : [channels], data);
}

/** A layer of one axis as the same layer of a picture that is one pixel high. */
function flat(layer) {
  const high = (value, one) => [one, ...(Array.isArray(value) ? value : [value])];
  return ([x], config, weights) => {
    const wide = {
      ...config,
      strides: config.strides && high(config.strides, 1),
      dilation_rate: high(config.dilation_rate || 1, 1),
      pool_size: high(config.pool_size, 1),
      size: high(config.size, 1),
      padding: Array.isArray(config.padding) ? [[0, 0], config.padding] : config.padding,
      cropping: [[0, 0], config.cropping],
    };
    const kernels = weights.map((one) => (
      one.shape.length > 1 ? { shape: [1, ...one.shape], data: one.data } : one));
    const found = layer([tensor([1, ...x.shape], x.data)], wide, kernels);
    return tensor(found.shape.slice(1), found.data);
  };
}

/** Copy pixels to other places; `from(y, x)` is the pixel that each one shows, or -1. */
function moved(x, rows, columns, from) {
  const channels = x.shape[2];
  const found = tensor([rows, columns, channels]);
  for (let y = 0; y < rows; y++) {
    for (let x0 = 0; x0 < columns; x0++) {
      const place = from(y, x0);
      if (place >= 0) {
        found.data.set(
          x.data.subarray(place * channels, (place + 1) * channels), (y * columns + x0) * channels,
        );
      }
    }
  }
  return found;
}

function shifted(x, [[top, bottom], [left, right]]) {
  const [height, width] = x.shape;
  return moved(x, height + top + bottom, width + left + right, (y, x0) => {
    const [row, column] = [y - top, x0 - left];
    const inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? row * width + column : -1;
  });
}

/** Steps of a recurrent layer: `step(sums of the input, state)` gives the next state, whose first
 * `units` numbers are what the layer gives. */
function recurrent(x, config, kernel, bias, stateSize, step) {
  const [steps, features] = x.shape;
  const units = config.units;
  const gates = last(kernel.shape);
  const every = new Float32Array(steps * units);
  let state = new Float64Array(stateSize);
  let given = new Float64Array(units);
  for (let number = 0; number < steps; number++) {
    const at = config.go_backwards ? steps - 1 - number : number;
    if (!x.mask || x.mask[at]) {
      const sums = product(x.data, at * features, kernel.data, bias, features, gates);
      state = step(sums, state);
      given = state.subarray(0, units);
    } else if (config.zero_output_for_mask) {
      given = new Float64Array(units);
    }
    every.set(given, number * units);
  }
  return config.return_sequences
    ? tensor([steps, units], every, x.mask)
    : tensor([units], Float32Array.from(given));
}

/** An attention over steps: kernels are (features, heads, size), the last (heads, size, out). */
function attention(query, value, key, config, weights, causal) {
  const step = config.use_bias ? 2 : 1;
  const part = (number) => [weights[number * step], config.use_bias && weights[number * step + 1]];
  const projected = (x, [kernel, bias]) => {
    const [features, heads, width] = kernel.shape;
    const units = heads * width;
    const rows = [];
    for (let t = 0; t < x.shape[0]; t++) {
      rows.push(product(x.data, t * features, kernel.data, bias && bias.data, features, units));
    }
    return rows;
  };
  const [q, k, v] = [projected(query, part(0)), projected(key, part(1)), projected(value, part(2))];
  const [outKernel, outBias] = part(3);
  const [heads, wide, out] = outKernel.shape;
  const narrow = config.key_dim;
  const found = tensor([q.length, out], null, query.mask);
  for (let i = 0; i < q.length; i++) {
    const seen = new Float64Array(heads * wide);
    const may = (j) => (!query.mask || query.mask[i]) && (!value.mask || value.mask[j])
      && (!key.mask || key.mask[j]) && (!causal || j <= i);
    for (let head = 0; head < heads; head++) {
      const scores = new Float64Array(k.length);
      for (let j = 0; j < k.length; j++) {
        let sum = 0;
        for (let d = head * narrow; d < (head + 1) * narrow; d++) sum += q[i][d] * k[j][d];
        scores[j] = may(j) ? sum / Math.sqrt(narrow) : -3e38;
      }
      softmax(scores, 0, scores.length, false);
      for (let j = 0; j < k.length; j++) {
        if (!may(j)) continue;
        for (let d = head * wide; d < (head + 1) * wide; d++) seen[d] += scores[j] * v[j][d];
      }
    }
    found.data.set(
      product(seen, 0, outKernel.data, outBias && outBias.data, heads * wide, out), i * out,
    );
  }
  return found;
}

/** Go over the rows of the last axis: `weigh(row, out)` writes what becomes of one. */
function normalized(x, weigh) {
  const width = last(x.shape);
  const found = tensor(x.shape, null, x.mask);
  for (let start = 0; start < x.data.length; start += width) {
    weigh(x.data.subarray(start, start + width), found.data.subarray(start, start + width));
  }
  return found;
}

const bothMasks = (inputs) => (inputs.every((x) => x.mask)
  ? inputs[0].mask.map((_, i) => (inputs.some((x) => x.mask[i]) ? 1 : 0)) : null);
const merged = (f) => (inputs) => {
  const found = inputs.reduce((a, b) => broadcast(a, b, f));
  found.mask = bothMasks(inputs);
  return found;
};
const image = (f) => ([x], config, weights) => f(x, config, weights);

function concatenated(inputs, config) {
  const rank = inputs[0].shape.length;
  const axis = config.axis < 0 ? config.axis + rank : config.axis - 1;
  const shape = [...inputs[0].shape];
  shape[axis] = inputs.reduce((sum, x) => sum + x.shape[axis], 0);
  const found = tensor(shape);
  const outer = size(shape.slice(0, axis));
  const row = size(shape.slice(axis));
  let start = 0;
  for (const x of inputs) {
    const part = x.data.length / outer;
    for (let i = 0; i < outer; i++) {
      found.data.set(x.data.subarray(i * part, (i + 1) * part), i * row + start);
    }
    start += part;
  }
  if (inputs.some((x) => x.mask)) {
    const masks = inputs.map((x) => x.mask || new Uint8Array(x.shape[0]).fill(1));
    found.mask = axis > 0
      ? masks[0].map((_, i) => (masks.some((mask) => mask[i]) ? 1 : 0))
      : Uint8Array.from(masks.flatMap((mask) => [...mask]));
  }
  return found;
}

const LAYERS = {
  Activation: ([x], { activation }) => (
    tensor(x.shape, activate(Float32Array.from(x.data), activation, last(x.shape)), x.mask)),
  ReLU: ([x], { max_value: top, negative_slope: slope, threshold }) => map(x, (value) => (
    value < threshold ? slope * (value - threshold) : Math.min(value, top ?? Infinity))),
  LeakyReLU: ([x], { negative_slope: slope }) => map(x, (value) => (value < 0 ? slope * value : value)),
  ELU: ([x], { alpha }) => map(x, (value) => (value < 0 ? alpha * Math.expm1(value) : value)),
  PReLU: ([x], config, [alpha]) => broadcast(x, alpha, (value, a) => (value < 0 ? a * value : value)),
  Softmax: ([x]) => tensor(x.shape, activate(Float32Array.from(x.data), "softmax", last(x.shape)), x.mask),
  Identity: ([x]) => x,
  Dense: ([x], config, [kernel, bias]) => {
    const [inputs, units] = kernel.shape;
    const found = tensor([...x.shape.slice(0, -1), units], null, x.mask);
    const sums = new Float64Array(units);
    for (let row = 0; row < x.data.length / inputs; row++) {
      product(x.data, row * inputs, kernel.data, bias && bias.data, inputs, units, sums);
      found.data.set(activate(sums, config.activation, units), row * units);
    }
    return found;
  },
  EinsumDense: ([x], config, [kernel, bias]) => {
    const sums = einsum(config.equation, x, kernel);
    const found = bias ? broadcast(sums, bias, (a, b) => a + b) : sums;
    return tensor(found.shape, activate(found.data, config.activation, last(found.shape)), x.mask);
  },
  Embedding: ([x], config, [table]) => {
    const width = table.shape[1];
    const found = tensor([...x.shape, width]);
    x.data.forEach((id, i) => found.data.set(table.data.subarray(id * width, (id + 1) * width), i * width));
    found.mask = config.mask_zero ? Uint8Array.from(x.data, (id) => (id === 0 ? 0 : 1)) : null;
    return found;
  },
  Masking: ([x], config) => {
    const width = last(x.shape);
    const mask = new Uint8Array(x.data.length / width);
    x.data.forEach((value, i) => { if (value !== config.mask_value) mask[Math.floor(i / width)] = 1; });
    return tensor(x.shape, x.data.map((value, i) => (mask[Math.floor(i / width)] ? value : 0)), mask);
  },
  Conv2D: image(convolution),
  Conv1D: flat(image(convolution)),
  DepthwiseConv2D: image(depthwise),
  DepthwiseConv1D: flat(image(depthwise)),
  SeparableConv2D: image(separable),
  SeparableConv1D: flat(image(separable)),
  Conv2DTranspose: image(transposed),
  Conv1DTranspose: flat(image(transposed)),
  MaxPooling2D: ([x], config) => pooling(x, config, true),
  MaxPooling1D: flat(([x], config) => pooling(x, config, true)),
  AveragePooling2D: ([x], config) => pooling(x, config, false),
  AveragePooling1D: flat(([x], config) => pooling(x, config, false)),
  GlobalMaxPooling2D: ([x], config) => global(x, config, true),
  GlobalMaxPooling1D: ([x], config) => global(x, config, true),
  GlobalAveragePooling2D: ([x], config) => global(x, config, false),
  GlobalAveragePooling1D: ([x], config) => global(x, config, false),
  SimpleRNN: ([x], config, [kernel, again, bias]) => {
    const { units } = config;
    return recurrent(x, config, kernel, bias && bias.data, units, (sums, state) => {
      const more = product(state, 0, again.data, null, units, units);
      return activate(sums.map((sum, j) => sum + more[j]), config.activation, units);
    });
  },
  LSTM: ([x], config, [kernel, again, bias]) => {
    const { units, activation, recurrent_activation: gate } = config;
    return recurrent(x, config, kernel, bias && bias.data, 2 * units, (sums, state) => {
      const more = product(state, 0, again.data, null, units, 4 * units);
      const all = sums.map((sum, j) => sum + more[j]);
      const part = (n, name) => activate(all.slice(n * units, (n + 1) * units), name, units);
      const [input, forget, fresh, out] = [part(0, gate), part(1, gate), part(2, activation), part(3, gate)];
      const cell = fresh.map((value, j) => forget[j] * state[units + j] + input[j] * value);
      const shown = activate(Float64Array.from(cell), activation, units);
      const next = new Float64Array(2 * units);
      next.set(shown.map((value, j) => value * out[j]));
      next.set(cell, units);
      return next;
    });
  },
  GRU: ([x], config, [kernel, again, bias]) => {
    const { units, activation, recurrent_activation: gate, reset_after: after } = config;
    const inner = bias && after ? bias.data.subarray(3 * units) : null;
    return recurrent(x, config, kernel, bias && bias.data, units, (sums, state) => {
      const more = product(state, 0, again.data, inner, units, 3 * units);
      const part = (n, extra) => activate(
        sums.slice(n * units, (n + 1) * units).map((sum, j) => sum + extra[n * units + j]), gate, units);
      const [update, reset] = [part(0, more), part(1, more)];
      let fresh = sums.slice(2 * units);
      if (after) {
        fresh = fresh.map((sum, j) => sum + reset[j] * more[2 * units + j]);
      } else {
        const kept = state.map((value, j) => value * reset[j]);
        const last3 = product(kept, 0, again.data, null, units, 3 * units);
        fresh = fresh.map((sum, j) => sum + last3[2 * units + j]);
      }
      activate(fresh, activation, units);
      return fresh.map((value, j) => update[j] * state[j] + (1 - update[j]) * value);
    });
  },
  Bidirectional: ([x], config, weights) => {
    const half = weights.length / 2;
    const { class_name: name, config: forward } = config.layer;
    const { config: backward } = config.backward_layer
      || { config: { ...forward, go_backwards: !forward.go_backwards } };
    const run = (inner, own) => LAYERS[name](
      [x], { ...inner, zero_output_for_mask: inner.return_sequences }, own);
    const [a, b] = [run(forward, weights.slice(0, half)), run(backward, weights.slice(half))];
    if (forward.return_sequences) {
      const [steps, units] = b.shape;
      b.data = b.data.map((_, i) => b.data[(steps - 1 - Math.floor(i / units)) * units + (i % units)]);
    }
    const found = {
      concat: () => concatenated([a, b], { axis: -1 }),
      sum: () => broadcast(a, b, (p, q) => p + q),
      ave: () => broadcast(a, b, (p, q) => (p + q) / 2),
      mul: () => broadcast(a, b, (p, q) => p * q),
    }[config.merge_mode]();
    return { ...found, mask: forward.return_sequences ? x.mask : null };
  },
  TimeDistributed: ([x], config, weights) => {
    const [steps, ...shape] = x.shape;
    const width = size(shape);
    const found = [];
    for (let step = 0; step < steps; step++) {
      const part = tensor(shape, x.data.slice(step * width, (step + 1) * width));
      found.push(LAYERS[config.layer.class_name]([part], config.layer.config, weights));
    }
    return tensor([steps, ...found[0].shape], Float32Array.from(found.flatMap((one) => [...one.data])), x.mask);
  },
  MultiHeadAttention: ([query, value, key], config, weights, call) => (
    attention(query, value, key || value, config, weights, call.use_causal_mask)),
  BatchNormalization: ([x], config, weights) => {
    const list = [...weights];
    const gamma = config.scale ? list.shift().data : null;
    const beta = config.center ? list.shift().data : null;
    const [mean, variance] = list.map((one) => one.data);
    const factors = Float64Array.from(variance, (value, c) => (
      (gamma ? gamma[c] : 1) / Math.sqrt(value + config.epsilon)));
    const offsets = factors.map((factor, c) => (beta ? beta[c] : 0) - mean[c] * factor);
    return normalized(x, (row, out) => {
      for (let c = 0; c < row.length; c++) out[c] = row[c] * factors[c] + offsets[c];
    });
  },
  LayerNormalization: ([x], config, weights) => {
    const list = [...weights];
    const gamma = config.scale ? list.shift().data : null;
    const beta = config.center ? list.shift().data : null;
    return normalized(x, (row, out) => {
      let [mean, variance] = [0, 0];
      row.forEach((value) => { mean += value / row.length; });
      row.forEach((value) => { variance += (value - mean) ** 2 / row.length; });
      row.forEach((value, c) => {
        out[c] = ((value - mean) / Math.sqrt(variance + config.epsilon)) * (gamma ? gamma[c] : 1)
          + (beta ? beta[c] : 0);
      });
    });
  },
  RMSNormalization: ([x], config, [scale]) => normalized(x, (row, out) => {
    let square = 0;
    row.forEach((value) => { square += value ** 2 / row.length; });
    row.forEach((value, c) => { out[c] = (value / Math.sqrt(square + config.epsilon)) * scale.data[c]; });
  }),
  Add: merged((a, b) => a + b),
  Subtract: merged((a, b) => a - b),
  Multiply: merged((a, b) => a * b),
  Maximum: merged(Math.max),
  Minimum: merged(Math.min),
  Average: (inputs) => {
    const sum = LAYERS.Add(inputs);
    return tensor(sum.shape, sum.data.map((value) => value / inputs.length), sum.mask);
  },
  Concatenate: concatenated,
  Flatten: ([x]) => tensor([x.data.length], x.data),
  Reshape: ([x], { target_shape: sides }) => {
    const known = sides.reduce((product, side) => (side < 0 ? product : product * side), 1);
    return tensor(sides.map((side) => (side < 0 ? x.data.length / known : side)), x.data);
  },
  Permute: ([x], { dims }) => {
    const found = tensor(dims.map((axis) => x.shape[axis - 1]));
    const stride = dims.map((axis) => size(x.shape.slice(axis)));
    found.data.forEach((_, place) => {
      let [rest, from] = [place, 0];
      for (let axis = dims.length - 1; axis >= 0; axis--) {
        from += (rest % found.shape[axis]) * stride[axis];
        rest = Math.floor(rest / found.shape[axis]);
      }
      found.data[place] = x.data[from];
    });
    return found;
  },
  RepeatVector: ([x], { n }) => {
    const found = tensor([n, x.data.length]);
    for (let i = 0; i < n; i++) found.data.set(x.data, i * x.data.length);
    return found;
  },
  ZeroPadding2D: ([x], { padding }) => shifted(x, padding),
  ZeroPadding1D: flat(([x], { padding }) => shifted(x, padding)),
  Cropping2D: ([x], { cropping }) => shifted(x, cropping.map((side) => side.map((count) => -count))),
  Cropping1D: flat(([x], { cropping }) => shifted(x, cropping.map((side) => side.map((count) => -count)))),
  UpSampling2D: ([x], { size: [high, wide] }) => moved(x, x.shape[0] * high, x.shape[1] * wide,
    (y, x0) => Math.floor(y / high) * x.shape[1] + Math.floor(x0 / wide)),
  UpSampling1D: flat(([x], config) => LAYERS.UpSampling2D([x], config)),
  Rescaling: ([x], { scale, offset }) => {
    const of = (value, i) => (Array.isArray(value) ? value[i % value.length] : value);
    return tensor(x.shape, x.data.map((value, i) => value * of(scale, i) + of(offset, i)), x.mask);
  },
};

/** The network's outputs, a tensor each, for one tensor an input. */
function run(network, inputs) {
  const known = [...inputs];
  for (const [number, from, to, call] of network.steps) {
    const layer = network.layers[number];
    const given = from.map((id) => known[id]);
    const found = LAYERS[layer.type](given, layer.config, layer.weights, call);
    known[to] = layer.masks ? found : { ...found, mask: null };
  }
  return network.outputs.map((id) => known[id]);
}

/** Put weights in place of [shape, first place of 4 bytes, bits] by the numbers in base64. */
function withWeights(network, base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  const stored = ([shape, first, bits]) => (bits === 16
    ? fromHalves(new Uint16Array(bytes.buffer, 4 * first, size(shape)))
    : new Float32Array(bytes.buffer, 4 * first, size(shape)));
  for (const layer of network.layers) {
    layer.weights = layer.weights.map((entry) => ({ shape: entry[0], data: stored(entry) }));
  }
  for (const part of network.novelty ? ["mean", "scale", "samples"] : []) {
    network.novelty[part] = stored(network.novelty[part]);
  }
  return network;
}

/** Whether the nearest training sample is farther than that of nearly all validation samples, by
 * the values of the last hidden layer; see core/engine/novelty.py. */
function isUnlike({ mean, scale, samples, stride, threshold, normalized }, hidden) {
  const values = hidden.flatMap(({ shape, data }) => {
    if (shape.length < 2 || data.length <= 2048) return [...data];
    const means = new Array(last(shape)).fill(0);
    data.forEach((value, i) => { means[i % means.length] += (value * means.length) / data.length; });
    return means;
  }).filter((_, i) => i % stride === 0);
  const length = Math.max(Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)), 1e-12);
  const features = values.map((value, i) => (
    normalized ? value / length : clip((value - mean[i]) / scale[i], -6e4, 6e4)));
  let nearest = Infinity;
  for (let first = 0; first < samples.length; first += features.length) {
    nearest = Math.min(nearest, features.reduce((sum, value, i) => sum + (value - samples[first + i]) ** 2, 0));
  }
  return !(Math.sqrt(nearest) <= threshold * (1 + 1e-6) + 1e-6);
}
