/** Scales from values to pixels, with ticks at round numbers. Tolerances of 1e-9 of a step absorb rounding errors. */

/** @typedef {{kind: "linear" | "log", domain: [number, number], map: (v: number) => number, invert: (p: number) => number, ticks: (most: number) => number[]}} Scale */

/** The smallest step among 1, 2, 5 × 10ⁿ that cuts a span into at most `most` parts. @param {number} span @param {number} most */
export function chooseStep(span, most) {
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Multiples of a round step, at most about `most`. @param {number} low @param {number} high @param {number} most @returns {number[]} */
export function computeLinearTicks(low, high, most) {
  if (!(high > low)) return Number.isFinite(low) ? [low] : [];
  const step = chooseStep(high - low, most);
  const ticks = [];
  const first = Math.ceil(low / step - 1e-9);
  // Multiples, not sums: rounding errors would add up. Twelve digits make 0.30000000000000004 read 0.3.
  for (let i = first; i * step <= high + step * 1e-9; i += 1) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** The round number that all ticks of an axis far from 0 have in common, to be left out of their labels; 0 where few digits tell them apart. @param {number[]} ticks */
export function findTickOffset(ticks) {
  if (ticks.length < 2) return 0;
  const [first, last, step] = [ticks[0], ticks[ticks.length - 1], ticks[1] - ticks[0]];
  if (Math.max(Math.abs(first), Math.abs(last)) < Math.max(1e4, 1000 * step)) return 0;
  // A multiple of at least ten times the span: what remains of a tick is about as long as the span.
  const unit = powerOfTen(Math.ceil(Math.log10(last - first)) + 1);
  return Math.floor(first / unit) * unit;
}

/** The power of ten nearest to the exact one; `10 ** n` may miss it. @param {number} exponent */
function powerOfTen(exponent) {
  return Number(`1e${exponent}`);
}

/** Decades, thinned to at most `most`; within two decades also 2 and 5. @param {number} low @param {number} high @param {number} most */
export function computeLogTicks(low, high, most) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const decades = last - first + 1;
  const stride = Math.max(1, Math.ceil(decades / Math.max(1, most)));
  const ticks = [];
  for (let exponent = first; exponent <= last; exponent += 1) {
    if ((exponent - first) % stride === 0) ticks.push(powerOfTen(exponent));
  }
  if (decades > 1) return ticks;
  const fine = [];
  for (let exponent = first - 1; exponent <= last; exponent += 1) {
    for (const factor of [1, 2, 5]) {
      const tick = Number((factor * 10 ** exponent).toPrecision(3));
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) fine.push(tick);
    }
  }
  return fine.length > most ? [fine[0], fine[fine.length - 1]] : fine; // one label alone gives no scale
}

/** A linear scale. @param {[number, number]} domain @param {number} from @param {number} to pixels @returns {Scale} */
export function createLinearScale(domain, from, to) {
  const [low, high] = domain;
  // An empty domain would map everything to infinity.
  const factor = (to - from) / (high - low || 1);
  return {
    kind: "linear",
    domain,
    map: (value) => from + (value - low) * factor,
    invert: (pixel) => low + (pixel - from) / factor,
    ticks: (most) => computeLinearTicks(low, high, most),
  };
}

/** A scale of base-10 logarithms; zero and below map to NaN, a gap in a line. @param {[number, number]} domain @param {number} from @param {number} to @returns {Scale} */
export function createLogScale(domain, from, to) {
  const low = Math.log10(domain[0]);
  const factor = (to - from) / (Math.log10(domain[1]) - low || 1);
  return {
    kind: "log",
    domain,
    map: (value) => (value > 0 ? from + (Math.log10(value) - low) * factor : NaN),
    invert: (pixel) => 10 ** (low + (pixel - from) / factor),
    ticks: (most) => computeLogTicks(domain[0], domain[1], most),
  };
}

/** Widens a domain to its ticks, so that the axis does not tremble with every frame. @param {number} low @param {number} high @param {number} [most] @returns {[number, number]} */
export function roundDomain(low, high, most = 6) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  if (high <= low) {
    const span = Math.abs(low) || 1;
    return [low - span / 2, high + span / 2];
  }
  const step = chooseStep(high - low, most);
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}

/** The nearest of 1, 2, 5 × 10ⁿ at or beyond a value. @param {number} value @param {boolean} up */
function roundNumber(value, up) {
  const exponent = Math.floor(Math.log10(value));
  const steps = [1, 2, 5, 10].map((factor) => Number(`${factor}e${exponent}`));
  const step = up
    ? steps.find((step) => step >= value * (1 - 1e-9))
    : steps.findLast((step) => step <= value * (1 + 1e-9));
  return step ?? value;
}

/** Widens positive values to decades, at most `most` of them below the largest; to round numbers where they span about one. @param {number} low @param {number} high @param {number} [most] @returns {[number, number]} */
export function roundLogDomain(low, high, most = 12) {
  if (!(high > 0)) return [1e-4, 1];
  // Whole decades would leave most of the axis empty.
  if (low > 0 && high < 12 * low && high > low) return [roundNumber(low, false), roundNumber(high, true)];
  const top = Math.ceil(Math.log10(high) - 1e-9);
  const bottom = Math.floor(Math.log10(low > 0 ? low : high) + 1e-9);
  // One loss next to 0 would squeeze all others into the upper end.
  return [powerOfTen(Math.min(top - 1, Math.max(bottom, top - most))), powerOfTen(top)];
}
