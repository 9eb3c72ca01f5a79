// @ts-check
/** Elements of the page, and one queue for all user actions. */

export const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
export const field = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (document.getElementById(id));

/**
 * @param {string} tag
 * @param {string} kind  its class
 * @param {...(Node|string)} content
 */
export function make(tag, kind, ...content) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  element.append(...content);
  return element;
}

/**
 * @param {string} label
 * @param {() => unknown} work
 * @param {string} key    identifies the button within its list
 * @param {string} [about]  what the button does, if its label does not say so
 */
export function button(label, work, key, about = '') {
  const made = /** @type {HTMLButtonElement} */ (make('button', 'tool', label));
  made.type = 'button';
  made.dataset.key = key;
  if (about) Object.assign(made, { title: about, ariaLabel: about });
  made.addEventListener('click', () => void doing(async () => void (await work())));
  return made;
}

const drawn = /** @type {Map<string, string>} */ (new Map());

/**
 * Show new rows in a list, unless nothing has changed. Expanded rows stay expanded, and the focus is kept.
 * @param {string} id
 * @param {HTMLElement[]} rows
 */
export function replace(id, rows) {
  const list = part(id);
  const html = rows.map(({ outerHTML }) => outerHTML).join('');
  if (drawn.get(id) === html) return;
  drawn.set(id, html);
  const unfolded = [...list.querySelectorAll('details[open]')].map(keyOf);
  const focused = list.contains(document.activeElement) ? keyOf(document.activeElement) : undefined;
  list.replaceChildren(...rows);
  for (const element of list.querySelectorAll('[data-key]')) {
    if (element instanceof HTMLDetailsElement) element.open = unfolded.includes(keyOf(element));
    if (focused && keyOf(element) === focused) /** @type {HTMLElement} */ (element).focus();
  }
}

/** @param {Element|null} element */
function keyOf(element) {
  return /** @type {HTMLElement|null} */ (element)?.dataset.key;
}

/**
 * Show a message to the user. Screen readers announce it too.
 * @param {string} text
 * @param {boolean} [isFault]
 */
export function tell(text, isFault = false) {
  const notice = part('notice');
  notice.textContent = text;
  notice.classList.toggle('fault', isFault);
}

let last = /** @type {Promise<void>} */ (Promise.resolve());
let waiting = 0;

/**
 * Run an action after the previous ones, and show its errors.
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
  if (part('notice').classList.contains('fault')) tell('');
  try {
    await work();
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error), true);
  }
  waiting -= 1;
  if (!waiting) document.body.removeAttribute('aria-busy');
}

/** Whether no user action is in progress. */
export function isIdle() {
  return !waiting;
}
