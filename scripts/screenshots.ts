/**
 * `npm run screenshots`: pictures of migrations in Temporal's Web UI for docs/: one that runs, one that has arrived, one that
 * was refused, and one that waits for a person. Simulated hosts, the real server and Web UI. Needs Chromium.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Page, chromium } from 'playwright-core';
import { SEARCH_ATTRIBUTES } from '../src/contract';
import { SAMPLE_GUEST, SAMPLE_TYPE, SAMPLE_GPU } from '../src/hypervisor/simulated';
import type { MigrationHandle } from '../src/temporal/migrations';
import { Ferry, startTestServer } from '../test/support/ferry';
import { until } from '../test/support/until';

const FOLDER = join(__dirname, '..', 'docs', 'web-ui');
const VIEW = { width: 1280, height: 1050 };
/** The Web UI asks the server several times before a page is whole. */
const PAGE_WITHIN_MS = 120_000;
/** What an operator would save: what has left, or is leaving, a host. */
const LISTED = `${SEARCH_ATTRIBUTES.source.name} = 'host-a'`;

interface Scene {
  play: (ferry: Ferry) => Promise<MigrationHandle>;
  /** Turns to what the picture is about, and waits until it is there. */
  show: (page: Page) => Promise<unknown>;
}

const way = { source: 'host-a', destination: 'host-b' };

/** The Web UI shows Markdown in a frame of its own. */
const details = async (page: Page): Promise<void> => {
  await page.getByText('User Metadata').first().click();
  await page.locator('iframe').last().contentFrame().getByText('Allowed now').waitFor();
};

const SCENES: Record<string, Scene> = {
  arrived: {
    play: async (ferry) => {
      const handle = await ferry.migrate({ ...way, guest: SAMPLE_GUEST.uuid });
      await handle.result();
      return handle;
    },
    show: (page) => page.getByText('cleanUpSource').first().waitFor(),
  },
  running: {
    play: async (ferry) => (await ferry.endlessMigration())[1],
    show: details,
  },
  refused: {
    play: async (ferry) => {
      const uuid = randomUUID();
      await ferry.fleet.startGuest({
        ...{ host: 'host-a', uuid, name: 'render-12', mdevs: 1 },
        ...{ type: SAMPLE_TYPE, parent: SAMPLE_GPU, memoryMiB: 4_096 },
      });
      const handle = await ferry.migrate({ ...way, guest: uuid, destination: 'host-c' });
      await handle.result().catch(() => undefined);
      return handle;
    },
    show: async (page) => {
      await page.getByText('Search Attributes').first().click();
      await page.getByText('MigrationPreCheckError').first().waitFor();
    },
  },
  waiting: {
    play: async (ferry) => {
      await ferry.fleet.arm([{ phase: 'finish', kind: 'link-down', healAfterMs: null }]);
      const handle = await ferry.migrate({
        ...{ source: 'host-b', destination: 'host-a', guest: SAMPLE_GUEST.uuid },
        policy: { switchover: 'libvirt' },
      });
      await until(async () => (await handle.query<{ attention: unknown }>('progress')).attention !== null);
      return handle;
    },
    show: details,
  },
};

async function main(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'], // who runs this as root, in a container, has no other
  });
  const temporal = await startTestServer();
  const ferry = await Ferry.start(temporal);
  const page = await browser.newPage({ viewport: VIEW });
  page.setDefaultTimeout(PAGE_WITHIN_MS);
  for (const [name, { play, show }] of Object.entries(SCENES)) {
    const { workflowId } = await play(ferry);
    await page.goto(`${temporal.uiUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`);
    await show(page).catch(async (error: unknown) => {
      await shoot(page, `failed-${name}`);
      throw error;
    });
    await shoot(page, name);
  }
  await page.goto(`${temporal.uiUrl}/namespaces/default/workflows?query=${encodeURIComponent(LISTED)}`);
  await page.getByText('live-migrate:').first().waitFor();
  await shoot(page, 'list');
  await browser.close();
}

async function shoot(page: Page, name: string): Promise<void> {
  const path = join(FOLDER, `${name}.png`);
  await page.screenshot({ path });
  process.stdout.write(`${path}\n`);
}

// some of the migrations would go on for ever: the process ends them, and the server ends with it
main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
