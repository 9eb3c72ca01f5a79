/** Preact with htm. Their package has no types for the standalone build, and its minified code is not type-checked. */

/**
 * @typedef {{
 *   html: (strings: TemplateStringsArray, ...values: unknown[]) => any,
 *   render: (content: any, place: Element) => void,
 *   useState: <T>(first: T) => [T, (next: T | ((before: T) => T)) => void],
 *   useEffect: (run: () => void | (() => void), on: unknown[]) => void,
 *   useRef: <T>(first: T) => { current: T },
 * }} Library
 */

/** @type {Library} */
const library = await import(/** @type {string} */ ('../vendor/htm-preact.js'));

export const { html, render, useState, useEffect, useRef } = library;
