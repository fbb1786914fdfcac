/** The workflow bundle of an orchestrator that encrypts: in it, failures' messages become payloads as they do outside. */
import { readFileSync } from 'node:fs';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { ENCODE_FAILURES } from '../failure-converter/flag';

export function encodingFailures(bundle: WorkflowBundleOption): WorkflowBundleOption {
  const code = 'code' in bundle ? bundle.code : readFileSync(bundle.codePath, 'utf8');
  return { code: `globalThis.${ENCODE_FAILURES} = true;${code}` };
}
