// @ts-check
/**
 * The only command in Outlook on phones: adds a single-use VMR within a minute, without opening a pane
 * (docs/facts/outlook-addin.md). It has not been confirmed which Outlook calls work on phones, so there are
 * fallbacks (src/office.js, src/insert.js).
 */

import { Actions } from '../src/actions.js';
import { Api } from '../src/api.js';
import { Identity } from '../src/identity.js';
import { Outlook, officeReady } from '../src/office.js';
import { words } from '../src/fixed_words.js';

/** @import {Finished} from '../src/state.js' */

const config = JSON.parse(document.getElementById('config')?.textContent ?? '');
const NOTICE = 150; // maximum length of a notification, in characters
const log = () => {};

/** @param {Office.AddinCommands.Event} event */
async function addVmr(event) {
  try {
    const { office } = await officeReady();
    const outlook = new Outlook(office, log);
    tell(outlook, await added(outlook));
  } finally {
    event.completed();
  }
}

/**
 * @param {Outlook} outlook
 * @returns {Promise<Finished>}
 */
async function added(outlook) {
  const { api: paths, identity, room_name: name, room_email: address, room_addresses: known } = config;
  const api = new Api(paths, log);
  api.mailboxes = () => outlook.people();
  const prover = new Identity(identity, outlook, api, log);
  const actions = new Actions(outlook.item, api, prover, { name, address, known }, log);
  void actions.prepare();
  const first = await actions.run({ do: 'single' });
  if (first.outcome === 'already' && first.incomplete) return actions.run({ do: 'complete' });
  if (first.outcome !== 'signInNeeded') return first;
  // The time that the user spends in the dialog does not count towards the one-minute limit.
  const signedIn = await actions.run({ do: 'signIn' });
  return signedIn.outcome === 'signedIn' ? actions.run({ do: 'single' }) : signedIn;
}

/**
 * Tell the user what is left to do, if this Outlook can show notifications. The inserted text is visible either way.
 * @param {Outlook} outlook
 * @param {Finished} finished
 */
function tell({ office }, finished) {
  const message = notice(finished).slice(0, NOTICE);
  if (!message) return;
  office.context.mailbox.item?.notificationMessages?.addAsync('vmr', { type: 'errorMessage', message });
}

/** @param {Finished} finished */
function notice(finished) {
  const failed = plain(config.texts.error_message);
  switch (finished.outcome) {
    case 'failed':
      return `${failed} ${finished.hint ?? ''}`.trim();
    case 'rewrite':
      return `${failed} ${words.rewriteToAdd}`;
    case 'already':
      return { foreign: words.foreign, unsure: words.unsure, ours: '' }[finished.owner];
    case 'added':
      return finished.hint ?? '';
    default:
      return '';
  }
}

/** @param {string} html */
function plain(html) {
  return new DOMParser().parseFromString(html, 'text/html').body.textContent ?? '';
}

Office.actions.associate('addVmr', addVmr);
