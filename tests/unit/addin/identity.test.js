import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, test } from 'node:test';

import { Identity, NoIdentity, SignInNeeded } from '../../../addin/src/identity.js';

globalThis.location = { href: 'https://vmr.example.com/addin/1/pane' };
const DIALOG = '/addin/1/sign-in';

/** How Outlook and the back end behave. Tests can change this. */
let world;
const outlook = {
  supports: (set) => world.sets.includes(set),
  identityToken: async () => world.exchange(),
  closeDialog: () => void (world.closed += 1),
  dialog: async (url) => ((world.opened = url), world.dialog()),
  office: { auth: { getAccessToken: async (options) => ((world.asked = options), 'sso') } },
};
const api = {
  redeem: async (code, verifier, token) => ((world.redeemed = { code, verifier, token }), 'session'),
  signOut: async (token) => void (world.signedOut = token),
};
const sessions = { load: () => world.kept, save: (token) => void (world.kept = token) };
const identity = (config) =>
  new Identity({ dialog_url: DIALOG, ...config }, outlook, api, (line) => world.lines.push(line), sessions);
const fail = () => {
  throw new Error('9018');
};

beforeEach(() => {
  world = { sets: [], exchange: () => 'exchange', dialog: () => '{"code":"c"}', lines: [], kept: '', closed: 0 };
});

test('Exchange provides a token without a sign-in', async () => {
  assert.equal(await identity({ method: 'exchange_token' }).token(false), 'exchange');
});

test('the user must sign in when Exchange does not provide a token', async () => {
  world.exchange = fail;
  await assert.rejects(identity({ method: 'exchange_token' }).token(true), SignInNeeded);
  assert.match(world.lines.join(), /Exchange identity token: 9018/);
});

test('there is no identity when neither Exchange nor a sign-in is available', async () => {
  world.exchange = fail;
  await assert.rejects(identity({ method: 'exchange_token', dialog_url: '' }).token(true), NoIdentity);
});

test('nested app authentication falls back to Exchange when Outlook does not support it', async () => {
  assert.equal(await identity({ method: 'nested_app' }).token(false), 'exchange');
  assert.match(world.lines.join(), /nested app authentication: not supported/);
});

for (const mayAsk of [true, false]) {
  test(`Office single sign-on only prompts the user after a click: ${mayAsk}`, async () => {
    world.sets = ['IdentityAPI'];
    assert.equal(await identity({ method: 'office_sso' }).token(mayAsk), 'sso');
    assert.deepEqual(world.asked, { allowSignInPrompt: mayAsk, allowConsentPrompt: mayAsk });
  });
}

test('with the method `dialog`, no other method is tried', async () => {
  await assert.rejects(identity({ method: 'dialog' }).token(true), SignInNeeded);
});

test('signing in first sends a challenge, and then its verifier with the code', async () => {
  const it = identity({ method: 'dialog' });
  await it.signIn();
  const url = new URL(world.opened);
  const { code, verifier } = world.redeemed;
  assert.equal(url.origin + url.pathname, `https://vmr.example.com${DIALOG}`);
  assert.equal(code, 'c');
  assert.equal(url.searchParams.get('challenge'), createHash('sha256').update(verifier).digest('base64url'));
  assert.doesNotMatch(world.opened, new RegExp(verifier));
  assert.equal(await it.token(false), 'session');
});

test('a refused sign-in is an error', async () => {
  world.dialog = () => '{"error":"access_denied"}';
  await assert.rejects(identity({ method: 'dialog' }).signIn(), /access_denied/);
});

test('a token that the server refuses is forgotten', async () => {
  const it = identity({ method: 'dialog' });
  await it.signIn();
  assert.ok(it.refused(new Error('401')) instanceof SignInNeeded);
  await assert.rejects(it.token(true), SignInNeeded);
});

test('a session outlives the pane until it is refused', async () => {
  await identity({ method: 'dialog' }).signIn();
  const reopened = identity({ method: 'exchange_token' });
  assert.equal(await reopened.token(false), 'session');
  reopened.refused(new Error('401'));
  assert.equal(world.kept, '');
  assert.equal(await identity({ method: 'exchange_token' }).token(false), 'exchange');
});

test('an integration without a sign-in has no session', async () => {
  world.kept = 'session';
  assert.equal(await identity({ method: 'exchange_token', dialog_url: '' }).token(false), 'exchange');
});

test('a typed code completes a sign-in whose window could not reach the pane', async () => {
  let late;
  world.dialog = () => new Promise((done) => (late = done));
  const it = identity({ method: 'dialog' });
  const signingIn = it.signIn();
  while (!late) await new Promise(setImmediate);
  const { page, verifier } = it.attempt;
  assert.equal(new URL(page).searchParams.get('challenge'), createHash('sha256').update(verifier).digest('base64url'));
  await it.redeem('K7QX2-M9PAT');
  assert.deepEqual(world.redeemed, { code: 'K7QX2-M9PAT', verifier, token: '' });
  assert.equal(await it.token(false), 'session');
  assert.equal(world.closed, 2, 'the old window is closed, and then this one');
  late('{"code":"late"}');
  await signingIn;
  assert.equal(world.redeemed.code, 'K7QX2-M9PAT', 'a code can be used once');
});

test('signing in sends the Outlook token to the server', async () => {
  await identity({ method: 'exchange_token' }).signIn();
  assert.equal(world.redeemed.token, 'exchange');
  world.exchange = fail;
  await identity({ method: 'exchange_token' }).signIn();
  assert.equal(world.redeemed.token, '');
});

test('signing out deletes the session in the pane and on the server', async () => {
  const it = identity({ method: 'dialog' });
  await it.signIn();
  await it.signOut();
  assert.equal(world.signedOut, 'session');
  assert.equal(world.kept, '');
  await assert.rejects(it.token(true), SignInNeeded);
});

test("without a sign-in, the server's error is reported", () => {
  const said = new Error('401');
  assert.equal(identity({ method: 'exchange_token', dialog_url: '' }).refused(said), said);
});
