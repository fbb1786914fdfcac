/** Each import boundary of the layout fires on an offender and lets the permitted import pass. */
import path from 'node:path';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import config from '../eslint.config';

const root = path.resolve(__dirname, '..');
const linter = new Linter({ configType: 'flat', cwd: root });
// The files are virtual, so rules that need types are left out; the boundary rule needs none.
const untyped = [
  ...config,
  { files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked },
] as Linter.Config[];

function complaints(file: string, code: string): string[] {
  const messages = linter.verify(code, untyped, { filename: path.join(root, file) });
  expect(messages.filter((m) => m.fatal)).toEqual([]);
  return messages.filter((m) => m.ruleId === 'layout/boundaries').map((m) => m.message);
}

const use = (specifier: string) => `import { a } from '${specifier}'; export const b = a;`;

test.each([
  ['src/contract/x.ts', 'node:fs'],
  ['src/contract/x.ts', 'zod'],
  ['src/contract/x.ts', '../mdev'],
  ['workflows/x.ts', 'node:crypto'],
  ['workflows/x.ts', 'crypto'],
  ['workflows/x.ts', '@temporalio/client'],
  ['workflows/x.ts', '@temporalio/activity'],
  ['workflows/x.ts', 'zod'],
  ['workflows/x.ts', '../src/mdev'],
  ['workflows/x.ts', '../activities/source'],
  ['workflows/rules/x.ts', '../../activities/source'],
  ['src/domain-xml/x.ts', '../mdev'],
  ['src/domain-xml/x.ts', '../hypervisor/port'],
  ['src/mdev/x.ts', '../claims/ledger'],
  ['src/mdev/x.ts', '@temporalio/common'],
  ['src/claims/x.ts', '../mdev'],
  ['src/claims/x.ts', '../hypervisor/libvirt'],
  ['src/checks/x.ts', '../domain-xml'],
  ['src/convergence/x.ts', '../hypervisor/port'],
  ['src/convergence/x.ts', 'node:fs'],
  ['src/reconcile/x.ts', '../claims/ledger'],
  ['src/reconcile/x.ts', '../domain-xml'],
  ['src/hypervisor/port.ts', './libvirt'],
  ['src/hypervisor/libvirt/x.ts', '../simulated'],
  ['src/hypervisor/libvirt/x.ts', '../../domain-xml'],
  ['src/hypervisor/simulated/x.ts', '../libvirt'],
  ['src/hypervisor/simulated/x.ts', '../../claims/ledger'],
  ['src/hypervisor/simulated/x.ts', 'koffi'],
  ['activities/x.ts', '../src/hypervisor/libvirt'],
  ['activities/x.ts', '../src/hypervisor/simulated'],
  ['activities/x.ts', '../src/temporal/connection'],
  ['activities/x.ts', '../src/agent'],
  ['activities/x.ts', '../src/cli/main'],
  ['activities/x.ts', '../workflows'],
  ['activities/x.ts', '@temporalio/workflow'],
  ['src/temporal/x.ts', '../agent'],
  ['src/agent/x.ts', '../cli/main'],
  ['src/agent/x.ts', '../orchestrator'],
  ['src/agent/x.ts', '../../workflows'],
  ['src/agent/x.ts', 'koffi'],
  ['src/cli/x.ts', 'koffi'],
  ['src/orchestrator/x.ts', '../cli/main'],
  ['src/orchestrator/x.ts', '../hypervisor/libvirt'],
  ['src/orchestrator/x.ts', '../../activities'],
])('%s must not import %s', (file, specifier) => {
  expect(complaints(file, use(specifier))).toHaveLength(1);
});

test.each([
  ['src/contract/x.ts', './names'],
  ['workflows/x.ts', '@temporalio/workflow'],
  ['workflows/x.ts', '../src/contract'],
  ['workflows/x.ts', './ownership'],
  ['src/domain-xml/x.ts', 'saxes'],
  ['src/mdev/x.ts', '../contract/errors'],
  ['src/hypervisor/libvirt/x.ts', '../port'],
  ['src/hypervisor/libvirt/x.ts', '../../koffi'],
  ['src/koffi.ts', 'koffi'],
  ['src/hypervisor/simulated/x.ts', '../../claims/file-lock'],
  ['activities/x.ts', '../src/hypervisor/port'],
  ['activities/x.ts', '../src/claims/ledger'],
  ['activities/x.ts', '../src/convergence'],
  ['src/agent/x.ts', '../hypervisor/libvirt'],
  ['src/agent/x.ts', '../../activities'],
  ['src/orchestrator/x.ts', '../temporal/connection'],
  ['src/cli/x.ts', '../agent/main'],
])('%s may import %s', (file, specifier) => {
  expect(complaints(file, use(specifier))).toEqual([]);
});

test('types alone cross where the table says so, values with them do not', () => {
  expect(
    complaints('workflows/x.ts', "import type { A } from '../activities/source'; export type B = A;"),
  ).toEqual([]);
  expect(
    complaints('src/mdev/x.ts', "import { type A } from '../hypervisor/port'; export type B = A;"),
  ).toEqual([]);
  expect(
    complaints('src/mdev/x.ts', "import { type A, b } from '../hypervisor/port'; export const c: A = b;"),
  ).toHaveLength(1);
});

test.each([
  ["export * from '../src/mdev';"],
  ["export { a } from '../src/mdev';"],
  ["export const a = () => import('../src/mdev');"],
  ["export const a = require('../src/mdev');"],
  ["import a = require('../src/mdev'); export const b = a;"],
])('no form of import slips through: %s', (code) => {
  expect(complaints('workflows/x.ts', code)).toHaveLength(1);
});

test('a file outside all layers is refused until the table names it', () => {
  expect(complaints('src/utils/x.ts', 'export const a = 1;')).toEqual([
    expect.stringContaining('in no layer'),
  ]);
});
