import { Stack } from './fleet/stack';
import { SMALL_FLEET } from './fleet/plan';
import { Guests, bareOneOf, migrateOneOf, roundTripMs } from './fleet/work';
import { timed } from './harness/rounds';
import { median } from './harness/statistics';
async function main() {
  const N = Number(process.env.N ?? 40);
  const stack = await Stack.start({ plan: { ...SMALL_FLEET, guestsPerPair: 1, pairs: 2 }, folder: '/tmp', nodeOptions: process.env.PROF ? ['--cpu-prof', '--cpu-prof-dir=/tmp/prof'] : [] });
  try {
    const g = new Guests(stack); const m = migrateOneOf(stack, g); const b = bareOneOf(stack);
    const M: number[] = [], B: number[] = [], R: number[] = [];
    for (let i = 0; i < 5; i++) { await m(); await b(); await roundTripMs(stack, 0, 10); }
    const u0 = stack.usage();
    for (let i = 0; i < N; i++) { M.push(await timed(m)); B.push(await timed(b)); R.push(await roundTripMs(stack, 0, 10)); }
    const u1 = stack.usage();
    console.log('median', median(M), median(B), median(R), 'ratio', median(M.map((x, i) => x / R[i]!)).toFixed(2), 'to bare', median(M.map((x, i) => x / B[i]!)).toFixed(2), 'bare/rt', median(B.map((x, i) => x / R[i]!)).toFixed(2));
    console.log('cpu orch', (u1.orchestrator.cpuSeconds - u0.orchestrator.cpuSeconds) / N, 'agents', (u1.agents.cpuSeconds - u0.agents.cpuSeconds) / N);
    const seg: Record<string, number[]> = {};
    for (const [q, n] of [['WorkflowType="LiveMigrateVgpu"', 'M'], ['WorkflowType="Bare"', 'B']] as const) {
      let k = 0;
      for await (const w of stack.client.workflow.list({ query: q })) {
        if (k++ > 60) break;
        const ev = (await stack.client.workflow.getHandle(w.workflowId, w.runId).fetchHistory()).events!;
        if (n === 'B' && ev.filter((e) => e.eventType === 10).length !== 5) continue;
        const at = (e: (typeof ev)[number]) => Number(e.eventTime!.seconds) * 1000 + e.eventTime!.nanos! / 1e6;
        let nA = 0, nW = 0, last = at(ev[0]!);
        for (const e of ev) {
          const t = e.eventType;
          if (t === 10) nA++;
          if (t === 5) nW++;
          const name = t === 6 ? `W${nW} dispatch` : t === 7 ? `W${nW} run` : t === 11 ? `A${nA} dispatch` : t === 12 ? `A${nA} run` : '';
          if (name) { (seg[`${n} ${name}`] ??= []).push(at(e) - last); }
          last = at(e);
        }
      }
    }
    for (const k of Object.keys(seg).filter((x) => x[0] === 'M')) console.log(k.padEnd(20), median(seg[k]!).toFixed(1).padStart(6), median(seg[k.replace('M', 'B')]!).toFixed(1).padStart(6));
  } finally { await stack.stop(); }
}
main().then(() => process.exit(), (e) => { console.error(e); process.exit(1); });
