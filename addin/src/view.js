// @ts-check
/** Shows a picture in the page. Knows nothing of meetings. */

/** @import {Button, Content, Picture, Texts} from './screens.js' */

const RIGHT_TO_LEFT = /^(ar|dv|fa|he|iw|ku|prs|ps|sd|syr|ug|ur|yi)\b/i;

/** The page of the pane. */
export class View {
  /**
   * @param {Document} document
   * @param {(button: string) => void} onClick
   */
  constructor(document, onClick) {
    this.document = document;
    this.pane = this.#part('pane');
    this.choices = this.#part('choices');
    this.#part('heading').addEventListener('blur', ({ target }) => {
      /** @type {HTMLElement} */ (target).tabIndex = -1;
    });
    this.choices.addEventListener('click', (event) => {
      const button = /** @type {Element} */ (event.target).closest('button');
      if (button && button.getAttribute('aria-disabled') !== 'true') onClick(button.dataset.id ?? '');
    });
  }

  /** @param {Texts} texts */
  introduce(texts) {
    this.#part('fallback').hidden = true;
    fill(this.#part('title'), { html: texts.pane_title });
    fill(this.#part('description'), { html: texts.pane_description });
    this.document.title = this.#part('title').textContent ?? '';
  }

  /** @param {string} language  of Outlook, as in BCP 47 */
  speak(language) {
    this.document.documentElement.lang = language;
    this.document.documentElement.dir = RIGHT_TO_LEFT.test(language) ? 'rtl' : 'ltr';
  }

  /**
   * Follow Outlook's own theme, where it tells.
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
    this.#offer(picture.buttons, picture.busy);
  }

  /**
   * Buttons stay where they are while something is under way, so that nobody loses the focus.
   * @param {Button[]} buttons
   * @param {boolean} isBusy
   */
  #offer(buttons, isBusy) {
    const hadFocus = this.choices.contains(this.document.activeElement);
    const focused = /** @type {HTMLElement} */ (this.document.activeElement)?.dataset?.id;
    if (!isBusy || buttons.length) this.choices.replaceChildren(...buttons.map((button) => this.#button(button, isBusy)));
    if (hadFocus) this.#keepFocus(focused);
  }

  /** @param {string|undefined} id */
  #keepFocus(id) {
    const all = [...this.choices.querySelectorAll('button')];
    const heading = this.#part('heading');
    const target = all.find((button) => button.dataset.id === id) ?? (heading.hidden ? all[0] : heading);
    // Office.js in Outlook on the web moves the focus on Tab by itself, and out of the pane from an element that has
    // no place in the order: so the heading has one while it has the focus.
    if (target === heading) heading.tabIndex = 0;
    target?.focus();
  }

  /**
   * @param {Button} button
   * @param {boolean} isBusy
   */
  #button({ id, label, about, quiet }, isBusy) {
    const button = this.document.createElement('button');
    button.type = 'button';
    button.dataset.id = id;
    button.className = quiet ? 'quiet' : '';
    button.dir = 'auto';
    // Not `disabled`, which would take the focus away.
    button.setAttribute('aria-disabled', String(isBusy));
    fill(button, label);
    if (about) this.#describe(button, about);
    return button;
  }

  /**
   * A description on hovering, and for those who come by keyboard or listen.
   * @param {HTMLElement} button
   * @param {string} about
   */
  #describe(button, about) {
    const text = this.document.createElement('span');
    text.className = 'about';
    text.textContent = about;
    text.ariaHidden = 'true'; // the title is read out already
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
