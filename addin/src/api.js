// @ts-check
/** The back end's routes, as defined by the add-in's API. Tokens are sent in headers, never in URLs. */

const SERVER_TIMEOUT = 8_000; // milliseconds; after that, a placeholder is inserted instead of an alias (X4)

/** The back end returned an error, or did not respond (`status` 0). */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{message?: string, correlation_id?: string}} [detail]
   */
  constructor(status, detail = {}) {
    super(detail.message ?? '');
    this.status = status;
    this.correlationId = detail.correlation_id ?? '';
  }

  /** Whether there was no proper response: the service is down, slow, or overloaded. */
  get isOutage() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** @typedef {{room_name: string, room_email: string, alias_id: string, instructions: string, instructions_text: string,
 *   location: string, alias: string, numeric_alias: string}} MeetingDetails */
/** @typedef {{state: 'unknown'|'reserved'|'scheduled'|'closed', starts_here: boolean, alias: string,
 *   one_date: boolean}} TagState */
/** @typedef {{name: string, description: string, instructions: string, instructions_text: string, location: string}}
 *   PersonalVmr */
/** @typedef {Record<'meeting_details'|'personal_vmrs'|'config'|'tag_state'|'redeem'|'sign_out', string>} Paths */

/** Calls the back end. */
export class Api {
  /**
   * @param {Paths} paths
   * @param {(line: string) => void} log
   * @param {typeof fetch} [ask]  for tests
   */
  constructor(paths, log, ask = (...request) => fetch(...request)) {
    this.paths = paths;
    this.log = log;
    this.ask = ask;
    /** Returns the addresses of the users whose meetings may use a tag. */
    this.mailboxes = /** @type {(() => Promise<string[]>)|null} */ (null);
  }

  /**
   * Request an alias, with its tag and joining instructions. Requests with the same key return the same alias.
   * @param {string} token
   * @param {string} key
   * @returns {Promise<MeetingDetails>}
   */
  async meetingDetails(token, key) {
    const headers = { token, 'Idempotency-Key': key, ...(this.mailboxes && (await named(this.mailboxes))) };
    return (await this.#json(this.paths.meeting_details, { headers })).result;
  }

  /**
   * Request the user's own VMRs.
   * @param {string} token
   * @returns {Promise<PersonalVmr[]>}
   */
  async personalVmrs(token) {
    return (await this.#json(this.paths.personal_vmrs, { headers: { token } })).result;
  }

  /**
   * The placeholder to insert while the back end cannot be reached; null if single-use VMRs are not offered.
   * @param {string} token
   * @returns {Promise<{html: string, text: string}|null>}
   */
  async placeholder(token) {
    const headers = { token, ...(this.mailboxes && (await named(this.mailboxes))) };
    return (await this.#json(this.paths.config, { headers })).placeholder ?? null;
  }

  /**
   * Request the state of a tag.
   * @param {string} token
   * @param {string} tag
   * @param {string} start  when the meeting with the tag starts, as ISO 8601
   * @returns {Promise<TagState>}
   */
  async tagState(token, tag, start) {
    const whose = this.mailboxes && (await named(this.mailboxes));
    const headers = { 'Content-Type': 'application/json', token, ...whose };
    const body = JSON.stringify({ tag, start });
    return (await this.#json(this.paths.tag_state, { method: 'POST', headers, body })).result;
  }

  /**
   * Exchange the one-time code from the sign-in dialog for a session token.
   * @param {string} code
   * @param {string} verifier  the secret whose SHA-256 was sent when the sign-in started
   * @param {string} token  Outlook's own token, which the server stores for this user; "" if there is none
   * @returns {Promise<string>}
   */
  async redeem(code, verifier, token) {
    const body = JSON.stringify({ code, verifier });
    const headers = { 'Content-Type': 'application/json', ...(token && { token }) };
    return (await this.#json(this.paths.redeem, { method: 'POST', headers, body })).result.token;
  }

  /**
   * End all sessions of the user, including those on other devices.
   * @param {string} token
   */
  async signOut(token) {
    await this.#json(this.paths.sign_out, { method: 'POST', headers: { token } });
  }

  /**
   * @param {string} path
   * @param {RequestInit} request
   * @returns {Promise<any>}
   */
  async #json(path, request) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), SERVER_TIMEOUT);
    try {
      return await this.#answer(path, { ...request, signal: abort.signal, cache: 'no-store', redirect: 'error' });
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param {string} path
   * @param {RequestInit} request
   */
  async #answer(path, request) {
    let status = 0;
    try {
      const response = await this.ask(path, request);
      status = response.status;
      const answer = await response.json();
      if (!response.ok) throw new ApiError(status, answer.error);
      return answer;
    } catch (cause) {
      // A proxy's error page is not JSON; a truncated response is treated as missing.
      const error = cause instanceof ApiError ? cause : new ApiError(status >= 400 ? status : 0);
      this.log(`Back end: ${error.status || 'no response'} ${error.correlationId} ${error.message}`);
      throw error;
    }
  }
}

/**
 * @param {() => Promise<string[]>} mailboxes
 * @returns {Promise<{'X-Mailboxes'?: string}>}
 */
async function named(mailboxes) {
  const known = await mailboxes();
  return known.length ? { 'X-Mailboxes': known.join(', ') } : {};
}
