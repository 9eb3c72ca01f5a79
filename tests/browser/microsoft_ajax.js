/*
 * Replaces MicrosoftAjax.js, without which Office.js does not start in Outlook on the web. Defines only the few names
 * that version 1.1.110 of Office.js uses.
 */
(() => {
  const nothing = () => null;
  globalThis.Type = Function;
  Object.assign(Function, {
    registerNamespace(name) {
      name.split('.').reduce((space, part) => (space[part] ??= {}), globalThis);
    },
    createDelegate: (self, method) => method.bind(self),
    _validateParams: nothing,
    _validateParameter: nothing,
  });
  Function.prototype.registerClass = function registerClass() {
    return this;
  };
  const serializer = { serialize: JSON.stringify, deserialize: JSON.parse };
  globalThis.Sys = {
    Debug: { trace: nothing, assert: nothing },
    EventArgs: class {},
    Serialization: { JavaScriptSerializer: serializer },
    StringBuilder: class {},
  };
  Error.create = (message, more) => Object.assign(new Error(message), more);
  for (const kind of ['argument', 'argumentNull', 'argumentOutOfRange', 'argumentType', 'argumentUndefined',
    'invalidOperation', 'notImplemented', 'parameterCount']) {
    Error[kind] = (what = '', why = '') => Error.create(`Sys.${kind}: ${what} ${why}`, { name: `Sys.${kind}` });
  }
  String.format = (text, ...values) => text.replace(/\{(\d+)\}/g, (_, index) => values[index]);
})();
