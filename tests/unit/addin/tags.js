/** Reads plain-text bodies from stdin for test_tags.py, and writes whether the pane finds a tag in each, as JSON. */
import { readFileSync } from 'node:fs';

import { hasTag } from '../../../addin/src/text.js';

const bodies = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(bodies.map((raw) => hasTag({ format: 'text', raw, text: raw }))));
