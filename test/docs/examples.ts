/** Examples in the help, made such as the fleet of the documents can run them. */
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { type Block, type Place, blocks } from './markdown';

/** A guest in the help that no fleet has. */
const SOME_GUEST = '6a1b2c3d-0000-4000-8000-000000000001';
const ITS_NAME = 'workstation-7';

export const EXAMPLES: readonly Place[] = blocks('docs/reference-cli.md').flatMap(({ file, line, text }) =>
  text.split('\n').flatMap((example, index): Place[] => {
    const found = /^ {2}(vgpu-ferry .*)$/.exec(example)?.[1];
    return found === undefined ? [] : [{ file, line: line + index, text: found }];
  }),
);

interface Kind {
  of: RegExp;
  /** Comments, as above a block. */
  comments?: Record<string, string>;
  change?: (text: string) => string;
}

/** What an example needs; the first that fits. The rest is run as it stands, of the demo's guest. */
const KINDS: readonly Kind[] = [
  {
    of: /^vgpu-ferry set /,
    comments: { while: 'a guest moves' },
    change: (text) => text.replace(ITS_NAME, 'desk').replace(SOME_GUEST, '<guest uuid>'),
  },
  {
    of: /^vgpu-ferry unstick /,
    comments: { while: 'a migration is stuck' },
    change: (text) => text.replace(SOME_GUEST, '<guest uuid>'),
  },
  // it would go to /etc
  { of: /^vgpu-ferry codec keygen$/, change: (text) => `VGPU_FERRY_CODEC_KEYS=./keys.json ${text}` },
];

/** They are run by tests of their own: test/codec-server/temporal-cli.test.ts, test/cli/completion.test.ts. */
const NOT_HERE = /^vgpu-ferry (?:codec-server|completion) /;

export function exampleBlocks(): Block[] {
  return EXAMPLES.filter(({ text }) => !NOT_HERE.test(text)).map((example) => {
    const kind = KINDS.find(({ of }) => of.test(example.text));
    const text = (kind?.change?.(example.text) ?? example.text).replace(SOME_GUEST, SAMPLE_GUEST.uuid);
    return {
      ...example,
      language: 'sh',
      lines: 1,
      text,
      comments: new Map(Object.entries(kind?.comments ?? {})),
    };
  });
}
