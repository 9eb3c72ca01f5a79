// @ts-check
/** Sessions of users who have signed in through the dialog, kept while the pane is closed. */

/**
 * The session of one mailbox's user. If the browser does not let a page in a frame store data, the session lasts as
 * long as the pane.
 */
export class Sessions {
  /**
   * @param {string} owner
   * @param {(line: string) => void} log
   */
  constructor(owner, log) {
    this.key = `session ${owner}`;
    this.log = log;
  }

  /** The session's token; "" when there is none. */
  load() {
    return this.#attempt(() => localStorage.getItem(this.key)) ?? '';
  }

  /** @param {string} token  "" deletes the session */
  save(token) {
    this.#attempt(() => (token ? localStorage.setItem(this.key, token) : localStorage.removeItem(this.key)));
  }

  /**
   * @template T
   * @param {() => T} use
   * @returns {T|null}
   */
  #attempt(use) {
    try {
      return use();
    } catch (error) {
      this.log(`Identity: sessions are not kept: ${error instanceof Error ? error.message : error}`);
      return null;
    }
  }
}
