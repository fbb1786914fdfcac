/** A real Prometheus that scrapes and evaluates each second. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../src/temporal/free-ports';

export interface Target {
  job: string;
  address: string;
}

interface Answer<T> {
  status: 'success' | 'error';
  error?: string;
  data: T;
}

export interface Vector {
  result: { metric: Record<string, string>; value: [time: number, value: string] }[];
}

export class Prometheus {
  private constructor(
    private readonly url: string,
    private readonly targetsFile: string,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(program: string, folder: string, rules: string): Promise<Prometheus> {
    const [port] = await freePorts('127.0.0.1');
    const targetsFile = join(folder, 'targets.json');
    writeFileSync(join(folder, 'alerts.yml'), rules);
    writeFileSync(targetsFile, '[]');
    const config = join(folder, 'prometheus.json'); // JSON is YAML
    writeFileSync(config, JSON.stringify(configOf(folder, targetsFile)));
    const child = spawn(
      program,
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const ended = once(child, 'exit');
    const prometheus = new Prometheus(`http://127.0.0.1:${port}`, targetsFile, async () => {
      child.kill('SIGKILL');
      await ended;
    });
    await prometheus.untilReady(() => child.exitCode !== null);
    return prometheus;
  }

  scrape(targets: readonly Target[]): void {
    const groups = targets.map(({ job, address }) => ({ targets: [address], labels: { job } }));
    writeFileSync(`${this.targetsFile}.next`, JSON.stringify(groups));
    renameSync(`${this.targetsFile}.next`, this.targetsFile); // Prometheus may be reading it
  }

  /** Names of the alerts that fire now. */
  async firing(): Promise<string[]> {
    const { alerts } = await this.get<{ alerts: { state: string; labels: { alertname: string } }[] }>(
      '/api/v1/alerts',
    );
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
  }

  /** Rejects with Prometheus' own words if it is no query. */
  query(expression: string): Promise<Vector> {
    return this.get(`/api/v1/query?query=${encodeURIComponent(expression)}`);
  }

  stop(): Promise<void> {
    return this.end();
  }

  private async get<T>(path: string): Promise<T> {
    const { status, error, data } = (await (await fetch(this.url + path)).json()) as Answer<T>;
    if (status === 'error') throw new Error(`${path}: ${error}`);
    return data;
  }

  private async untilReady(hasEnded: () => boolean): Promise<void> {
    for (;;) {
      const answer = await fetch(`${this.url}/-/ready`).catch(() => null);
      if (answer?.ok) return;
      if (hasEnded()) throw new Error('prometheus has ended before it was ready');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function configOf(folder: string, targetsFile: string): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [join(folder, 'alerts.yml')],
    scrape_configs: [
      { job_name: 'vgpu-ferry', file_sd_configs: [{ files: [targetsFile], refresh_interval: '1s' }] },
    ],
  };
}
