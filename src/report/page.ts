/** A story as one HTML page that needs nothing else: words, a picture of the time, and every step. Pure. */
import { ErrorType } from '../contract';
import { seconds } from './seconds';
import type { Chapter, StepTold, Story } from './story';

const WIDTH = 960;
const LEFT = 190;
const ROW = 22;

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2433; --soft: #667085; --line: #d9dee8; --paper: #fff; --ok: #2f7d5b; --bad: #b42318; --off: #98a2b3; --say: #2563c9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9f0; --soft: #98a2b3; --line: #344054; --paper: #10141d; --ok: #4cb58a; --bad: #f0766b; --off: #667085; --say: #7aa7f7; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
.soft { color: var(--soft); } .done { color: var(--ok); } .bad { color: var(--bad); }
table { border-collapse: collapse; width: 100%; font-size: .88rem; } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
td.h { white-space: nowrap; } td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; } svg text { fill: var(--ink); } svg .soft { fill: var(--soft); }
.bar-ok { fill: var(--ok); } .bar-failed, .bar-timed-out { fill: var(--bad); } .bar-cancelled, .bar-under-way { fill: var(--off); } .say { fill: var(--say); } .grid { stroke: var(--line); }
code { font-size: .85em; overflow-wrap: anywhere; }`;

export function storyPage(story: Story): string {
  const { guest, guestName, source, destination } = story;
  const title = `${guestName ?? guest}: ${source} to ${destination}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text(title)}</title><style>${STYLE}</style></head>
<body>
<h1>${text(title)}</h1>
<p class="${story.outcome === 'done' ? 'done' : 'bad'}">${text(outcomeWords(story))}</p>
<p class="soft">guest <code>${text(guest)}</code> · workflow <code>${text(story.workflowId)}</code> · run <code>${text(story.runId)}</code><br>started ${text(story.startedAt)}${story.endedAt === null ? '' : `, ended ${text(story.endedAt)}`}</p>
${failedChecks(story)}
<h2>Time</h2>
${picture(story)}
${devices(story)}
<h2>Steps</h2>
<table><tr><th>at</th><th>what</th><th>host</th><th>took</th><th>what came of it</th></tr>
${story.chapters.map((chapter) => chapterRow(chapter, story.startedAt)).join('\n')}
</table>
${story.unread === null ? '' : `<p class="bad">${text(`Left out, ${story.unread.count} in number: ${story.unread.why}`)}</p>\n`}</body></html>
`;
}

function outcomeWords({ outcome, error, result, destination }: Story): string {
  if (outcome !== 'done') return error === null ? outcome : `${outcome}: ${error.type}: ${error.message}`;
  const downtime = result?.job?.downtimeMs;
  const stopped = typeof downtime === 'number' ? `; downtime ${downtime} ms as libvirt counts it` : '';
  return `done: the guest runs on ${result?.runsOn ?? destination}${stopped}`;
}

function failedChecks({ error }: Story): string {
  if (error?.type !== ErrorType.PreCheck || error.failedChecks === undefined) return '';
  const rows = error.failedChecks.map(({ host, check, found, required, fix }) =>
    cells([host, check, found, required, fix]),
  );
  return `<table><tr><th>host</th><th>check</th><th>found</th><th>required</th><th>fix</th></tr>${rows.join('\n')}</table>`;
}

function devices({ devices: claimed }: Story): string {
  if (claimed.length === 0) return '';
  const rows = claimed.map(({ type, source, target, parent, created }) =>
    cells([type, source, target, `${parent}, ${created ? 'made for it' : 'was free'}`]),
  );
  return `<h2>Devices</h2><table><tr><th>type</th><th>on the source</th><th>on the destination</th><th>parent</th></tr>${rows.join('\n')}</table>`;
}

/** A row for each step and each word said, in the order of time. */
function picture({ chapters, startedAt, endedAt }: Story): string {
  const begin = Date.parse(startedAt);
  const times = chapters.flatMap((chapter) => Object.values(timesOf(chapter)).map((at) => Date.parse(at)));
  const end = Math.max(begin + 1, ...times, ...(endedAt === null ? [] : [Date.parse(endedAt)]));
  const x = (at: string): number => LEFT + ((Date.parse(at) - begin) / (end - begin)) * (WIDTH - LEFT - 10);
  const height = chapters.length * ROW + 30;
  const bars = chapters.map((chapter, i) => bar(chapter, 24 + i * ROW, x, end));
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = LEFT + part * (WIDTH - LEFT - 10);
    const label = `${(((end - begin) * part) / 1000).toFixed(1)} s`;
    return `<line class="grid" x1="${at}" x2="${at}" y1="16" y2="${height}"/><text class="soft" text-anchor="${part === 1 ? 'end' : 'middle'}" x="${at}" y="11">${label}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="the steps over time">${marks.join('')}${bars.join('')}</svg>`;
}

function timesOf(chapter: Chapter): { from: string; to?: string } {
  if (chapter.kind !== 'step') return { from: chapter.at };
  return { from: chapter.scheduledAt, ...(chapter.endedAt !== null && { to: chapter.endedAt }) };
}

function bar(chapter: Chapter, y: number, x: (at: string) => number, end: number): string {
  const { from, to } = timesOf(chapter);
  const left = x(from);
  const name = (words: string): string =>
    `<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${text(short(words))}</text>`;
  if (chapter.kind !== 'step') {
    const words = chapter.kind === 'command' ? chapter.command : chapter.said;
    return `${name(words)}<circle class="say" cx="${left.toFixed(1)}" cy="${y + 8}" r="5"><title>${text(words)}</title></circle>`;
  }
  const width = Math.max(2, x(to ?? new Date(end).toISOString()) - left);
  const kind = chapter.outcome.replace(' ', '-');
  return `${name(chapter.what)}<rect class="bar-${kind}" x="${left.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="15" rx="3"><title>${text(`${chapter.what} on ${chapter.host}: ${chapter.outcome}`)}</title></rect>`;
}

function chapterRow(chapter: Chapter, startedAt: string): string {
  const at = `+${seconds(startedAt, timesOf(chapter).from)} s`;
  switch (chapter.kind) {
    case 'step':
      return `<tr><td class="n">${at}</td><td>${text(chapter.what)}${chapter.attempts > 1 ? ` (attempt ${chapter.attempts})` : ''}</td><td class="h">${text(chapter.host)}</td><td class="n">${took(chapter)}</td><td${chapter.outcome === 'ok' ? '' : ' class="bad"'}>${text([chapter.outcome, chapter.said].filter(Boolean).join(': '))}</td></tr>`;
    case 'command': {
      const argument = chapter.argument === null ? '' : ` ${JSON.stringify(chapter.argument)}`;
      return `<tr><td class="n">${at}</td><td>asked: ${text(chapter.command + argument)}</td><td></td><td></td><td>${text(chapter.said ?? 'not answered')}</td></tr>`;
    }
    case 'event':
      return `<tr><td class="n">${at}</td><td colspan="4">${text(chapter.said)}</td></tr>`;
  }
}

function took({ scheduledAt, endedAt }: StepTold): string {
  return endedAt === null ? '' : `${seconds(scheduledAt, endedAt)} s`;
}

function short(words: string): string {
  return words.length > 30 ? `${words.slice(0, 29)}…` : words;
}

function cells(values: readonly string[]): string {
  return `<tr>${values.map((value) => `<td>${text(value)}</td>`).join('')}</tr>`;
}

function text(value: string): string {
  return value.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
