/** An in-memory meeting that responds without delay and can simulate the faults of real versions of Outlook. */

import { clock } from '../../../addin/src/waiting.js';

clock.pause = async () => {};

export class FakeItem {
  body = 'Agenda';
  format = 'text';
  attendees = [];
  places = [];
  note = '';
  calls = [];
  /** Maps each call to an Error to throw, or to a function to run instead. */
  faults = {};

  async #do(call, work) {
    this.calls.push(call);
    const fault = this.faults[call];
    if (fault instanceof Error) throw fault;
    return fault ? fault() : work();
  }

  readBody = () => this.#do('readBody', () => ({ format: this.format, raw: this.body, text: this.body }));
  prependBody = (text) => this.#do('prependBody', () => void (this.body = text + this.body));
  replaceBody = (text) => this.#do('replaceBody', () => void (this.body = text));
  listed = 500;
  /** All attendees are required attendees. */
  readAttendees = (field) =>
    field === 'optional' ? [] : this.#do('readAttendees', () => this.attendees.map((address) => ({ name: '', address })));
  addAttendees = (people) =>
    this.#do('addAttendees', () => void this.attendees.push(...people.map(({ address }) => address)));
  setAttendees = (people) =>
    this.#do('setAttendees', () => void (this.attendees = people.map(({ address }) => address)));
  readLocation = () => this.#do('readLocation', () => [...this.places]);
  setLocation = (text) => this.#do('setLocation', () => void this.places.push(text));
  clearLocation = (gone) =>
    this.#do('clearLocation', () => void (this.places = this.places.filter((one) => !gone.includes(one))));
  recall = () => this.#do('recall', () => this.note);
  remember = (note) => this.#do('remember', () => void (this.note = note));
  isOccurrence = false;
  isNew = async () => true;
  start = async () => '2026-12-01T10:00:00.000Z';

  get writes() {
    return this.calls.filter((call) => !/^(read|recall|remember)/.test(call));
  }
}

export const timeout = () => Object.assign(new Error('no response'), { timedOut: true });
