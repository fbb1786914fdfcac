/**
 * Every block of shell in the documents that nothing runs as it stands: by its document and its first line. Whoever adds a block with
 * `<!-- not run: … -->` adds it here too, with what comes closest to running it.
 */
interface NotRun {
  block: string;
  /** A script or test that does what the block does, in other words. */
  likewise: string;
}

export const NOT_RUN: readonly NotRun[] = [
  { block: 'README.md: npm ci && npm run demo', likewise: '.ci/check-demo' },
  { block: 'README.md: npm ci && npm test', likewise: '.ci/run' },
  { block: 'docs/getting-started.md: npm ci && npm run demo -- --keep', likewise: '.ci/check-demo' },
  { block: 'docs/chaos.md: npx jest --runInBand test/chaos', likewise: 'test/chaos/chaos.test.ts' },
  {
    block: 'docs/install.md: temporal server start-dev --ip 0.0.0.0',
    likewise: 'test/temporal/embedded.test.ts',
  },
  { block: 'docs/install.md: npm ci && npm run package:deb', likewise: 'packaging/check-deb.sh' },
  {
    block: 'docs/install.md: systemctl enable --now vgpu-ferry-orchestrator',
    likewise: 'lab/package/run.sh',
  },
  {
    block:
      'docs/logs-and-metrics.md: echo VGPU_FERRY_METRICS_ADDRESS=127.0.0.1:9464 >/etc/vgpu-ferry/agent.env',
    likewise: 'lab/package/run.sh',
  },
  {
    block: 'docs/tls.md: sudo -u vgpu-ferry virsh -c qemu+tls://host-b.example/system version',
    likewise: 'lab/packaged/operator.ts',
  },
];
