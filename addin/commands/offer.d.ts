/** The constant that the server inserts before launch.js; see shared/addin/config.py. */
declare const OFFER: { message: string; action: string };
