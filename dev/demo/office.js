// @ts-check
/**
 * A replacement for Office.js on the demo page. The real library does not work over plain http, and its licence does
 * not allow it to be committed. The replacement contains only what the add-in uses. The browser tests use the real
 * library.
 *
 * It communicates with dev/demo/outlook.js as Office.js communicates with Outlook. In the sign-in dialog, it
 * communicates with the pane that opened the dialog.
 */
(() => {
  const HTML = 3;
  const coercion = (/** @type {string} */ type) => (type === 'html' ? HTML : 0);
  const DIALOG = 'demo sign-in'; // the name of the dialog and its messages
  const BLOCKED = 12009; // Office.js's code for a dialog blocked by the user or the browser
  const CLOSED = 12006; // Office.js's code for a closed dialog
  const GLANCE = 300; // milliseconds between checks for a closed dialog
  const waiting = /** @type {Map<string, (data: any) => void>} */ (new Map());
  let count = 0;

  addEventListener('message', ({ data, source }) => {
    if (source !== parent || typeof data !== 'string') return;
    const answer = JSON.parse(data);
    if (answer.run) return run(answer.run);
    waiting.get(answer._correlationId)?.(answer._data);
    waiting.delete(answer._correlationId);
  });

  const commands = /** @type {Map<string, (event: {completed: () => void}) => void>} */ (new Map());

  /**
   * Run a command without a pane, as phones do.
   * @param {string} name
   */
  function run(name) {
    commands.get(name)?.({ completed: () => parent.postMessage(JSON.stringify({ completed: name }), '*') });
  }

  /**
   * @param {string} action
   * @param {unknown} [data]
   * @returns {Promise<any>}
   */
  function ask(action, data) {
    const id = String((count += 1));
    const question = { _messageType: 0, _actionName: action, _conversationId: 'demo', _correlationId: id, _data: data };
    parent.postMessage(JSON.stringify(question), '*');
    return new Promise((done) => waiting.set(id, done));
  }

  /**
   * An asynchronous method of Office.js, which takes arguments, an optional options object, and a callback.
   * @param {number} dispatch
   * @param {(...given: any[]) => object} [parameters]
   * @param {(answer: any) => unknown} [value]
   */
  function method(dispatch, parameters = () => ({}), value = ({ data }) => data) {
    return (/** @type {any[]} */ ...given) => {
      const callback = given.pop();
      void ask('ExecuteMethod', { MethodData: { DispatchId: dispatch }, ApiParams: parameters(...given) }).then((answer) =>
        callback(
          answer.error
            ? { status: 'failed', error: { code: answer.errorCode, message: 'refused', name: 'Refused' } }
            : { status: 'succeeded', value: value(answer) },
        ),
      );
    };
  }

  const person = (/** @type {any} */ { displayName, emailAddress }) => ({ name: displayName, address: emailAddress });
  const details = (/** @type {any} */ { data }) =>
    data.map((/** @type {any} */ { name, address }) => ({ displayName: name, emailAddress: address }));
  const people = (/** @type {number} */ recipientField) => ({
    getAsync: method(15, () => ({ recipientField }), details),
    addAsync: method(22, (all) => ({ recipientField, recipientArray: all.map(person) })),
    setAsync: method(21, (all) => ({ recipientField, recipientArray: all.map(person) })),
  });
  const places = (/** @type {unknown} */ enhancedLocations) => ({ enhancedLocations });
  const written = (/** @type {string} */ data, /** @type {any} */ { coercionType }) => ({
    data, coercionType: coercion(coercionType),
  });

  const properties = (/** @type {Record<string, string>} */ all) => ({
    get: (/** @type {string} */ name) => all[name],
    set: (/** @type {string} */ name, /** @type {string} */ value) => void (all[name] = value),
    remove: (/** @type {string} */ name) => void delete all[name],
    saveAsync: method(4, () => ({ customProperties: all })),
  });

  const item = {
    itemType: 'appointment',
    subject: {},
    body: {
      getTypeAsync: method(14),
      getAsync: method(37, (type) => ({ coercionType: coercion(type) })),
      prependAsync: method(23, written),
      setAsync: method(38, written),
    },
    requiredAttendees: people(0),
    optionalAttendees: people(1),
    start: { getAsync: method(24, undefined, ({ data }) => new Date(data)) },
    organizer: { getAsync: method(107, undefined, ({ data }) => ({ displayName: data.name, emailAddress: data.address })) },
    getItemIdAsync: method(164),
    location: { getAsync: method(26), setAsync: method(27, (location) => ({ location })) },
    loadCustomPropertiesAsync: method(3, undefined, ({ customProperties }) => properties(JSON.parse(customProperties))),
    notificationMessages: { addAsync: method(33, (id, details) => ({ id, ...details })) },
    enhancedLocation: { getAsync: method(154), addAsync: method(155, places), removeAsync: method(156, places) },
  };

  /**
   * @param {string} url
   * @param {unknown} _options
   * @param {(result: object) => void} callback
   */
  function displayDialogAsync(url, _options, callback) {
    const size = `width=480,height=560,left=${screenX + 80},top=${screenY + 80}`;
    const shown = window.open(url, DIALOG, `popup,${size}`);
    if (!shown) return callback({ status: 'failed', error: { code: BLOCKED, message: 'The window was blocked.' } });
    const handlers = /** @type {Record<string, (event: object) => void>} */ ({});
    const hear = (/** @type {MessageEvent} */ { data, source, origin }) => {
      if (source !== shown || origin !== location.origin || data?.[DIALOG] === undefined) return;
      handlers.message?.({ message: data[DIALOG] });
    };
    const look = setInterval(() => shown.closed && over(() => handlers.event?.({ error: CLOSED })), GLANCE);
    const over = (/** @type {() => void} */ then) => {
      clearInterval(look);
      removeEventListener('message', hear);
      then();
    };
    addEventListener('message', hear);
    callback({
      status: 'succeeded',
      value: {
        close: () => over(() => shown.close()),
        addEventHandler: (/** @type {string} */ kind, /** @type {(event: object) => void} */ handler) => {
          handlers[kind] = handler;
        },
      },
    });
  }

  /** Whether this page is a dialog opened by a pane on the demo page. */
  const isDialog = () => parent === window && window.name === DIALOG && Boolean(opener);

  /** @param {(info: object) => void} [callback] */
  async function onReady(callback) {
    const info = await host();
    callback?.(info);
    return info;
  }

  async function host() {
    if (isDialog()) return { host: 'Outlook', platform: 'OfficeOnline' };
    if (parent === window) return { host: null, platform: null };
    const context = await ask('ContextActivationManager_getAppContextAsync');
    const data = await ask('GetInitialData');
    const sets = JSON.parse(context._requirementMatrix);
    const [major, minor] = [0, 1];
    const parts = (/** @type {string} */ version) => version.split('.').map(Number);
    const isSetSupported = (/** @type {string} */ set, /** @type {string} */ version) => {
      if (!sets[set]) return false;
      const [has, wants] = [parts(sets[set]), parts(version)];
      return has[major] > wants[major] || (has[major] === wants[major] && has[minor] >= wants[minor]);
    };
    Object.assign(Office.context, {
      displayLanguage: context._appUILocale,
      diagnostics: { platform: context._platform ?? 'Demo', version: context._hostFullVersion },
      requirements: { isSetSupported },
    });
    Object.assign(Office.context.mailbox, {
      userProfile: { displayName: data.userDisplayName, emailAddress: data.userEmailAddress },
    });
    // Outlook only supports this call in other people's calendars.
    if (data.isFromSharedFolder) Object.assign(item, { getSharedPropertiesAsync: method(108) });
    return { host: 'Outlook', platform: 'OfficeOnline' };
  }

  const Office = {
    onReady,
    AsyncResultStatus: { Succeeded: 'succeeded', Failed: 'failed' },
    HostType: { Outlook: 'Outlook' },
    EventType: { DialogMessageReceived: 'message', DialogEventReceived: 'event' },
    actions: { associate: (/** @type {string} */ name, /** @type {any} */ work) => void commands.set(name, work) },
    MailboxEnums: { LocationType: { Custom: 'custom', Room: 'room' } },
    context: {
      ui: {
        displayDialogAsync,
        messageParent: (/** @type {string} */ text) => opener.postMessage({ [DIALOG]: text }, location.origin),
      },
      mailbox: { item, getUserIdentityTokenAsync: method(2, undefined, ({ token }) => token) },
    },
  };
  Object.assign(globalThis, { Office });
})();
