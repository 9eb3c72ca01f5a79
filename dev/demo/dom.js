// @ts-check
/** Elements of the page, and one queue for all that is done in it. */

export const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
export const field = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (document.getElementById(id));

/**
 * @param {string} tag
 * @param {string} kind  its class
 * @param {...(Node|string)} content
 */
export function make(tag, kind, ...content) {
  const element = document.createElement(tag);
  element.className = kind;
  element.append(...content);
  return element;
}

/**
 * New rows for a list; the old ones stay, with the focus, where nothing is new.
 * @param {string} id
 * @param {HTMLElement[]} rows
 */
export function replace(id, rows) {
  const isSame = part(id).innerHTML === rows.map(({ outerHTML }) => outerHTML).join('');
  if (!isSame) part(id).replaceChildren(...rows);
}

let last = /** @type {Promise<void>} */ (Promise.resolve());
let waiting = 0;

/**
 * One thing after the other, and what goes wrong is said until the next thing is done.
 * @param {() => Promise<unknown>} work
 */
export function doing(work) {
  waiting += 1;
  document.body.setAttribute('aria-busy', 'true');
  last = last.then(() => attempt(work));
  return last;
}

/** @param {() => Promise<unknown>} work */
async function attempt(work) {
  const notice = part('notice');
  if (notice.classList.contains('fault')) notice.textContent = '';
  notice.classList.remove('fault');
  try {
    await work();
  } catch (error) {
    notice.textContent = error instanceof Error ? error.message : String(error);
    notice.classList.add('fault');
  }
  waiting -= 1;
  if (!waiting) document.body.removeAttribute('aria-busy');
}

/** Whether nothing is under way, and no fault is to be read. */
export function isIdle() {
  return !waiting && !part('notice').classList.contains('fault');
}
