// @ts-check
/**
 * Behaviours of real Outlook clients, keyed by name. Each says how the fake Outlook deviates (`quirks`, see
 * dev/demo/outlook_meeting.js), what its meetings contain (`meeting`), and the newest requirement set that it supports
 * (`mailbox`). Reports of each behaviour are in docs/facts/outlook-addin.md.
 */

/** @import {Person} from '../../dev/demo/outlook_meeting.js' */

const MAILBOX = 'vmr@example.com';
const DN = '/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=0123456789abcdef-vmr';
const PRIMARY = 'video.rooms@corp.example.com';

/** @param {Person} person */
const isMailbox = ({ address }) => [MAILBOX, DN, PRIMARY].includes(address);

/** @param {string} address */
const comesBackAs = (address) => (/** @type {Person} */ person) => (isMailbox(person) ? { ...person, address } : person);

/** @param {number} count */
const crowd = (count) =>
  Array.from({ length: count }, (_, at) => ({ name: `Person ${at}`, address: `person${at}@example.com` }));

/** @param {string} html turns each list item into a paragraph that begins with its number or bullet, as Word does */
function asWord(html) {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  for (const item of [...body.querySelectorAll('li')].reverse()) {
    const list = /** @type {Element} */ (item.closest('ol, ul'));
    const number = `${[...list.children].indexOf(item) + 1}.`;
    const marker = list.tagName === 'OL' ? number : list.parentElement?.closest('li, ul') ? 'o' : '§';
    const paragraph = document.createElement('p');
    paragraph.className = 'x_MsoListParagraph';
    paragraph.innerHTML = `<span>${marker}<span>&nbsp;&nbsp; </span></span>${item.innerHTML}`;
    item.replaceWith(paragraph);
  }
  for (const list of [...body.querySelectorAll('ol, ul')].reverse()) list.replaceWith(...list.childNodes);
  return body.innerHTML
    .replace(/ (id|class)="(?!x_)/g, ' $1="x_').replace(/<(\/?)div\b/g, '<$1p').replace(/style="[^"]*"/g, 'style="margin:0"');
}

/** @param {string} html */
function asWordInABody(html) {
  const [head, inner] = /^(.*<body[^>]*>)(.*)<\/body>/is.exec(html)?.slice(1) ?? ['', ''];
  return head ? `${head}${asWord(inner)}</body></html>` : asWord(html);
}

export const BEHAVIOURS = {
  'as documented': {},
  'a changed body appears late': { quirks: { bodyLate: 2_000 } },
  'the mailbox is listed by a legacy Exchange DN': { quirks: { resolve: comesBackAs(DN) } },
  'the mailbox is listed by its primary address': { quirks: { resolve: comesBackAs(PRIMARY) } },
  'the mailbox is not listed': { quirks: { list: (/** @type {Person[]} */ all) => all.filter((one) => !isMailbox(one)) } },
  '250 attendees': { meeting: { required: crowd(250) } },
  'more attendees than are listed': { meeting: { required: crowd(510) } },
  'the organizer is among the attendees': {
    quirks: { list: (/** @type {Person[]} */ all, /** @type {Person} */ organizer) => [organizer, ...all] },
  },
  'line ends differ, and there are additional lines': {
    quirks: {
      give: (/** @type {string} */ raw, /** @type {string} */ format) =>
        format === 'text' ? `${raw.replace(/\r?\n/g, ' \r\n')}\r\n\r\n` : raw.replace(/></g, '>\r\n<'),
    },
  },
  "Word's HTML": { quirks: { keep: asWordInABody } },
  'pictures in the text': {
    meeting: { body: '<html><head></head><body><p>Agenda <img src="cid:plan@1" alt=""></p><p>Bye</p></body></html>' },
  },
  'a semicolon splits the location': { quirks: { place: (/** @type {string} */ text) => text.split(/;\s*/) } },
  'text is reported as HTML': { quirks: { typeSaid: 'html' } },
  'Exchange on-premises': { mailbox: '1.5' },
};
