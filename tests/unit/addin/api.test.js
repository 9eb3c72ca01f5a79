import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Api, ApiError } from '../../../addin/src/api.js';

const PATHS = {
  meeting_details: '/details', personal_vmrs: '/personal', config: '/config', tag_state: '/tag',
  redeem: '/redeem', sign_out: '/sign-out',
};
const json = (body, status = 200) => async () => new Response(JSON.stringify(body), { status });

/** An Api with `answer` as its fetch, and the requests and log lines that it produces. */
function api(answer) {
  const asked = [];
  const lines = [];
  const ask = (...request) => (asked.push(request), answer(...request));
  return { api: new Api(PATHS, (line) => lines.push(line), ask), asked, lines };
}

test('a request for meeting details sends the token and the key in headers', async () => {
  const { api: it, asked } = api(json({ status: 'success', result: { alias_id: 'x' } }));
  assert.deepEqual(await it.meetingDetails('secret', 'key'), { alias_id: 'x' });
  const [[path, { headers, redirect, cache }]] = asked;
  assert.deepEqual([path, headers, redirect, cache], ['/details', { token: 'secret', 'Idempotency-Key': 'key' }, 'error', 'no-store']);
});

test('the placeholder comes from the configuration, which may lack one', async () => {
  assert.deepEqual(await api(json({ placeholder: { html: 'h', text: 't' } })).api.placeholder('t'), { html: 'h', text: 't' });
  assert.equal(await api(json({})).api.placeholder('t'), null);
});

test('a tag is sent in the body, since addresses of requests are logged', async () => {
  const { api: it, asked } = api(json({ status: 'success', result: { state: 'reserved' } }));
  assert.deepEqual(await it.tagState('secret', 'PXPS:-1', '2026-12-01T10:00:00Z'), { state: 'reserved' });
  const [[path, { method, headers, body }]] = asked;
  assert.deepEqual([path, method, headers.token], ['/tag', 'POST', 'secret']);
  assert.deepEqual(JSON.parse(body), { tag: 'PXPS:-1', start: '2026-12-01T10:00:00Z' });
});

test('a request names the people whose meeting it is, if Outlook reveals them', async () => {
  const { api: it, asked } = api(json({ status: 'success', result: {} }));
  it.mailboxes = async () => ['alice@example.com', 'boss@example.com'];
  await it.meetingDetails('secret', 'key');
  await it.placeholder('secret');
  await it.tagState('secret', 'PXPS:-1', '');
  for (const [, { headers }] of asked) assert.equal(headers['X-Mailboxes'], 'alice@example.com, boss@example.com');
});

test('a code is sent in the body of a request', async () => {
  const { api: it, asked } = api(json({ status: 'success', result: { token: 'session' } }));
  assert.equal(await it.redeem('code', 'verifier', ''), 'session');
  assert.equal(asked[0][1].method, 'POST');
  assert.deepEqual(JSON.parse(asked[0][1].body), { code: 'code', verifier: 'verifier' });
  assert.ok(!('token' in asked[0][1].headers));
  await it.redeem('code', 'verifier', 'of Outlook');
  assert.equal(asked[1][1].headers.token, 'of Outlook');
});

test('signing out sends the session token', async () => {
  const { api: it, asked } = api(json({ status: 'success', result: {} }));
  await it.signOut('session');
  assert.deepEqual([asked[0][0], asked[0][1].method, asked[0][1].headers], ['/sign-out', 'POST', { token: 'session' }]);
});

const failure = { status: 'failure', error: { code: 'x', message: 'Not here.', correlation_id: 'c-1' } };
const html = (status) => async () => new Response('<h1>Bad gateway</h1>', { status });
for (const [name, answer, status, isOutage] of [
  ['no connection', async () => { throw new TypeError('Failed to fetch'); }, 0, true],
  ['a truncated answer', async () => new Response('{"status":', { status: 200 }), 0, true],
  ['a page of a proxy', html(502), 502, true],
  ['a page of a firewall', html(403), 403, false],
  ['an outage', json(failure, 503), 503, true],
  ['too many requests', json(failure, 429), 429, true],
  ['no proof', json(failure, 401), 401, false],
  ['not allowed', json(failure, 403), 403, false],
  ['a missing integration', json(failure, 404), 404, false],
]) {
  test(`a failure is reported: ${name}`, async () => {
    const error = await api(answer).api.meetingDetails('t', 'k').catch((caught) => caught);
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.isOutage], [status, isOutage]);
  });
}

test('a failure contains the server\'s message, and the log never contains the token', async () => {
  const { api: it, lines } = api(json(failure, 403));
  await assert.rejects(it.meetingDetails('secret', 'k'), { message: 'Not here.', correlationId: 'c-1' });
  assert.match(lines.join(), /403 c-1 Not here\./);
  assert.doesNotMatch(lines.join(), /secret/);
});

test('a response that takes more than 8 seconds counts as no response', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const hang = (_, { signal }) =>
    new Promise((_done, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
  const pending = api(hang).api.meetingDetails('t', 'k');
  context.mock.timers.tick(8000);
  await assert.rejects(pending, { status: 0, isOutage: true });
});
