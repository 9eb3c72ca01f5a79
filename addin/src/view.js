// @ts-check
/** Renders a picture (src/screens.js) into the page. */

import { words } from './fixed_words.js';

/** @import {Button, Content, Entry, Picture, Texts} from './screens.js' */
/** @import {Event} from './state.js' */

const RIGHT_TO_LEFT = /^(ar|dv|fa|he|iw|ku|prs|ps|sd|syr|ug|ur|yi)\b/i;

/** The pane's page. */
export class View {
  /**
   * @param {Document} document
   * @param {(event: Event) => void} tell  reports what the user does
   */
  constructor(document, tell) {
    this.document = document;
    this.pane = this.#part('pane');
    this.choices = this.#part('choices');
    this.#part('heading').addEventListener('blur', ({ target }) => {
      /** @type {HTMLElement} */ (target).tabIndex = -1;
    });
    this.choices.addEventListener('click', (event) => {
      const button = /** @type {Element} */ (event.target).closest('button');
      if (button && button.getAttribute('aria-disabled') !== 'true') {
        tell({ type: 'clicked', button: button.dataset.id ?? '' });
      }
    });
    const input = /** @type {HTMLInputElement} */ (this.#part('input'));
    input.addEventListener('input', () => input.type === 'search' && tell({ type: 'typed', text: input.value }));
    this.#part('entry').addEventListener('submit', (event) => {
      event.preventDefault();
      tell({ type: 'entered', text: input.value });
    });
  }

  /** @param {Texts} texts */
  introduce(texts) {
    this.#part('fallback').hidden = true;
    fill(this.#part('title'), { html: texts.pane_title });
    fill(this.#part('description'), { html: texts.pane_description });
    this.document.title = this.#part('title').textContent ?? '';
  }

  /** @param {string} language  Outlook's language, as in BCP 47 */
  speak(language) {
    this.document.documentElement.lang = language;
    this.document.documentElement.dir = RIGHT_TO_LEFT.test(language) ? 'rtl' : 'ltr';
  }

  /**
   * Follow Outlook's own theme, if known.
   * @param {string} background  as `#rrggbb`
   */
  dress(background) {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(background.slice(at, at + 2), 16));
    const isDark = red * 0.299 + green * 0.587 + blue * 0.114 < 128;
    this.document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  }

  /** @param {Picture} picture */
  show(picture) {
    this.pane.setAttribute('aria-busy', String(picture.busy));
    this.pane.dataset.tone = picture.tone;
    fill(this.#part('heading'), picture.heading);
    fill(this.#part('message'), picture.message);
    fill(this.#part('hint'), picture.hint ? { text: picture.hint } : null);
    this.#ask(picture.entry);
    this.#pointElsewhere(picture.link);
    this.#offer(picture.buttons, picture.busy);
  }

  /**
   * Show the input field. It is not replaced while its purpose is the same, so that typed text is not lost.
   * @param {Entry|null} entry
   */
  #ask(entry) {
    const [form, input] = [this.#part('entry'), /** @type {HTMLInputElement} */ (this.#part('input'))];
    const kind = entry?.kind ?? '';
    if (form.dataset.kind !== kind) input.value = '';
    form.dataset.kind = kind;
    form.hidden = entry === null;
    input.type = kind === 'search' ? 'search' : 'text';
    fill(this.#part('label'), { text: entry?.label ?? '' });
    fill(this.#part('send'), entry?.button ? { text: entry.button } : null);
  }

  /**
   * Show a link that users can open if a button's action did not work. The link and its field then follow the buttons.
   * @param {string} address  URL of a page for a separate browser window, or ""
   */
  #pointElsewhere(address) {
    const [paragraph, form] = [this.#part('elsewhere'), this.#part('entry')];
    if (address && paragraph.hidden) this.choices.after(paragraph, form);
    else if (!address && !paragraph.hidden) this.choices.before(paragraph, form);
    paragraph.hidden = !address;
    fill(this.#part('link'), { text: words.inBrowser });
    if (address) /** @type {HTMLAnchorElement} */ (this.#part('link')).href = address;
  }

  /**
   * Show the buttons. They stay in place while an action is in progress, so that the focus is not lost.
   * @param {Button[]} buttons
   * @param {boolean} isBusy
   */
  #offer(buttons, isBusy) {
    const focused = /** @type {HTMLElement|null} */ (this.document.activeElement);
    const at = [...this.choices.querySelectorAll('button')].findIndex((button) => button === focused);
    // A field that has just been hidden also counts as having had the focus.
    const hadFocus = at >= 0 || (focused?.closest('form')?.hidden ?? false);
    if (!isBusy || buttons.length) this.choices.replaceChildren(...buttons.map((button) => this.#button(button, isBusy)));
    if (hadFocus) this.#keepFocus(focused?.dataset.id, at);
  }

  /**
   * @param {string|undefined} id  id of the button that had the focus
   * @param {number} at  the button's index
   */
  #keepFocus(id, at) {
    const all = [...this.choices.querySelectorAll('button')];
    const heading = this.#part('heading');
    const same = all.find((button) => button.dataset.id === id);
    // "Show more" adds entries, and the first of them gets the focus, so that the user can continue there.
    const target = (id === 'more' ? all[at] : same) ?? (heading.hidden ? all[0] : heading);
    // In Outlook on the web, Office.js handles the Tab key, and moves the focus out of the pane if the focused element
    // has no tab index. So the heading has a tab index while it is focused.
    if (target === heading) heading.tabIndex = 0;
    target?.focus();
  }

  /**
   * @param {Button} button
   * @param {boolean} isBusy
   */
  #button({ id, label, about, quiet, item }, isBusy) {
    const button = this.document.createElement('button');
    button.type = 'button';
    button.dataset.id = id;
    button.className = item ? 'item' : quiet ? 'quiet' : '';
    button.dir = 'auto';
    // `disabled` is not used, because it would remove the focus.
    button.setAttribute('aria-disabled', String(isBusy));
    fill(button, label);
    if (about) this.#describe(button, about);
    return button;
  }

  /**
   * Show a description as a tooltip, and make it available to keyboard and screen reader users.
   * @param {HTMLElement} button
   * @param {string} about
   */
  #describe(button, about) {
    const text = this.document.createElement('span');
    text.className = 'about';
    text.textContent = about;
    text.ariaHidden = 'true'; // the title is already read out
    button.title = about;
    button.append(text);
  }

  /** @param {string} id */
  #part(id) {
    return /** @type {HTMLElement} */ (this.document.getElementById(id));
  }
}

/**
 * @param {HTMLElement} element
 * @param {Content|null} content
 */
function fill(element, content) {
  element.hidden = content === null;
  if (content === null) element.textContent = '';
  else if ('text' in content) element.textContent = content.text;
  else element.innerHTML = content.html;
}
