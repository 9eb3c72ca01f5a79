/** The filters of a list, kept in the URL behind its view, as in `#/meetings?state=closed`: so a link shows the same list, and so
 * does coming back to it. */

import { useEffect, useRef, useState } from './ui.js';

/** @typedef {Record<string, string>} Filters */

/**
 * @param {Filters} defaults of every filter that there is @param {(filters: Filters) => Filters} valid puts right what a URL may say
 * @returns {[Filters, (changes: Filters) => void]} the filters, and how some of them are changed
 */
export function useFilters(defaults, valid) {
  const read = () => valid({ ...defaults, ...inUrl(Object.keys(defaults)) });
  const [filters, setFilters] = useState(read());
  const latest = useRef(filters); // what is changed twice at once is changed one after the other
  const become = (/** @type {Filters} */ next) => {
    latest.current = next;
    setFilters(next);
  };
  useEffect(() => {
    const follow = () => become(read());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const change = (/** @type {Filters} */ changes) => {
    const next = { ...latest.current, ...changes };
    history.replaceState(history.state, '', urlOf(next, defaults));
    become(next);
  };
  return [filters, change];
}

/** @param {string[]} names @returns {Filters} */
function inUrl(names) {
  const query = new URLSearchParams(location.hash.split('?')[1] ?? '');
  return Object.fromEntries([...query].filter(([name]) => names.includes(name)));
}

/** @param {Filters} filters @param {Filters} defaults, which the URL leaves out */
function urlOf(filters, defaults) {
  const given = Object.entries(filters).filter(([name, value]) => value !== defaults[name]);
  const query = new URLSearchParams(given).toString();
  return `${location.hash.split('?')[0]}${query && `?${query}`}`;
}
