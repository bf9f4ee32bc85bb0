/** Entry of the live component. */
import { Screen } from "./views/screen.js";

/**
 * Mounts the component into an element of the page.
 * @param {HTMLElement} root @param {import("./views/screen.js").Api} api
 */
export function create(root, api) {
  const screen = new Screen(root, api);
  return {
    /** @param {import("./views/screen.js").Data} data */
    update: (data) => screen.update(data),
    destroy: () => screen.destroy(),
    /** Milliseconds spent drawing, for measurements. */
    timing: screen.timing,
  };
}
