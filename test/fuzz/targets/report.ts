/** A migration's history, as whoever ran it has filled it; and its story, as a page and on a terminal. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Payload, defaultPayloadConverter } from '@temporalio/common';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { storyText } from '../../../src/cli/render-report';
import { printable } from '../../../src/cli/say';
import { type History, readStory, storyPage } from '../../../src/report';
import { HISTORIES } from '../../support/histories';
import { type Target, must, textTarget, valueTarget } from '../target';

/** A whole one, one that was refused, one with commands, one that needed a person. */
const NAMES = ['done.v2', 'refused.v2', 'downtime-set.v2', 'resolved-source.v2'];

const ID = { workflowId: 'live-migrate:00000000-0000-4000-8000-000000000001', runId: 'a-run' };

function historyOf(name: string): History {
  return historyFromJSON(JSON.parse(readFileSync(join(HISTORIES, `${name}.json`), 'utf8')));
}

const TOKENS: readonly unknown[] = [
  ...[
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onload='x",
    '&#60;script&#62;',
    ']]>',
    '</style>',
  ],
  ...[
    '\x1b]0;title\x07',
    '\x1b[2J',
    '\x9b31m',
    '\u202egnp.exe',
    'a\nb',
    'host-a',
    'inspectSource',
    'MigrationPreCheckError',
  ],
  ...[{ toString: 1 }, [[]], { mdevs: [null] }, { mdevs: [{}] }, { job: { downtimeMs: 1 } }, { warnings: 7 }],
];

/** What the history's payloads say, in the order in which they are read. */
async function payloadsOf(name: string): Promise<unknown[]> {
  const values: unknown[] = [];
  await readStory(ID, historyOf(name), async (payload: Payload) => {
    values.push(defaultPayloadConverter.fromPayload(payload));
    return values.at(-1);
  });
  return values;
}

export async function migrationReport(): Promise<Target> {
  const bases = Object.fromEntries(
    await Promise.all(NAMES.map(async (name) => [name, await payloadsOf(name)] as const)),
  );
  const histories = new Map(NAMES.map((name) => [name, historyOf(name)]));
  return valueTarget({
    name: 'report',
    about:
      "A history whose payloads anybody may have written: its story is told, as JSON and as a page in which nothing but the page's own markup stands.",
    ...{ bases, tokens: TOKENS },
    async judge(value, base) {
      const values: unknown[] = Array.isArray(value) ? value : [value];
      let next = 0;
      const story = await readStory(ID, histories.get(base)!, async () => values[next++]);
      requireOwnMarkup(storyPage(story));
      must(printable(storyText(story)).length > 0, 'nothing is told');
      must(JSON.stringify(story).length > 0, 'it is no JSON');
      return story.outcome;
    },
  });
}

const TAG =
  /^<\/?(html|head|meta|title|style|body|h1|h2|p|code|br|table|tr|td|th|svg|line|text|circle|rect)( [a-z0-9-]+(="[^"<>]*")?)*\/?>$/i;
const ATTRIBUTES =
  /^(lang|charset|name|content|class|viewBox|role|aria-label|colspan|x|y|x1|x2|y1|y2|cx|cy|r|rx|width|height|text-anchor)$/;

function requireOwnMarkup(page: string): void {
  const [head, ...parts] = page.split('<');
  must(head === '' && parts[0] === '!doctype html>\n', 'the page begins otherwise');
  for (const part of parts.slice(1)) {
    const tag = `<${part.slice(0, part.indexOf('>') + 1)}`;
    must(TAG.test(tag), `the page holds ${tag.slice(0, 80)}`);
    for (const [, name] of tag.matchAll(/ ([a-zA-Z0-9-]+)=/g))
      must(ATTRIBUTES.test(name!), `the page has an attribute ${name}`);
  }
}

/** No screen takes more. */
const MOST_SHOWN = 200_000;

/** Colours, the line feed and the tab. */
const OURS = new RegExp(`${String.fromCharCode(0x1b)}\\[\\d{1,3}m|[\\n\\t]`, 'g');

const SHOWN = 'guest vm-1 on host-a: \x1b[32mdone\x1b[39m\n  é ✓ → 桌面\tend';

export const terminalText = textTarget({
  name: 'terminal-text',
  about:
    'Text for a terminal: no control character goes there but the line feed, the tab and our own colours; the rest stays.',
  samples: { shown: SHOWN },
  tokens: [
    '\x1b',
    '\x1b[',
    '\x1b]8;;http://evil\x07',
    '\x1b[2J',
    '\x1b[31m',
    '\x1b[1;31m',
    '\x9b',
    '\x90',
    '\x7f',
    '\u202e',
    '\u2066',
    '\r',
  ],
  judge(whole) {
    const text = whole.slice(0, MOST_SHOWN);
    const shown = printable(text);
    const rest = shown.replaceAll(OURS, '');
    must(!/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u.test(rest), 'a control character is obeyed');
    must(printable(shown) === shown, 'shown twice it is another');
    return shown === text ? 'as it is' : 'spelt out';
  },
});
