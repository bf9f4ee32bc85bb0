/** Entry of the live component. The page imports it by an address with the version of all its code, so that browsers may keep it for ever. */
import { Screen } from "./views/screen.js";

/**
 * Mounts the component into an element of the page; Streamlit calls `update` at every rerun of the script.
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
