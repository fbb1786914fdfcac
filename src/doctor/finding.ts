/** What a look at one thing came to, and looks by topic. */

/** `warn`: migrations work, or some of them; `fail`: they do not. */
export type Verdict = 'ok' | 'warn' | 'fail';

export interface Finding {
  /** What was looked at. */
  subject: string;
  verdict: Verdict;
  found: string;
  /** What to do; null if all is well. */
  fix: string | null;
}

/** Looks that belong together; none of them changes anything. */
export interface Examination {
  topic: string;
  look: () => Promise<Finding[]>;
}

export interface Section {
  topic: string;
  findings: Finding[];
}

export const ok = (subject: string, found: string): Finding => ({ subject, verdict: 'ok', found, fix: null });
export const warn = (subject: string, found: string, fix: string): Finding => ({
  ...{ subject, verdict: 'warn', found, fix },
});
export const fail = (subject: string, found: string, fix: string): Finding => ({
  ...{ subject, verdict: 'fail', found, fix },
});

/** All at once; told in their order, each as soon as it and those before it are done. */
export async function* examine(examinations: readonly Examination[]): AsyncGenerator<Section> {
  for (const section of examinations.map(findingsOf)) yield await section;
}

/** Never rejects: a look that fails is a finding. */
async function findingsOf({ topic, look }: Examination): Promise<Section> {
  try {
    return { topic, findings: await look() };
  } catch (error) {
    const fix = 'This should not happen. Report it, with this output.';
    return { topic, findings: [fail(topic, `could not be looked at: ${textOf(error)}`, fix)] };
  }
}

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What `work` comes to, or a rejection that says that nothing came in time. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${ms / 1000} s`)), ms);
  });
  work.catch(() => undefined); // one that fails later is of no interest
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
