// @ts-check
/** Reads from Outlook repeatedly for a while, because what it returns often lags behind its actions. */

/** Milliseconds before each reading of a body: outdated bodies have been seen for up to two seconds after a write. */
export const BODY_WAITS = [0, 150, 350, 500, 1000, 1500];
/** Milliseconds before each reading of the attendees, which Outlook resolves only after it has reported success. */
export const ATTENDEE_WAITS = [0, 100, 300, 600, 1000];

export const clock = {
  /**
   * Wait for the given time. Tests replace this method.
   * @param {number} milliseconds
   */
  pause(milliseconds) {
    return /** @type {Promise<void>} */ (new Promise((done) => setTimeout(done, milliseconds)));
  },
};

/**
 * Read repeatedly until the value is as expected; return that value or, failing that, the last one.
 * @template T
 * @param {number[]} waits  milliseconds before each reading
 * @param {() => Promise<T>} read
 * @param {(value: T) => boolean} isWanted
 * @returns {Promise<T>}
 */
export async function readAgain([wait, ...more], read, isWanted) {
  if (wait) await clock.pause(wait);
  const value = await read();
  return isWanted(value) || !more.length ? value : readAgain(more, read, isWanted);
}

/**
 * The result of some work, if it arrives in time.
 * @template T
 * @param {Promise<T>} work
 * @param {number} milliseconds
 * @returns {Promise<T>}
 */
export function inTime(work, milliseconds) {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error('no response')), milliseconds);
    work.then(done, fail).finally(() => clearTimeout(timer));
  });
}

/**
 * The error with which some work failed; null if it succeeded.
 * @param {Promise<unknown>} work
 * @returns {Promise<(Error & {timedOut?: boolean})|null>}
 */
export async function failureOf(work) {
  try {
    await work;
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
