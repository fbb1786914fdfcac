/** What the Web UI shows of a migration: pure text of what is known so far. */
import type { MigrationProgress } from '../../src/contract';
import { describeMigration } from '../../workflows/details';

const input = { guest: 'a-uuid', source: 'host-a', destination: 'host-b', policy: {} };
const progress: MigrationProgress = {
  ...{ stage: 'inspect', waitingFor: null, stages: [], attention: null, allowed: ['abort'] },
  ...{ abortRequested: false, policy: null, overrides: {}, job: null },
};
const facts = { guestName: 'workstation-7', mdevs: [{ uuid: 'own', type: 'nvidia-471' }] };

test('before anything is known: guest and hosts', () => {
  const text = describeMigration(input, progress, { facts: undefined, claim: undefined });
  expect(text).toContain('| Guest | a-uuid |\n| From | host-a |\n| To | host-b |\n| Stage | inspect |');
});

test('the guest by its name, and its own devices until others are claimed', () => {
  const text = describeMigration(input, progress, { facts, claim: undefined });
  expect(text).toContain('| Guest | workstation-7 (a-uuid) |');
  expect(text).toContain('| nvidia-471 | own |');
});

test('each device and the one that it becomes', () => {
  const mdevs = [
    { ...{ type: 'nvidia-471', source: 'own', target: 'new' }, ...{ parent: 'gpu', created: true } },
    { ...{ type: 'nvidia-473', source: 'own2', target: 'new2' }, ...{ parent: 'gpu', created: true } },
  ];
  const text = describeMigration(input, progress, { facts, claim: { mdevs } });
  expect(text).toContain('| nvidia-471 | own → new |\n| nvidia-473 | own2 → new2 |');
  expect(text).not.toContain('| nvidia-471 | own |');
});

test('what needs a person stands out', () => {
  const attention = {
    kind: 'split-brain',
    why: 'both run',
    since: '2026-11-27T00:00:00Z',
    source: { state: 'absent' },
    destination: { state: 'absent' },
  } as const;
  const text = describeMigration(input, { ...progress, attention }, { facts, claim: undefined });
  expect(text).toContain('| **Needs a person** | **split-brain** since 2026-11-27T00:00:00Z');
});
