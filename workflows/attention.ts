/** Saying loudly that a person is needed: in the log, as a metric, as a search attribute. The status itself is the journal's. */
import {
  ActivityCancellationType,
  log,
  patched,
  proxyLocalActivities,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { type Attention, type OrchestratorActivities, ATTENTION_ATTRIBUTE, METRICS } from '../src/contract';
import { counter } from './telemetry';

/** Runs in the orchestrator: whether the namespace has the attribute. Without it, setting it would jam the workflow. */
const { attentionAttributeExists } = proxyLocalActivities<OrchestratorActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumAttempts: 1 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

const raised = counter(METRICS.attentionRaised);

export async function raiseAttention(attention: Attention, hosts: object): Promise<void> {
  const { kind, why } = attention;
  if (kind === 'split-brain') log.error('split brain: two copies of the guest run', { ...hosts, why });
  else log.warn('it cannot be known who owns the guest; nothing is touched', { ...hosts, why });
  raised.add(1, { kind });
  await mark(kind);
}

export async function clearAttention(): Promise<void> {
  log.info('nobody is needed any more');
  await mark('none');
}

async function mark(value: Attention['kind'] | 'none'): Promise<void> {
  if (!patched('attention-attribute')) return;
  const exists = await attentionAttributeExists().catch(() => false);
  if (exists) upsertSearchAttributes([{ key: { name: ATTENTION_ATTRIBUTE, type: 'KEYWORD' }, value }]);
}
