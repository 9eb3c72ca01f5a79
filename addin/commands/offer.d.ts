/** What the server writes before launch.js: shared/addin/config.py. */
declare const OFFER: { message: string; action: string };
