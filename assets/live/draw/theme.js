/** All colors of the component: Streamlit's theme for text, ground and accent; palettes for layers, values and classes. */

/** Layers, first to last: lightness rises steadily, so the order survives any color blindness; 3 : 1 or more against the ground. */
const LAYERS = {
  light: ["#2a1a78", "#6d1f9c", "#a82d86", "#cf4a5c", "#d2691e", "#b8860b"],
  dark: ["#8f7bf5", "#bd74e6", "#e874b4", "#ff8d7a", "#ffb454", "#f5e063"],
};
/** Values from -1 to 1: orange, grey, blue. */
const VALUES = {
  light: ["#d9660b", "#f0a45c", "#e9e9ea", "#6aa9de", "#1263ac"],
  dark: ["#ff9a3d", "#a85f1c", "#33363d", "#2f6fae", "#58b0ff"],
};
/** Classes 0, 1, 2 …; the first two are the ends of the value colors. */
const CLASSES = {
  light: ["#c4570a", "#1268b3", "#0a8a62", "#a3336f", "#7a6a00", "#5b4fc4", "#c23b3b", "#2b8ea3", "#6b6b6b", "#8a5a2b"],
  dark: ["#ff9a3d", "#58b0ff", "#3ecf9a", "#f08bc4", "#e6d25c", "#a99cff", "#ff8585", "#6fd3e6", "#b5b5b5", "#d0a070"],
};
const SIGNALS = {
  light: { warn: "#b45309", bad: "#b42318", good: "#0f7a4f", fallback: "#ff4b4b", ground: "#ffffff", text: "#31333f" },
  dark: { warn: "#ffb454", bad: "#ff8a80", good: "#4fd1a0", fallback: "#ff4b4b", ground: "#0e1117", text: "#fafafa" },
};

/** @typedef {[number, number, number]} Rgb */
/** @typedef {ReturnType<typeof readTheme>} Theme */

/** Red, green, blue of "#rgb", "#rrggbb" or "rgb(…)"; null when it is none of them. @param {string} text @returns {Rgb | null} */
export function parseColor(text) {
  const value = text.trim();
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})([0-9a-f]{2})?$/i.exec(value);
  if (hex) {
    const full = hex[1].length === 3 ? [...hex[1]].map((digit) => digit + digit).join("") : hex[1];
    return /** @type {Rgb} */ ([0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16)));
  }
  const numbers = /^rgba?\(([^)]+)\)$/
    .exec(value)?.[1]
    .split(/[\s,/]+/)
    .map(Number);
  return numbers && numbers.length >= 3 && numbers.slice(0, 3).every(Number.isFinite)
    ? /** @type {Rgb} */ (numbers.slice(0, 3))
    : null;
}

/** Red, green, blue of a color of the palettes. @param {string} hex "#rrggbb" @returns {Rgb} */
function parseHex(hex) {
  return /** @type {Rgb} */ ([1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
}

/** Mixes two colors, in sRGB. @param {Rgb} a @param {Rgb} b @param {number} share of b, 0 to 1 @returns {Rgb} */
export function mix(a, b, share) {
  return /** @type {Rgb} */ ([0, 1, 2].map((i) => Math.round(a[i] + (b[i] - a[i]) * share)));
}

/** A color as CSS writes it. @param {Rgb} color @param {number} [alpha] 0 to 1 */
export function formatColor(color, alpha = 1) {
  return alpha === 1 ? `rgb(${color.join(",")})` : `rgba(${color.join(",")},${alpha})`;
}

/** A color on a ramp of stops. @param {string[]} stops "#rrggbb" @param {number} share 0 to 1 @returns {Rgb} */
export function interpolateColor(stops, share) {
  const position = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const left = Math.min(stops.length - 2, Math.floor(position));
  return mix(parseHex(stops[left]), parseHex(stops[left + 1]), position - left);
}

/** Packs a color for a Uint32 view of image data (little-endian machines, as all that run browsers). @param {Rgb} color @param {number} [alpha] 0 to 255 */
export function pack(color, alpha = 255) {
  // Bit operations give signed integers: without the shift a full alpha would be negative.
  return ((alpha << 24) | (color[2] << 16) | (color[1] << 8) | color[0]) >>> 0;
}

/** Relative luminance as WCAG 2 defines it, 0 to 1. @param {Rgb} color */
export function computeLuminance(color) {
  const [r, g, b] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Reads the theme in force at an element, which takes 0.15 to 0.5 ms: at a change of theme, not at every frame. @param {HTMLElement} element */
export function readTheme(element) {
  const style = getComputedStyle(element);
  // style => Streamlit gives a component its theme as custom properties.
  const read = (/** @type {string} */ name) => style.getPropertyValue(`--st-${name}`);
  const ground = parseColor(read("background-color")) ?? parseHex("#ffffff");
  // A custom theme may be neither of Streamlit's two; its ground decides which palette is legible.
  const mode = computeLuminance(ground) < 0.35 ? "dark" : "light";
  const signals = SIGNALS[mode];
  const text = parseColor(read("text-color")) ?? parseHex(signals.text);
  const values = VALUES[mode];
  return {
    mode,
    ground,
    text,
    muted: mix(ground, text, mode === "dark" ? 0.66 : 0.7),
    line: mix(ground, text, 0.16),
    grid: mix(ground, text, mode === "dark" ? 0.1 : 0.08),
    surface: parseColor(read("secondary-background-color")) || mix(ground, text, 0.05),
    accent: parseColor(read("primary-color")) ?? parseHex(signals.fallback),
    warn: parseHex(signals.warn),
    font: read("font").trim() || style.fontFamily || "sans-serif",
    /** @param {number} value -1 to 1 */
    valueColor: (value) => interpolateColor(values, (value + 1) / 2),
    // By the byte of a map, -128 to 127; maps use -127 to 127, and -128 is drawn as -127.
    valueTable: Uint32Array.from({ length: 256 }, (_, i) =>
      pack(interpolateColor(values, (Math.max(-127, i - 128) + 127) / 254)),
    ),
    /** @param {number} index */
    classColor: (index) => parseHex(CLASSES[mode][index % CLASSES[mode].length]),
    /** @param {number} index @param {number} count */
    layerColor: (index, count) => interpolateColor(LAYERS[mode], count > 1 ? index / (count - 1) : 0.35),
  };
}

/** Calls back when the theme's colors change. Returns a function that ends the watch. @param {HTMLElement} root @param {() => void} changed */
export function watchTheme(root, changed) {
  // No event tells of a changed custom property. The style sheet gives a hidden element the theme's colors with a
  // transition of 1 ms, and the end of a transition is an event.
  const probe = document.createElement("i");
  probe.className = "tp-theme-probe";
  probe.setAttribute("aria-hidden", "true");
  root.append(probe);
  probe.addEventListener("transitionend", changed);
  return () => probe.remove();
}
