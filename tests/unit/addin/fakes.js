/** A meeting in memory, with the faults that Outlooks have. */

export class FakeItem {
  body = 'Agenda';
  format = 'text';
  attendees = [];
  places = [];
  note = '';
  calls = [];
  /** By call: an Error to throw, or a function to run instead. */
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
  readAttendees = () => this.#do('readAttendees', () => [...this.attendees]);
  addAttendee = ({ address }) => this.#do('addAttendee', () => void this.attendees.push(address));
  removeAttendee = (address) =>
    this.#do('removeAttendee', () => void (this.attendees = this.attendees.filter((one) => one !== address)));
  readLocation = () => this.#do('readLocation', () => this.places.join('; '));
  setLocation = (text) => this.#do('setLocation', () => void this.places.push(text));
  clearLocation = (text) =>
    this.#do('clearLocation', () => void (this.places = this.places.filter((one) => one !== text)));
  recall = () => this.#do('recall', () => this.note);
  remember = (note) => this.#do('remember', () => void (this.note = note));
  pause = async (milliseconds) => void this.calls.push(`pause ${milliseconds}`);

  get writes() {
    return this.calls.filter((call) => !/^(read|pause|recall|remember)/.test(call));
  }
}

export const timeout = () => Object.assign(new Error('no answer'), { timedOut: true });
