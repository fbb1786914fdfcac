/** What has to be undone if the migration does not come to its end. */
import { CancellationScope, log } from '@temporalio/workflow';
import { tellStage } from './telemetry';

interface Compensation {
  name: string;
  undo: () => Promise<void>;
}

/**
 * Undo steps, run last-in first-out and shielded from cancellation. Register a step **before** the call that it undoes:
 * a call that timed out may still have happened, so every step has to be idempotent.
 */
export class Compensations {
  private readonly steps: Compensation[] = [];

  add(name: string, undo: () => Promise<void>): void {
    this.steps.push({ name, undo });
  }

  /** The pivot: from here on there is no way back, and undoing would take away what the guest runs on. */
  forget(): void {
    this.steps.length = 0;
  }

  /** Runs every step, also when one fails; names of those that failed. */
  async run(): Promise<string[]> {
    if (this.steps.length === 0) return [];
    const begunAt = Date.now();
    const failed = await this.runAll();
    tellStage('undo', Date.now() - begunAt, failed.length > 0 ? 'failed' : 'done');
    return failed;
  }

  private runAll(): Promise<string[]> {
    return CancellationScope.nonCancellable(async () => {
      const failed: string[] = [];
      for (const step of this.steps.splice(0).reverse()) {
        await step.undo().catch((error: unknown) => {
          log.error('compensation failed', { step: step.name, error: String(error) });
          failed.push(step.name);
        });
      }
      return failed;
    });
  }
}
