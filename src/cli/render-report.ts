/** A migration's story as text. Pure. */
import { pc } from './colours';
import { show } from '../contract';
import { type Chapter, type StepTold, type Story, seconds } from '../report';
import { columns } from './columns';
import { checkRows } from './render';

const MARK: Record<StepTold['outcome'], string> = {
  'under way': '…',
  ok: '✓',
  failed: '✗',
  'timed out': '✗',
  cancelled: '–',
};

export function storyText(story: Story): string {
  const { guest, guestName, source, destination, workflowId, runId, startedAt, endedAt } = story;
  const took = endedAt === null ? '' : `, ${seconds(startedAt, endedAt)} s`;
  return [
    `${pc.bold(guestName ?? guest)}${guestName === null ? '' : ` (${guest})`} from ${pc.bold(source)} to ${pc.bold(destination)}: ${outcome(story)}${took}`,
    pc.dim(`workflow ${workflowId}, run ${runId}, started ${startedAt}`),
    ...asked(story),
    ...devices(story),
    '',
    pc.bold('What was done'),
    columns(story.chapters.map((chapter) => row(chapter, startedAt))),
    ...end(story),
    ...unread(story),
  ].join('\n');
}

function outcome({ outcome: how, result }: Story): string {
  if (how === 'done') return pc.green(`runs on ${result?.runsOn ?? 'its destination'}`);
  return how === 'under way' || how === 'aborted' ? pc.yellow(how) : pc.red(how);
}

function asked({ asked: policy }: Story): string[] {
  const fields = Object.entries(policy).map(
    ([field, value]) => `${field} ${typeof value === 'string' ? value : show(value)}`,
  );
  return fields.length === 0 ? [] : [`asked for: ${fields.join(', ')}`];
}

function devices({ devices: claimed }: Story): string[] {
  if (claimed.length === 0) return [];
  const rows = claimed.map(({ type, source, target, parent, created }) => [
    ...[`  ${type}`, source, '→', target, `on ${parent}`, created ? 'made for it' : 'was free'],
  ]);
  return ['', pc.bold('Devices'), columns(rows)];
}

function row(chapter: Chapter, startedAt: string): string[] {
  switch (chapter.kind) {
    case 'step': {
      const { outcome: how, what, host, said, scheduledAt, endedAt, attempts } = chapter;
      const mark = how === 'ok' ? pc.green(MARK[how]) : how === 'under way' ? MARK[how] : pc.red(MARK[how]);
      const took = endedAt === null ? '' : `${seconds(scheduledAt, endedAt)} s`;
      const again = attempts > 1 ? ` (attempt ${attempts})` : '';
      return [offset(scheduledAt, startedAt), `${mark} ${what}${again}`, host, took, said];
    }
    case 'command': {
      const argument = chapter.argument === null ? '' : ` ${JSON.stringify(chapter.argument)}`;
      const asks = pc.cyan(`» ${chapter.command}${argument}`);
      return [offset(chapter.at, startedAt), asks, '', '', chapter.said ?? 'not answered'];
    }
    case 'event':
      return [offset(chapter.at, startedAt), pc.yellow(`! ${chapter.said}`)];
  }
}

function end({ error, result }: Story): string[] {
  if (error !== null)
    return [
      '',
      `${pc.red(error.type)}: ${error.failedChecks ? error.message.split('\n')[0] : error.message}`,
      ...checkRows(error.failedChecks ?? []),
    ];
  const downtime = result?.job?.downtimeMs;
  return [
    ...(typeof downtime === 'number' ? ['', `Downtime as libvirt counts it: ${downtime} ms`] : []),
    ...(result?.warnings ?? []).map((warning) => pc.yellow(`Warning: ${warning}`)),
  ];
}

function unread({ unread: left }: Story): string[] {
  return left === null ? [] : ['', pc.yellow(`Left out, ${left.count} in number: ${left.why}`)];
}

function offset(at: string, startedAt: string): string {
  return `  +${seconds(startedAt, at)}`;
}
