/** Run states as in `engine/run_state.py`; a test holds the two tables equal. */

/** @type {Record<string, {final: boolean, active: boolean, error: boolean}>} */
export const RUN_STATES = {
  queued: { final: false, active: true, error: false },
  running: { final: false, active: true, error: false },
  held: { final: false, active: true, error: false },
  paused: { final: false, active: false, error: false },
  finished: { final: true, active: false, error: false },
  stopped: { final: true, active: false, error: false },
  diverged: { final: true, active: false, error: true },
  failed: { final: true, active: false, error: true },
  out_of_memory: { final: true, active: false, error: true },
};

/** @enum {string} */
export const RunState = Object.freeze({
  QUEUED: "queued",
  RUNNING: "running",
  HELD: "held",
  PAUSED: "paused",
  FINISHED: "finished",
  STOPPED: "stopped",
  DIVERGED: "diverged",
  FAILED: "failed",
  OUT_OF_MEMORY: "out_of_memory",
});

/** Whether a run never leaves the state. @param {string} state */
export const isFinal = (state) => RUN_STATES[state]?.final ?? false;

/** Whether a run in the state trains, or will without being asked. @param {string} state */
export const isActive = (state) => RUN_STATES[state]?.active ?? false;

/** Whether something went wrong. @param {string} state */
export const isError = (state) => RUN_STATES[state]?.error ?? false;
