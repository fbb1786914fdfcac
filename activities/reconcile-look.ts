/** What a sweep looks at: the ledger first, then Temporal, then the host; so what is found on the host is the newest. */
import type { MigrationState } from '../src/contract';
import type { ClaimRecord, LedgerState } from '../src/claims';
import { DomainXmlError, readMdevs } from '../src/domain-xml';
import { type DomainSummary, type XmlKind, HypervisorError, VirErr } from '../src/hypervisor/port';
import type { DomainFacts, SweepFacts } from '../src/reconcile';
import type { HostDeps, Migrations } from './deps';
import { observe } from './guest';

export async function lookAround(deps: HostDeps): Promise<SweepFacts> {
  const ledger = await deps.ledger.list();
  return look(deps, ledger, [...ledger.claims, ...ledger.created]);
}

/** Again, for one record; the ledger is held meanwhile, and so is what it was. */
export function lookAgain(deps: HostDeps, ledger: LedgerState, record: ClaimRecord): Promise<SweepFacts> {
  return look(deps, ledger, [record]);
}

async function look(deps: HostDeps, ledger: LedgerState, records: ClaimRecord[]): Promise<SweepFacts> {
  const answers = new Answers(deps.migrations);
  for (const { migration } of records) {
    await answers.ask(migration);
    await answers.ask({ workflow: migration.workflow });
  }
  return {
    ledger,
    domains: await readDomains(deps),
    devices: await deps.hypervisor.listMdevs(),
    migrationOf: ({ migration }) => answers.of(migration),
    guestMigrationOf: ({ migration: { workflow } }) => answers.of({ workflow }),
  };
}

type Asked = Parameters<Migrations['stateOf']>[0];

/** Each is asked once; one that was not asked is not known. */
class Answers {
  private readonly known = new Map<string, MigrationState>();

  constructor(private readonly migrations: Migrations) {}

  async ask(of: Asked): Promise<void> {
    if (!this.known.has(key(of))) this.known.set(key(of), await this.migrations.stateOf(of));
  }

  of(of: Asked): MigrationState {
    return this.known.get(key(of)) ?? 'unknown';
  }
}

function key({ workflow, run }: Asked): string {
  return JSON.stringify([workflow, run ?? null]);
}

async function readDomains(deps: HostDeps): Promise<DomainFacts[]> {
  const domains: DomainFacts[] = [];
  for (const domain of await deps.hypervisor.listDomains()) {
    const seen = await observe(deps, domain.uuid);
    if (seen.state === 'absent') continue; // gone since it was listed
    domains.push({ uuid: domain.uuid, name: domain.name, seen, mdevs: await mdevsOf(deps, domain) });
  }
  return domains;
}

async function mdevsOf(
  { hypervisor }: HostDeps,
  { uuid, running, persistent }: DomainSummary,
): Promise<ReadonlySet<string> | null> {
  const kinds: XmlKind[] = [
    ...(running ? (['live'] as const) : []),
    ...(persistent ? (['inactive'] as const) : []),
  ];
  try {
    const found: string[] = [];
    for (const kind of kinds) found.push(...readMdevs(await hypervisor.domainXml(uuid, kind)));
    return new Set(found);
  } catch (error) {
    if (error instanceof HypervisorError && error.code === VirErr.NO_DOMAIN) return new Set(); // gone meanwhile
    if (error instanceof DomainXmlError || (error instanceof HypervisorError && !error.connectionLost))
      return null;
    throw error;
  }
}
