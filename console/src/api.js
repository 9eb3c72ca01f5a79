/**
 * The management API, as the console asks it. Every failure is an ApiError, which says what a person can do about it.
 */

export const CONFIGURATION = '/api/admin/configuration/v1/';
export const STATUS = '/api/admin/status/v1/';

/** A refusal. `faults` are by field, `changed` the settings that somebody else has changed (412). */
export class ApiError extends Error {
  /**
   * @param {number} status 0 where there was no answer at all
   * @param {string} message
   * @param {Record<string, string[]>} faults
   * @param {string[]} changed
   */
  constructor(status, message, faults = {}, changed = []) {
    super(message);
    this.status = status;
    this.faults = faults;
    this.changed = changed;
  }
}

/** @typedef {{ headers: () => Promise<Record<string, string>>, expired: () => void }} Session */

/** @type {Session} */
let session = { headers: async () => ({}), expired: () => {} };

/** @param {Session} next who asks from now on */
export function useSession(next) {
  session = next;
}

/**
 * @param {string} path
 * @param {{ method?: string, body?: unknown, file?: File, etag?: string }} options `body` goes as JSON, `file` as it is
 * @returns {Promise<{ data: any, etag: string }>}
 */
export async function call(path, { method = 'GET', body, file, etag } = {}) {
  const headers = { ...(await session.headers()), ...(etag ? { 'If-Match': etag } : {}) };
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? { ...headers, ...(file ? { 'Content-Type': file.type } : {}) } : { ...headers, 'Content-Type': 'application/json' },
      body: body === undefined ? file : JSON.stringify(body),
      cache: 'no-store',
    });
  } catch {
    throw new ApiError(0, 'The deployment cannot be reached. Nothing is known to have been changed; try again.');
  }
  if (answer.ok) return { data: answer.status === 204 ? null : await answer.json(), etag: answer.headers.get('ETag') ?? '' };
  throw await refusal(path, answer);
}

/**
 * @param {string} path @param {Record<string, string | number | boolean | undefined>} query
 * `examined`: that many objects alone were searched, where there are too many of them
 */
export async function list(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  const { data } = await call(`${path}?${text}`);
  const { total_count: total, examined } = /** @type {{ total_count: number, examined?: number }} */ (data.meta);
  return { objects: /** @type {any[]} */ (data.objects), total, examined };
}

/** @param {string} path @param {Response} answer */
async function refusal(path, answer) {
  const body = await answer.json().catch(() => ({}));
  if (answer.status === 401) session.expired();
  const resource = path.split('/v1/')[1]?.split('/')[0] ?? '';
  const faults = body[resource];
  if (answer.status === 400 && faults && typeof faults === 'object') {
    return new ApiError(400, 'Not saved: some settings are wrong.', faults);
  }
  const told = typeof body.error === 'string' ? body.error : said(answer.status);
  return new ApiError(answer.status, told, {}, Array.isArray(body.changed) ? body.changed : []);
}

/** @param {number} status */
function said(status) {
  if (status === 401) return 'You are signed out. Sign in again; what you typed is still here.';
  if (status === 403) return 'Your account may only read here.';
  if (status === 429) return 'Too many requests at once. Wait a minute, and try again.';
  return status >= 500 ? 'The deployment cannot answer now. Try again.' : `Refused with status ${status}.`;
}
