/**
 * Calls the management API. Every failure is an ApiError with a message that tells the admin what to do about it.
 */

export const CONFIGURATION = '/api/admin/configuration/v1/';
export const STATUS = '/api/admin/status/v1/';

/**
 * The API returned an error, or did not respond. `faults` lists the errors by field; `changed` lists the settings that
 * somebody else has changed (status 412).
 */
export class ApiError extends Error {
  /**
   * @param {number} status 0 if there was no response
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

/** @param {Session} next the session to use for all subsequent calls */
export function useSession(next) {
  session = next;
}

/**
 * @param {string} path
 * @param {{ method?: string, body?: unknown, file?: File, etag?: string }} options `body` is sent as JSON, `file` unchanged
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
    throw new ApiError(0, 'The deployment cannot be reached. It is not known whether anything was changed. Try again.');
  }
  if (answer.ok) return { data: answer.status === 204 ? null : await answer.json(), etag: answer.headers.get('ETag') ?? '' };
  throw await refusal(path, answer);
}

/**
 * @param {string} path @param {Record<string, string | number | boolean | undefined>} query
 * `examined`: the number of objects that were searched, if there are too many to search all of them
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
    return new ApiError(400, 'Not saved: some settings are invalid.', faults);
  }
  const told = typeof body.error === 'string' ? body.error : said(answer.status);
  return new ApiError(answer.status, told, {}, Array.isArray(body.changed) ? body.changed : []);
}

/** @param {number} status */
function said(status) {
  if (status === 401) return 'You have been signed out. Sign in again; what you have typed is still here.';
  if (status === 403) return 'Your account has read-only access.';
  if (status === 429) return 'Too many requests. Wait a minute, then try again.';
  return status >= 500 ? 'The deployment cannot respond right now. Try again.' : `The request was refused with status ${status}.`;
}
