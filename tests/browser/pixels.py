"""Scripts that look at the pixels of the live canvases, for the browser."""

# A number that stands for all pixels of the live canvases; 0 before the first measurement is drawn.
MOVES = """() => {
  const roots = [document, ...[...document.querySelectorAll('*')].map((e) => e.shadowRoot).filter(Boolean)];
  let sum = 0, seen = 0;
  for (const root of roots) for (const canvas of root.querySelectorAll('.tp[data-phase=live] canvas')) {
    if (!canvas.width || !canvas.height) continue;
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 0; i < data.length; i += 397) { sum = (sum * 31 + data[i]) % 1000000007; seen += data[i] ? 1 : 0; }
  }
  return seen ? sum : 0;
}"""

# How many separate stretches of a panel's width hold colored pixels; axes, grid and words are grey, and the colored
# marks at the heads of the columns are above the part that is looked at.
COLORED = """(panel) => {
  const roots = [document, ...[...document.querySelectorAll('*')].map((e) => e.shadowRoot).filter(Boolean)];
  const canvas = roots.map((r) => r.querySelector(`.tp[data-phase=live] .tp-panel-${panel} canvas`)).find(Boolean);
  if (!canvas || !canvas.width || !canvas.height) return [];
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  const widths = [];
  let last = -9;
  for (let x = 0; x < width; x += 1) {
    let seen = false;
    for (let y = 24; y < height && !seen; y += 1) {
      const at = 4 * (y * width + x);
      const [r, g, b, a] = data.slice(at, at + 4);
      seen = a > 30 && Math.max(r, g, b) - Math.min(r, g, b) > 40;
    }
    if (!seen) continue;
    if (x - last > 4) widths.push(0);
    widths[widths.length - 1] += 1;
    last = x;
  }
  return widths;
}"""

# Whether anything is drawn in a panel. (A loss that does not move is a line under the grey dashes of validation.)
DRAWN = """(panel) => {
  const roots = [document, ...[...document.querySelectorAll('*')].map((e) => e.shadowRoot).filter(Boolean)];
  const canvas = roots.map((r) => r.querySelector(`.tp .tp-panel-${panel} canvas`)).find(Boolean);
  if (!canvas || !canvas.width || !canvas.height) return false;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, at) => at % 4 === 3 && value > 30);
}"""
