/**
 * A list's filters. They are kept in the URL after the view, as in `#/meetings?state=closed`, so that following a link
 * or returning to the page shows the same list.
 */

import { useEffect, useRef, useState } from './ui.js';

/** @typedef {Record<string, string>} Filters */

/**
 * @param {Filters} defaults of all filters @param {(filters: Filters) => Filters} valid corrects invalid values from a
 * URL
 * @returns {[Filters, (changes: Filters) => void]} the filters and a function that changes some of them
 */
export function useFilters(defaults, valid) {
  const read = () => valid({ ...defaults, ...inUrl(Object.keys(defaults)) });
  const [filters, setFilters] = useState(read());
  const latest = useRef(filters); // two simultaneous changes are applied one after the other
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

/** @param {Filters} filters @param {Filters} defaults values that are left out of the URL */
function urlOf(filters, defaults) {
  const given = Object.entries(filters).filter(([name, value]) => value !== defaults[name]);
  const query = new URLSearchParams(given).toString();
  return `${location.hash.split('?')[0]}${query && `?${query}`}`;
}
