/** What the doctor found, for people. Pure. */
import { pc } from './colours';
import type { Finding, Section, Verdict } from '../doctor';
import { columns } from './columns';

const MARKS: Record<Verdict, string> = { ok: pc.green('ok'), warn: pc.yellow('warn'), fail: pc.red('FAIL') };

export function doctorSection({ topic, findings }: Section): string {
  const rows = columns(findings.map(({ verdict, subject, found }) => [MARKS[verdict], subject, found])).split(
    '\n',
  );
  const lines = findings.flatMap((finding, i) => [`  ${rows[i]}`, ...fixLine(finding)]);
  return [pc.bold(topic), ...lines].join('\n');
}

function fixLine({ fix }: Finding): string[] {
  return fix === null ? [] : [`        ${pc.cyan('fix:')} ${fix}`];
}

export function doctorVerdict(sections: readonly Section[], config: string | undefined): string {
  const count = (wanted: Verdict): number =>
    sections.flatMap(({ findings }) => findings).filter(({ verdict }) => verdict === wanted).length;
  const [fails, warns] = [count('fail'), count('warn')];
  const where =
    config === undefined
      ? ' This machine has no configuration of an agent, so only what any machine needs was looked at; --config names one.'
      : '';
  if (fails > 0) return `${pc.red(`${fails} thing(s) fail`)}, ${warns} warning(s).${where}`;
  return warns > 0
    ? `Nothing fails; ${pc.yellow(`${warns} warning(s)`)}.${where}`
    : `${pc.green('All well.')}${where}`;
}
