/** For test_tags.py: a list of plain-text bodies on stdin, whether the pane finds a tag in each on stdout. JSON. */
import { readFileSync } from 'node:fs';

import { hasTag } from '../../../addin/src/text.js';

const bodies = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(bodies.map((raw) => hasTag({ format: 'text', raw, text: raw }))));
