/** Shows an e-mail as a mail client would, in light or dark mode. */

import { html, useEffect, useRef } from './ui.js';

/**
 * The frame runs no scripts and has no network access, because it is sandboxed and subject to the page's own policy.
 * The policy forbids style attributes in HTML but lets scripts set styles, so a script sets them one by one. Dark mode
 * inverts all colours except those of pictures, as some clients do.
 * @param {{ content: string, title: string, dark?: boolean }} props
 */
export function MailFrame({ content, title, dark }) {
  const frame = useRef(/** @type {HTMLIFrameElement | null} */ (null));
  const fill = () => {
    const inside = frame.current?.contentDocument;
    if (!inside?.body) return; // not loaded yet: `onLoad` will be called
    inside.body.replaceChildren(...new DOMParser().parseFromString(content, 'text/html').body.childNodes);
    inside.documentElement.style.cssText = `color-scheme: light; background: white;${dark ? TURNED : ''}`;
    inside.body.style.cssText = 'background: white; color: black; overflow-wrap: anywhere;';
    for (const element of inside.querySelectorAll('[style]')) {
      const style = element.getAttribute('style') ?? '';
      element.removeAttribute('style');
      /** @type {HTMLElement} */ (element).style.cssText = style;
    }
    for (const image of dark ? inside.querySelectorAll('img') : []) image.style.filter = 'invert(1) hue-rotate(180deg)';
  };
  useEffect(fill, [content, dark]);
  return html`<iframe ref=${frame} title=${title} sandbox="allow-same-origin" srcdoc="<!doctype html><title>Preview</title>" onLoad=${fill}></iframe>`;
}

const TURNED = ' filter: invert(.9) hue-rotate(180deg);';
